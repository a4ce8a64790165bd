#include "server/security/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace atomstream {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio BioOf(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
}

// No passphrase: nobody is there to type it when the daemon starts.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

bool HoldsKey(const std::string& text) { return absl::StrContains(text, "PRIVATE KEY-----"); }

// The binary form of a certificate or key is one ASN.1 sequence.
bool IsDer(const std::string& text) {
  return text.size() > 2 && text[0] == '\x30' && (static_cast<unsigned char>(text[1]) & 0x80) != 0;
}

absl::Status WithoutCertificate(const std::string& text) {
  if (text.empty()) return Wrong("is empty");
  if (IsDer(text)) return Wrong("is DER, not PEM; openssl x509 -inform DER makes PEM of it");
  if (absl::StrContains(text, "-----BEGIN CERTIFICATE-----")) {
    return Wrong("holds a PEM certificate that cannot be read: cut off or damaged");
  }
  if (HoldsKey(text)) return Wrong("holds no PEM certificate, but a private key");
  return Wrong("holds no PEM certificate");
}

absl::Status WithoutKey(const std::string& text) {
  if (text.empty()) return Wrong("is empty");
  if (IsDer(text)) return Wrong("is DER, not PEM; openssl pkey -inform DER makes PEM of it");
  if (absl::StrContains(text, "BEGIN ENCRYPTED PRIVATE KEY") ||
      absl::StrContains(text, "Proc-Type: 4,ENCRYPTED")) {
    return Wrong(
        "has a passphrase, which nobody can type when the daemon starts; openssl pkey takes it "
        "away");
  }
  if (HoldsKey(text)) return Wrong("holds a PEM key that cannot be read: cut off or damaged");
  if (absl::StrContains(text, "-----BEGIN CERTIFICATE-----")) {
    return Wrong("holds no PEM key, but a certificate");
  }
  return Wrong("holds no PEM key");
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  // What X.509 cannot express is as if it were over.
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTimeT(timegm(&parts));
}

}  // namespace

absl::StatusOr<std::vector<X509Ptr>> CertificatesOfPem(const std::string& text) {
  const Bio bio = BioOf(text);
  std::vector<X509Ptr> certificates;
  while (true) {
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, &NoPassphrase, nullptr), &X509_free);
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  const unsigned long error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();  // of this thread: whoever uses OpenSSL next would take it for theirs
  if (certificates.empty()) return WithoutCertificate(text);
  if (!at_end) {
    return Wrong(absl::StrCat("certificate ", certificates.size() + 1,
                              " in it cannot be read: cut off or damaged"));
  }
  return certificates;
}

absl::StatusOr<KeyPtr> KeyOfPem(const std::string& text) {
  const Bio bio = BioOf(text);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr), &EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) return WithoutKey(text);
  return key;
}

absl::Time BeginOf(const X509& certificate) { return TimeOf(X509_get0_notBefore(&certificate)); }

absl::Time EndOf(const X509& certificate) { return TimeOf(X509_get0_notAfter(&certificate)); }

}  // namespace atomstream

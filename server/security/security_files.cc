#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/security/credential_file.h"
#include "server/security/security_options.h"

namespace atomstream {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

absl::Status Wrong(absl::string_view field, absl::string_view path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", path, ": ", why));
}

absl::StatusOr<Certificate> ReadCertificate(absl::string_view field, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadCredentialFile(field, path));
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (certificate == nullptr) return Wrong(field, path, "holds no PEM certificate");
  return certificate;
}

// No passphrase: nobody is there to type it when the daemon starts.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<Key> ReadKey(absl::string_view field, const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return Wrong(field, path, "everybody on this machine can read or write it; chmod o-rw");
  }
  ASSIGN_OR_RETURN(const std::string text, ReadCredentialFile(field, path));
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr), &EVP_PKEY_free);
  if (key == nullptr) return Wrong(field, path, "holds no PEM key without a passphrase");
  return key;
}

}  // namespace

absl::StatusOr<Credentials> LoadCredentials(const SecurityOptions& options) {
  Credentials credentials;
  if (!options.policy_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadCredentialFile("security.policy_file", options.policy_file));
    ASSIGN_OR_RETURN(credentials.policy, RolePolicy::Parse(options.policy_file, text));
  }
  if (!options.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadCredentialFile("security.token_file", options.token_file));
    ASSIGN_OR_RETURN(credentials.tokens, TokenTable::Parse(options.token_file, text));
  }
  return credentials;
}

absl::Status CheckTlsFiles(const TlsOptions& tls) {
  ASSIGN_OR_RETURN(const Certificate certificate,
                   ReadCertificate("security.tls.certificate", tls.certificate));
  ASSIGN_OR_RETURN(const Key key, ReadKey("security.tls.key", tls.key));
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return Wrong("security.tls.certificate", tls.certificate, "has expired");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong("security.tls.key", tls.key, absl::StrCat("is not the key of ", tls.certificate));
  }
  if (!tls.client_ca.empty()) {
    RETURN_IF_ERROR(ReadCertificate("security.tls.client_ca", tls.client_ca).status());
  }
  return absl::OkStatus();
}

}  // namespace atomstream

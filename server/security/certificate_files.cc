#include "server/security/certificate_files.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/security/credential_file.h"
#include "server/security/pem.h"

namespace atomstream {
namespace {

std::string Named(absl::string_view group, absl::string_view field, absl::string_view path,
                  absl::string_view what) {
  return absl::StrCat(group, ".", field, " = ", path, ": ", what);
}

std::string Shown(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

// One of the files, for messages.
struct Place {
  absl::string_view group;
  absl::string_view field;
  const std::string& path;

  absl::Status Wrong(absl::string_view why) const {
    return absl::InvalidArgumentError(Named(group, field, path, why));
  }
  absl::StatusOr<std::string> Read(mode_t* mode = nullptr) const {
    return ReadCredentialFile(absl::StrCat(group, ".", field), path, mode);
  }
};

absl::Time LastEnd(const std::vector<X509Ptr>& certificates) {
  absl::Time end = absl::InfinitePast();
  for (const X509Ptr& certificate : certificates) end = std::max(end, EndOf(*certificate));
  return end;
}

absl::Status CheckTimes(const Place& place, const X509& certificate, absl::Time now) {
  if (EndOf(certificate) <= now) {
    return place.Wrong(absl::StrCat("has expired, at ", Shown(EndOf(certificate))));
  }
  if (BeginOf(certificate) > now) {
    return place.Wrong(absl::StrCat("is not valid before ", Shown(BeginOf(certificate)),
                                    "; is this machine's clock right?"));
  }
  return absl::OkStatus();
}

// Of several CAs, as while one follows another, one that is valid will do.
absl::Status CheckCaTimes(const Place& place, const std::vector<X509Ptr>& certificates,
                          absl::Time now) {
  absl::Status first = absl::OkStatus();
  for (const X509Ptr& certificate : certificates) {
    const absl::Status status = CheckTimes(place, *certificate, now);
    if (status.ok()) return status;
    if (first.ok()) first = status;
  }
  return first;
}

absl::Status CheckStrength(const Place& place, X509* certificate) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                                  &SSL_CTX_free);
  const bool taken = context != nullptr && SSL_CTX_use_certificate(context.get(), certificate) == 1;
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  if (taken) return absl::OkStatus();
  return place.Wrong(absl::StrCat("OpenSSL does not take it: ", why == nullptr ? "unknown" : why));
}

constexpr absl::string_view kCertificate = "certificate";
constexpr absl::string_view kKey = "key";

absl::Status ReadTexts(const CertificateFiles& files, Certificates& result) {
  if (!files.certificate.empty()) {
    ASSIGN_OR_RETURN(result.certificate,
                     (Place{files.field, kCertificate, files.certificate}.Read()));
    const Place place{files.field, kKey, files.key};
    mode_t mode = 0;
    ASSIGN_OR_RETURN(result.key, place.Read(&mode));
    if (S_ISREG(mode) && (mode & (S_IROTH | S_IWOTH)) != 0) {
      return place.Wrong("everybody on this machine can read or write it; chmod o-rw");
    }
  }
  if (!files.ca.empty()) {
    ASSIGN_OR_RETURN(result.ca, (Place{files.field, files.ca_field, files.ca}.Read()));
  }
  return absl::OkStatus();
}

absl::Status CheckPair(const CertificateFiles& files, absl::Time now, Certificates& result) {
  const Place certificate_place{files.field, kCertificate, files.certificate};
  const Place key_place{files.field, kKey, files.key};
  const auto certificates = CertificatesOfPem(result.certificate);
  if (!certificates.ok()) return certificate_place.Wrong(certificates.status().message());
  const auto key = KeyOfPem(result.key);
  if (!key.ok()) return key_place.Wrong(key.status().message());
  X509& own = *certificates->front();
  RETURN_IF_ERROR(CheckTimes(certificate_place, own, now));
  const bool fits = X509_check_private_key(&own, key->get()) == 1;
  ERR_clear_error();
  if (!fits) return key_place.Wrong(absl::StrCat("is not the key of ", files.certificate));
  result.certificate_end = EndOf(own);
  return CheckStrength(certificate_place, &own);
}

absl::Status CheckCa(const CertificateFiles& files, absl::Time now, Certificates& result) {
  const Place place{files.field, files.ca_field, files.ca};
  const auto certificates = CertificatesOfPem(result.ca);
  if (!certificates.ok()) return place.Wrong(certificates.status().message());
  RETURN_IF_ERROR(CheckCaTimes(place, *certificates, now));
  result.ca_end = LastEnd(*certificates);
  return absl::OkStatus();
}

bool SameTexts(const Certificates& a, const Certificates& b) {
  return a.certificate == b.certificate && a.key == b.key && a.ca == b.ca;
}

void WarnOfEnd(const CertificateFiles& files, absl::string_view field, const std::string& path,
               absl::Time end, absl::Time now, std::vector<std::string>& warnings) {
  if (end > now + kEndsSoon) return;
  if (end <= now) {
    warnings.push_back(Named(files.field, field, path, absl::StrCat("ended at ", Shown(end))));
    return;
  }
  const int64_t days = (end - now) / absl::Hours(24);
  warnings.push_back(
      Named(files.field, field, path,
            absl::StrCat("ends in ", days, days == 1 ? " day" : " days", ", at ", Shown(end))));
}

}  // namespace

absl::StatusOr<Certificates> ReadCertificates(const CertificateFiles& files, absl::Time now,
                                              const Certificates* known) {
  Certificates result;
  RETURN_IF_ERROR(ReadTexts(files, result));
  if (known != nullptr && SameTexts(result, *known)) return *known;
  if (!files.certificate.empty()) RETURN_IF_ERROR(CheckPair(files, now, result));
  if (!files.ca.empty()) RETURN_IF_ERROR(CheckCa(files, now, result));
  return result;
}

std::vector<std::string> EndWarnings(const CertificateFiles& files,
                                     const Certificates& certificates, absl::Time now) {
  std::vector<std::string> warnings;
  WarnOfEnd(files, "certificate", files.certificate, certificates.certificate_end, now, warnings);
  WarnOfEnd(files, files.ca_field, files.ca, certificates.ca_end, now, warnings);
  return warnings;
}

}  // namespace atomstream

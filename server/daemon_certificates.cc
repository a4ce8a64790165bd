#include "server/daemon_certificates.h"

#include <variant>

#include "core/base/status_macros.h"
#include "server/source/microscope_files.h"

namespace atomstream {

std::vector<WatchedCertificates> CertificatesOf(const DaemonOptions& options,
                                                const CertificateMetrics* metrics) {
  std::vector<WatchedCertificates> groups;
  if (options.security.tls) {
    groups.push_back({.name = std::string(kServerCertificates),
                      .files = FilesOf(*options.security.tls),
                      .metrics = metrics == nullptr ? nullptr : &metrics->server});
  }
  const auto* microscope = std::get_if<MicroscopeOptions>(&options.source);
  if (microscope != nullptr && !microscope->security.ca.empty()) {
    groups.push_back({.name = "microscope",
                      .files = FilesOf(microscope->security),
                      .metrics = metrics == nullptr ? nullptr : &metrics->microscope});
  }
  return groups;
}

absl::Duration CertificatePeriod(const DaemonOptions& options) {
  return options.security.tls ? options.security.tls->reload_interval
                              : TlsOptions().reload_interval;
}

absl::Status CheckCertificates(const DaemonOptions& options, absl::Time now) {
  for (const WatchedCertificates& group : CertificatesOf(options, nullptr)) {
    RETURN_IF_ERROR(ReadCertificates(group.files, now).status());
  }
  return absl::OkStatus();
}

std::vector<std::string> CertificateWarnings(const DaemonOptions& options, absl::Time now) {
  std::vector<std::string> warnings;
  for (const WatchedCertificates& group : CertificatesOf(options, nullptr)) {
    const absl::StatusOr<Certificates> certificates = ReadCertificates(group.files, now);
    if (!certificates.ok()) continue;
    for (std::string& warning : EndWarnings(group.files, *certificates, now)) {
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

}  // namespace atomstream

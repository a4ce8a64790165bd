// The certificate files that a daemon's options name: those of its server and those of the link to
// the microscope. Plain functions; any thread.
#ifndef ATOMSTREAM_SERVER_DAEMON_CERTIFICATES_H_
#define ATOMSTREAM_SERVER_DAEMON_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/config/daemon_options.h"
#include "server/metrics/certificate_metrics.h"
#include "server/security/certificate_watch.h"

namespace atomstream {

inline constexpr absl::string_view kServerCertificates = "server";

// `metrics` may be null; else it outlives what is given.
std::vector<WatchedCertificates> CertificatesOf(const DaemonOptions& options,
                                                const CertificateMetrics* metrics);

// How often they are looked at.
absl::Duration CertificatePeriod(const DaemonOptions& options);

// InvalidArgument: what is wrong with the first that is not good.
absl::Status CheckCertificates(const DaemonOptions& options, absl::Time now);

// Of those that are good: a line for each that ends soon.
std::vector<std::string> CertificateWarnings(const DaemonOptions& options, absl::Time now);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DAEMON_CERTIFICATES_H_

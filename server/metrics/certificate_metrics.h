// CertificateMetrics: when the certificates that count end, and whether those on disk could be
// taken. docs/operations.md explains them. Created once, before any thread; updates come from any
// thread.
#ifndef ATOMSTREAM_SERVER_METRICS_CERTIFICATE_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_CERTIFICATE_METRICS_H_

#include <string>

#include "absl/time/time.h"
#include "server/metrics/metric.h"

namespace atomstream {

// Of files that are taken together.
struct CertificateGroupMetrics {
  // InfiniteFuture: there is none.
  void SetEnds(absl::Time certificate, absl::Time ca) const;

  Gauge* certificate_end;
  Gauge* ca_end;
  Counter* ok;  // readings
  Counter* refused;
};

struct CertificateMetrics {
  explicit CertificateMetrics(MetricRegistry& registry);

  CertificateGroupMetrics server;
  CertificateGroupMetrics microscope;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_CERTIFICATE_METRICS_H_

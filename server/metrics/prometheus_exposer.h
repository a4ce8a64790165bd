// PrometheusExposer: serves a MetricRegistry on http://<address>/metrics. The only place that knows
// prometheus-cpp. Its HTTP threads live as long as the object; the registry must outlive it.
#ifndef ATOMSTREAM_SERVER_METRICS_PROMETHEUS_EXPOSER_H_
#define ATOMSTREAM_SERVER_METRICS_PROMETHEUS_EXPOSER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics/metric.h"

namespace atomstream {

class PrometheusExposer {
 public:
  // Unavailable, naming the address, when it cannot be bound. Port 0 takes a free port. `refresh`
  // is called before the registry is read, on the HTTP threads, and must be quick.
  static absl::StatusOr<std::unique_ptr<PrometheusExposer>> Start(
      const std::string& address, const MetricRegistry* registry,
      std::function<void()> refresh = nullptr);
  virtual ~PrometheusExposer() = default;

  virtual int port() const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_PROMETHEUS_EXPOSER_H_

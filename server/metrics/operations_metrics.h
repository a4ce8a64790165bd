// OperationsMetrics: reloads of the configuration, health, the log and spans. docs/operations.md
// explains them. Created once, before any thread; updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_OPERATIONS_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_OPERATIONS_METRICS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/metrics/metric.h"

namespace atomstream {

struct OperationsMetrics {
  explicit OperationsMetrics(MetricRegistry& registry);

  // Null: there is no component of that name.
  Gauge* Component(absl::string_view name) const;

  Counter* reloads_ok;
  Counter* reloads_refused;
  Gauge* restart_fields;  // that the file has, and the daemon does not run with
  Gauge* ready;
  Counter* log_lines_lost;
  Counter* log_lines_suppressed;
  Counter* spans_written;
  Counter* spans_dropped;  // results without spans
  Counter* trace_parents_malformed;

 private:
  std::map<std::string, Gauge*, std::less<>> components_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_OPERATIONS_METRICS_H_

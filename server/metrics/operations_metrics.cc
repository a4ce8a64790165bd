#include "server/metrics/operations_metrics.h"

namespace atomstream {

OperationsMetrics::OperationsMetrics(MetricRegistry& registry) {
  reloads_ok = registry.AddCounter("atomstream_configuration_reloads_total", {{"outcome", "ok"}});
  reloads_refused =
      registry.AddCounter("atomstream_configuration_reloads_total", {{"outcome", "refused"}});
  restart_fields = registry.AddGauge("atomstream_configuration_restart_fields");
  for (const char* component : {"source", "pipeline", "detector", "store", "listener"}) {
    components_[component] =
        registry.AddGauge("atomstream_component_serving", {{"component", component}});
  }
  ready = registry.AddGauge("atomstream_ready");
  log_lines_lost = registry.AddCounter("atomstream_log_lines_dropped_total", {{"reason", "full"}});
  log_lines_suppressed =
      registry.AddCounter("atomstream_log_lines_dropped_total", {{"reason", "repeated"}});
  spans_written = registry.AddCounter("atomstream_spans_total");
  spans_dropped = registry.AddCounter("atomstream_spans_dropped_results_total");
  trace_parents_malformed = registry.AddCounter("atomstream_trace_parents_malformed_total");
}

Gauge* OperationsMetrics::Component(absl::string_view name) const {
  const auto found = components_.find(name);
  return found == components_.end() ? nullptr : found->second;
}

}  // namespace atomstream

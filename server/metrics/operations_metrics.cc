#include "server/metrics/operations_metrics.h"

namespace atomstream {

OperationsMetrics::OperationsMetrics(MetricRegistry& registry) {
  const char* reloads = "Attempts to read the configuration file anew, by what became of them.";
  reloads_ok =
      registry.AddCounter("atomstream_configuration_reloads_total", reloads, {{"outcome", "ok"}});
  reloads_refused = registry.AddCounter("atomstream_configuration_reloads_total", reloads,
                                        {{"outcome", "refused"}});
  restart_fields = registry.AddGauge(
      "atomstream_configuration_restart_fields",
      "Fields of the configuration file that changed and count only after a restart.");
  for (const char* component : {"source", "pipeline", "detector", "store"}) {
    components_[component] = registry.AddGauge("atomstream_component_serving",
                                               "1: the component does its work; 0: it does not.",
                                               {{"component", component}});
  }
  ready = registry.AddGauge("atomstream_ready",
                            "1: new work may come here; 0: wedged, or shutting down.");
  const char* lines = "Lines of the log that were not written, by why.";
  log_lines_lost =
      registry.AddCounter("atomstream_log_lines_dropped_total", lines, {{"reason", "full"}});
  log_lines_suppressed =
      registry.AddCounter("atomstream_log_lines_dropped_total", lines, {{"reason", "repeated"}});
  spans_written = registry.AddCounter("atomstream_spans_total", "Spans that were written.");
  spans_dropped = registry.AddCounter("atomstream_spans_dropped_results_total",
                                      "Results whose spans could not be written.");
  trace_parents_malformed =
      registry.AddCounter("atomstream_trace_parents_malformed_total",
                          "Calls with a header traceparent that is none; it was ignored.");
}

Gauge* OperationsMetrics::Component(absl::string_view name) const {
  const auto found = components_.find(name);
  return found == components_.end() ? nullptr : found->second;
}

}  // namespace atomstream

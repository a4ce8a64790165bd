#include "server/metrics/process_collector.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/metrics/metric_catalogue.h"
#include "server/metrics/process_usage.h"

namespace atomstream {
namespace {

void Add(std::vector<prometheus::MetricFamily>& families, absl::string_view name, double value) {
  const MetricSpec& spec = *FindMetric(DaemonCatalogue(), name);
  prometheus::ClientMetric metric;
  prometheus::MetricFamily family;
  if (spec.type == MetricType::kCounter) {
    family.type = prometheus::MetricType::Counter;
    metric.counter.value = value;
  } else {
    family.type = prometheus::MetricType::Gauge;
    metric.gauge.value = value;
  }
  family.name = std::string(spec.name);
  family.help = PlainText(spec.help);
  family.metric.push_back(std::move(metric));
  families.push_back(std::move(family));
}

}  // namespace

ProcessCollector::ProcessCollector() : start_(ReadProcessStart().value_or(absl::InfinitePast())) {}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  const absl::StatusOr<ProcessUsage> usage = ReadProcessUsage();
  if (!usage.ok() || start_ == absl::InfinitePast()) return families;
  Add(families, "process_cpu_seconds_total", usage->cpu_seconds);
  Add(families, "process_start_time_seconds", absl::ToDoubleSeconds(start_ - absl::UnixEpoch()));
  Add(families, "process_virtual_memory_bytes", static_cast<double>(usage->virtual_bytes));
  Add(families, "process_resident_memory_bytes", static_cast<double>(usage->resident_bytes));
  Add(families, "process_threads", static_cast<double>(usage->threads));
  Add(families, "process_open_fds", static_cast<double>(usage->open_files));
  Add(families, "process_max_fds",
      usage->max_files < 0 ? std::numeric_limits<double>::infinity()
                           : static_cast<double>(usage->max_files));
  return families;
}

}  // namespace atomstream

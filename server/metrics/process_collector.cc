#include "server/metrics/process_collector.h"

#include <limits>
#include <string>
#include <utility>

#include "server/metrics/process_usage.h"

namespace atomstream {
namespace {

void Add(std::vector<prometheus::MetricFamily>& families, std::string name, std::string help,
         double value, prometheus::MetricType type = prometheus::MetricType::Gauge) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric.push_back(std::move(metric));
  families.push_back(std::move(family));
}

}  // namespace

ProcessCollector::ProcessCollector() : start_(ReadProcessStart().value_or(absl::InfinitePast())) {}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  const absl::StatusOr<ProcessUsage> usage = ReadProcessUsage();
  if (!usage.ok() || start_ == absl::InfinitePast()) return families;
  Add(families, "process_cpu_seconds_total", "Time on cores, user and system together.",
      usage->cpu_seconds, prometheus::MetricType::Counter);
  Add(families, "process_start_time_seconds", "Start of the process since the epoch.",
      absl::ToDoubleSeconds(start_ - absl::UnixEpoch()));
  Add(families, "process_virtual_memory_bytes", "Virtual memory.",
      static_cast<double>(usage->virtual_bytes));
  Add(families, "process_resident_memory_bytes", "Resident memory.",
      static_cast<double>(usage->resident_bytes));
  Add(families, "process_threads", "Threads.", static_cast<double>(usage->threads));
  Add(families, "process_open_fds", "Open files and connections.",
      static_cast<double>(usage->open_files));
  Add(families, "process_max_fds", "Files and connections that may be open.",
      usage->max_files < 0 ? std::numeric_limits<double>::infinity()
                           : static_cast<double>(usage->max_files));
  return families;
}

}  // namespace atomstream

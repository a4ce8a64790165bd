#include "server/metrics/prometheus_exposer.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/metrics/process_collector.h"

namespace atomstream {
namespace {

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
    case MetricType::kInfo:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric Convert(const LabelledMetric& metric) {
  prometheus::ClientMetric result;
  for (const auto& [name, value] : metric.labels) result.label.push_back({name, value});
  if (metric.counter) result.counter.value = static_cast<double>(metric.counter->value());
  if (metric.gauge) result.gauge.value = metric.gauge->value();
  if (metric.info) {
    for (const auto& [name, value] : metric.info->labels()) result.label.push_back({name, value});
    result.gauge.value = 1;
  }
  if (metric.histogram) {
    const Histogram::Snapshot snapshot = metric.histogram->snapshot();
    result.histogram.sample_count = snapshot.count;
    result.histogram.sample_sum = snapshot.sum;
    for (size_t i = 0; i < snapshot.cumulative.size(); ++i) {
      const double bound = i < snapshot.upper_bounds.size()
                               ? snapshot.upper_bounds[i]
                               : std::numeric_limits<double>::infinity();
      result.histogram.bucket.push_back({snapshot.cumulative[i], bound});
    }
  }
  return result;
}

// Reads the registry anew for each scrape.
class RegistryReader final : public prometheus::Collectable {
 public:
  RegistryReader(const MetricRegistry* registry, std::function<void()> refresh)
      : registry_(registry), refresh_(std::move(refresh)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    if (refresh_) refresh_();
    std::vector<prometheus::MetricFamily> result;
    for (const MetricFamily& family : registry_->families()) {
      prometheus::MetricFamily converted;
      converted.name = family.name;
      converted.help = family.help;
      converted.type = TypeOf(family.type);
      for (const LabelledMetric& metric : family.metrics) {
        if (metric.info && metric.info->labels().empty()) continue;
        if (family.hide_unused && metric.unused()) continue;
        converted.metric.push_back(Convert(metric));
      }
      if (!converted.metric.empty()) result.push_back(std::move(converted));
    }
    return result;
  }

 private:
  const MetricRegistry* const registry_;
  const std::function<void()> refresh_;
};

// Who connects and asks nothing (a browser that connects in advance, a look at which ports are
// open) has a thread to itself until the time is over. Prometheus waits 10 s by default.
constexpr const char* kThreads = "8";
constexpr const char* kRequestTimeoutMs = "5000";

class ExposerImpl final : public PrometheusExposer {
 public:
  ExposerImpl(const std::string& address, const MetricRegistry* registry,
              std::function<void()> refresh)
      : reader_(std::make_shared<RegistryReader>(registry, std::move(refresh))),
        process_(std::make_shared<ProcessCollector>()),
        exposer_(std::vector<std::string>{"listening_ports", address, "num_threads", kThreads,
                                          "request_timeout_ms", kRequestTimeoutMs}) {
    exposer_.RegisterCollectable(reader_);
    exposer_.RegisterCollectable(process_);
  }

  int port() const override {
    const std::vector<int> ports = exposer_.GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  // The exposer holds these weakly.
  const std::shared_ptr<RegistryReader> reader_;
  const std::shared_ptr<ProcessCollector> process_;
  prometheus::Exposer exposer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PrometheusExposer>> PrometheusExposer::Start(
    const std::string& address, const MetricRegistry* registry, std::function<void()> refresh) {
  // prometheus-cpp throws when the address is taken or cannot be understood.
  auto exposer =
      CatchToStatus("metrics server", [&]() -> absl::StatusOr<std::unique_ptr<PrometheusExposer>> {
        return std::make_unique<ExposerImpl>(address, registry, std::move(refresh));
      });
  if (!exposer.ok()) {
    return absl::UnavailableError(absl::StrCat(
        "metrics_address = ", address, ": cannot serve there: ", exposer.status().message()));
  }
  return exposer;
}

}  // namespace atomstream

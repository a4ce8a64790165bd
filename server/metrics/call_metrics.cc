#include "server/metrics/call_metrics.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/strip.h"

namespace atomstream {
namespace {

struct Method {
  const char* name;
  bool stream = false;
};

// tests/server/service holds it against the descriptors.
constexpr Method kMethods[] = {
    {"Analysis/Subscribe", true},
    {"Analysis/AnalyzeFrame"},
    {"Analysis/GetFrameResult"},
    {"Analysis/ListFrameResults"},
    {"Analysis/GetFrame"},
    {"Analysis/GetStatus"},
    {"Steering/GetParetoFront"},
    {"Steering/GetSettings"},
    {"Steering/ListSettingsChanges"},
    {"Steering/SelectSolution"},
    {"Steering/UpdateSettings"},
    {"Steering/ReprocessFrame"},
    {"Targeting/SelectTargets"},
    {"Targeting/WatchTargets", true},
    {"Targeting/VisitTarget"},
    {"Targeting/ListVisits"},
    {"Operations/ReloadConfiguration"},
};

// Seconds. Few: they count once a method.
const std::vector<double> kBuckets = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10};

}  // namespace

CallMetrics::CallMetrics(MetricRegistry& registry) {
  for (const auto& [name, stream] : kMethods) {
    OfMethod& of = methods_[name];
    for (int code = 0; code < kCodes; ++code) {
      const std::string label = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
      of.by_code[code] =
          registry.AddCounter("atomstream_calls_total", {{"method", name}, {"code", label}});
    }
    of.open = registry.AddGauge("atomstream_calls_open", {{"method", name}});
    of.duration =
        stream ? nullptr
               : registry.AddHistogram("atomstream_call_seconds", kBuckets, {{"method", name}});
  }
}

const CallMetrics::OfMethod* CallMetrics::Find(absl::string_view method) const {
  absl::ConsumePrefix(&method, "/atomstream.v1.");
  const auto found = methods_.find(method);
  return found == methods_.end() ? nullptr : &found->second;
}

void CallMetrics::CountEnd(absl::string_view method, int code) const {
  constexpr int kUnknown = static_cast<int>(absl::StatusCode::kUnknown);
  const OfMethod* of = Find(method);
  if (of != nullptr) of->by_code[code >= 0 && code < kCodes ? code : kUnknown]->Increment();
}

void CallMetrics::Begin(absl::string_view method) const {
  if (const OfMethod* of = Find(method)) of->open->Add(1);
}

void CallMetrics::End(absl::string_view method, absl::Duration duration) const {
  const OfMethod* of = Find(method);
  if (of == nullptr) return;
  of->open->Add(-1);
  if (of->duration != nullptr) of->duration->Observe(absl::ToDoubleSeconds(duration));
}

Counter* CallMetrics::Calls(absl::string_view method, int code) const {
  const OfMethod* of = Find(method);
  return of == nullptr ? nullptr : of->by_code[code];
}

Gauge* CallMetrics::Open(absl::string_view method) const {
  const OfMethod* of = Find(method);
  return of == nullptr ? nullptr : of->open;
}

Histogram* CallMetrics::Duration(absl::string_view method) const {
  const OfMethod* of = Find(method);
  return of == nullptr ? nullptr : of->duration;
}

}  // namespace atomstream

// CallMetrics: rate, errors and duration of the calls of each method of ours. docs/operations.md
// explains them. Created once, before any thread; the pointers stay valid as long as the registry.
// Updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_CALL_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_CALL_METRICS_H_

#include <array>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/metrics/metric.h"

namespace atomstream {

class CallMetrics {
 public:
  static constexpr int kCodes = 17;  // of gRPC, 0: OK

  explicit CallMetrics(MetricRegistry& registry);

  // `method` as "/atomstream.v1.Analysis/GetFrame"; others, of services that are not ours, are
  // ignored. `code` as on the wire; one that gRPC does not have counts as UNKNOWN.
  void CountEnd(absl::string_view method, int code) const;
  void Begin(absl::string_view method) const;
  // Of streams the duration says how long they were read, not how fast we were: it is ignored.
  void End(absl::string_view method, absl::Duration duration) const;

  // By the label's value, e.g. "Analysis/GetFrame". Null: there is no such method.
  Counter* Calls(absl::string_view method, int code) const;
  Gauge* Open(absl::string_view method) const;
  Histogram* Duration(absl::string_view method) const;  // null also: a stream
  size_t methods() const { return methods_.size(); }

 private:
  struct OfMethod {
    std::array<Counter*, kCodes> by_code;
    Gauge* open;
    Histogram* duration;  // null: a stream
  };
  const OfMethod* Find(absl::string_view method) const;

  std::map<std::string, OfMethod, std::less<>> methods_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_CALL_METRICS_H_

// SecurityMetrics: calls that were refused before they began. docs/operations.md explains them.
// Created once, before any thread; updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_SECURITY_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_SECURITY_METRICS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/metrics/metric.h"

namespace atomstream {

struct SecurityMetrics {
  explicit SecurityMetrics(MetricRegistry& registry);

  // By the reason that the caller is given; an unknown one counts as "other".
  Counter* Refused(absl::string_view reason) const;

  Counter* reloads_ok;  // of the policy and the tokens
  Counter* reloads_refused;

 private:
  std::map<std::string, Counter*> refused_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_SECURITY_METRICS_H_

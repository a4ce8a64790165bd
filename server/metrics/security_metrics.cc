#include "server/metrics/security_metrics.h"

namespace atomstream {
namespace {

constexpr const char* kReasons[] = {
    "credentials_missing", "token_invalid",  "token_expired",     "role_missing",
    "role_insufficient",   "method_unknown", "request_too_large", "rate_limited",
    "too_many_streams",    "other"};

}  // namespace

SecurityMetrics::SecurityMetrics(MetricRegistry& registry) {
  for (const char* reason : kReasons) {
    refused_[reason] = registry.AddCounter("atomstream_calls_refused_total", {{"reason", reason}});
  }
  reloads_ok = registry.AddCounter("atomstream_security_reloads_total", {{"outcome", "ok"}});
  reloads_refused =
      registry.AddCounter("atomstream_security_reloads_total", {{"outcome", "refused"}});
}

Counter* SecurityMetrics::Refused(absl::string_view reason) const {
  std::string name(reason);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto found = refused_.find(name);
  return found == refused_.end() ? refused_.at("other") : found->second;
}

}  // namespace atomstream

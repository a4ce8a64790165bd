#include "server/metrics/certificate_metrics.h"

#include <limits>

namespace atomstream {
namespace {

double SecondsOf(absl::Time end) {
  if (end == absl::InfiniteFuture()) return std::numeric_limits<double>::quiet_NaN();
  return absl::ToDoubleSeconds(end - absl::UnixEpoch());
}

CertificateGroupMetrics Group(MetricRegistry& registry, const std::string& certificate,
                              const std::string& ca, const std::string& group) {
  constexpr const char* kEnd = "atomstream_certificate_not_after_seconds";
  constexpr const char* kReadings = "atomstream_certificate_readings_total";
  CertificateGroupMetrics result{
      .certificate_end = registry.AddGauge(kEnd, {{"certificate", certificate}}),
      .ca_end = registry.AddGauge(kEnd, {{"certificate", ca}}),
      .ok = registry.AddCounter(kReadings, {{"group", group}, {"outcome", "ok"}}),
      .refused = registry.AddCounter(kReadings, {{"group", group}, {"outcome", "refused"}})};
  result.SetEnds(absl::InfiniteFuture(), absl::InfiniteFuture());
  return result;
}

}  // namespace

void CertificateGroupMetrics::SetEnds(absl::Time certificate, absl::Time ca) const {
  certificate_end->Set(SecondsOf(certificate));
  ca_end->Set(SecondsOf(ca));
}

CertificateMetrics::CertificateMetrics(MetricRegistry& registry)
    : server(Group(registry, "server", "client_ca", "server")),
      microscope(Group(registry, "microscope_client", "microscope_ca", "microscope")) {}

}  // namespace atomstream

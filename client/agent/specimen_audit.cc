#include "client/agent/specimen_audit.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_format.h"

namespace atomstream {
namespace {

constexpr size_t kMaxNotes = 20;
constexpr double kSameFraction = 1e-9;  // they travel as doubles

bool IsOf(const v1::Exposure& exposure, const std::vector<v1::Visit>& visits) {
  return std::any_of(visits.begin(), visits.end(), [&](const v1::Visit& visit) {
    return visit.exposed() &&
           std::abs(visit.x_fraction() - exposure.x_fraction()) < kSameFraction &&
           std::abs(visit.y_fraction() - exposure.y_fraction()) < kSameFraction;
  });
}

std::string DescribeMiss(const v1::Exposure& exposure) {
  std::string text =
      absl::StrFormat("miss, exposure %d at (%.1f, %.1f) px of frame %d:", exposure.number(),
                      exposure.x_px(), exposure.y_px(), exposure.frame_number());
  if (exposure.atoms().empty()) return text + " no atom within reach";
  const int count = std::min(exposure.atoms_size(), 4);
  for (int i = 0; i < count; ++i) {
    absl::StrAppendFormat(&text, " %s at %.0f pm", exposure.atoms(i).element(),
                          1e3 * exposure.atoms(i).distance_nm());
  }
  return text;
}

}  // namespace

SpecimenAudit AuditSpecimen(const std::vector<v1::Exposure>& exposures,
                            const std::vector<v1::Visit>& visits, const AuditOptions& options) {
  SpecimenAudit audit;
  std::set<int> hit;
  std::vector<double> errors;
  for (const v1::Exposure& exposure : exposures) {
    if (!IsOf(exposure, visits)) {
      ++audit.others;
      continue;
    }
    ++audit.exposures;
    audit.electrons += exposure.electrons();
    for (const v1::SpecimenEvent& event : exposure.events()) {
      audit.changed_atoms += event.element() == options.element;
    }
    const bool on_target = exposure.atoms_size() > 0 &&
                           exposure.atoms(0).element() == options.element &&
                           exposure.atoms(0).distance_nm() <= options.hit_nm;
    if (!on_target) {
      ++audit.misses;
      if (audit.notes.size() < kMaxNotes) audit.notes.push_back(DescribeMiss(exposure));
      audit.electrons_outside += exposure.electrons();
      continue;
    }
    errors.push_back(exposure.atoms(0).distance_nm());
    if (!hit.insert(exposure.atoms(0).atom_id()).second) ++audit.double_visits;
  }
  if (!errors.empty()) {
    std::sort(errors.begin(), errors.end());
    audit.median_error_nm = errors[errors.size() / 2];
    audit.max_error_nm = errors.back();
  }
  return audit;
}

}  // namespace atomstream

#include "tests/bench/comparison_aims.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace atomstream::bench {
namespace {

constexpr double kLargestVacuumShare = 0.01;
// Figures have three digits: less than this is less than an atom in a frame or two.
constexpr double kF1Digits = 0.0005;
// Pixel sizes and noise levels come from decimal texts.
constexpr double kSlack = 1e-9;

bool Within(double value, double low, double high) {
  return value >= low - kSlack && value <= high + kSlack;
}

bool SameFrames(const AccuracyCaseOptions& a, const AccuracyCaseOptions& b) {
  return a.material == b.material && a.pixel_size_nm == b.pixel_size_nm &&
         a.hole_fraction == b.hole_fraction && a.noise == b.noise && a.size_px == b.size_px &&
         a.metadata_error == b.metadata_error && a.specimen == b.specimen;
}

}  // namespace

double UnetF1Aim(const AccuracyCaseOptions& o) {
  if (o.specimen != SpecimenKind::kSingle || o.noise > 0.2 + kSlack) return 0;
  if (o.material == "SrTiO3") return Within(o.pixel_size_nm, 0.01, 0.035) ? 0.99 : 0;
  if (o.material != "graphene") return 0;
  if (Within(o.pixel_size_nm, 0.01, 0.02)) return 0.99;
  return Within(o.pixel_size_nm, 0.02, 0.03) ? 0.96 : 0;
}

std::vector<std::string> MissedUnetAims(const ComparisonRow& row,
                                        const std::vector<ComparisonRow>& rows) {
  if (row.detector != "unet") return {};
  const AccuracyCaseOptions& o = row.options;
  std::vector<std::string> missed;
  const auto miss = [&](const std::string& what) {
    missed.push_back(absl::StrFormat("%s %g nm/px, hole %g, noise %g: %s", o.material,
                                     o.pixel_size_nm, o.hole_fraction, o.noise, what));
  };
  const double aim = UnetF1Aim(o);
  if (row.f1.mean < aim) miss(absl::StrFormat("F1 %.4f < %.2f", row.f1.mean, aim));
  const auto log_star = std::find_if(rows.begin(), rows.end(), [&](const ComparisonRow& other) {
    return other.detector == "log_star" && SameFrames(other.options, o);
  });
  if (log_star != rows.end() && row.f1.mean < log_star->f1.mean - kF1Digits) {
    miss(absl::StrFormat("F1 %.4f < LoG*'s %.4f", row.f1.mean, log_star->f1.mean));
  }
  if (row.vacuum_share.mean > kLargestVacuumShare) {
    miss(absl::StrFormat("atoms invented in vacuum: %.2f %% > 1 %% of the true ones",
                         100 * row.vacuum_share.mean));
  }
  return missed;
}

double RealFrameF1Aim(const std::string& frame, const std::string& reference) {
  if (absl::StartsWith(reference, "coords_defect_")) return 0;
  constexpr const char* kNames[] = {"graphene-si-dimer", "graphene-si-libtest-3", "cspbbr3-100",
                                    "dysco3-8nm"};
  return std::find(std::begin(kNames), std::end(kNames), frame) != std::end(kNames) ? 0.93 : 0;
}

}  // namespace atomstream::bench

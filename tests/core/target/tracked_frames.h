// Frames and sites for the tracker tests: a square lattice of d_NN = 10 px with a dopant every 7th
// site, drifting as told.
#ifndef ATOMSTREAM_TESTS_CORE_TARGET_TRACKED_FRAMES_H_
#define ATOMSTREAM_TESTS_CORE_TARGET_TRACKED_FRAMES_H_

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/target/criteria.h"
#include "core/target/site_tracker.h"

namespace atomstream {

inline constexpr double kDnnPx = 10;

inline CriteriaContext KnownNames() { return {.kinds = {"bulk", "dopant"}}; }

inline TargetFrame FrameNumber(int64_t sequence, const std::string& epoch = "e1") {
  TargetFrame frame;
  frame.epoch = epoch;
  frame.frame_id = absl::StrCat("f", sequence);
  frame.sequence = sequence;
  frame.acquisition_time = absl::UnixEpoch() + absl::Seconds(sequence);
  frame.width_px = frame.height_px = 100;
  frame.pixel_size_nm = 0.02;
  frame.d_nn_px = kDnnPx;
  return frame;
}

// The specimen seen with its corner at `offset`: sites in the frame only. Specimen site (i, j) has
// the intensity 1 + 0.001 (100 i + j), by which a test knows it again.
inline std::vector<Site> LatticeSites(const PointPx& offset) {
  std::vector<Site> sites;
  for (int i = -5; i < 20; ++i) {
    for (int j = -5; j < 20; ++j) {
      Site site;
      site.x_px = offset.x_px + kDnnPx * i;
      site.y_px = offset.y_px + kDnnPx * j;
      if (site.x_px < 0 || site.x_px > 99 || site.y_px < 0 || site.y_px > 99) continue;
      site.position_error_px = 0.1;
      site.confidence = 0.9;
      site.intensity = 1 + 0.001 * (100 * i + j);
      site.kind = (i + 3 * j + 70) % 7 == 0 ? "dopant" : "bulk";
      sites.push_back(site);
    }
  }
  return sites;
}

inline FrameDrift Drifted(int64_t earlier_sequence, double x, double y) {
  FrameDrift drift;
  drift.earlier_sequence = earlier_sequence;
  drift.estimate.state = DriftState::kMeasured;
  drift.estimate.x_px = x;
  drift.estimate.y_px = y;
  drift.estimate.uncertainty_px = 0.05;
  drift.estimate.probability = drift.estimate.coherence = drift.estimate.quality = 1;
  return drift;
}

inline int IndexAt(const std::vector<Site>& sites, double x, double y) {
  for (size_t i = 0; i < sites.size(); ++i) {
    if (std::hypot(sites[i].x_px - x, sites[i].y_px - y) < 1e-6) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CORE_TARGET_TRACKED_FRAMES_H_

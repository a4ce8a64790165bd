// Target: a site to visit, followed from frame to frame under one id; and the frame it is in. Plain
// data.
#ifndef ATOMSTREAM_CORE_TARGET_TARGET_H_
#define ATOMSTREAM_CORE_TARGET_TARGET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/image/frame.h"
#include "core/structure/drift.h"
#include "core/target/site.h"

namespace atomstream {

// The frame that targets are measured in.
struct TargetFrame {
  std::string epoch;  // target ids mean something within one epoch only
  std::string frame_id;
  int64_t sequence = 0;  // of the frame's result, rising within an epoch
  absl::Time acquisition_time = absl::UnixEpoch();
  int width_px = 0;
  int height_px = 0;
  double pixel_size_nm = 0;  // 0: unknown
  double d_nn_px = 0;        // > 0
  // Of the clusters that the sites belong to. After a refit a cluster may be another thing, so
  // those of different generations are not compared.
  int64_t cluster_generation = 0;
};

// A site under an id that stays from frame to frame.
struct TrackedSite {
  int64_t id = 0;  // > 0, never used twice by one SiteTracker
  Site site;       // as it was last seen
  // Where it is in the newest frame: what was seen and what was predicted, weighted by their
  // uncertainties.
  double x_px = 0;
  double y_px = 0;
  double uncertainty_px = 0;  // standard deviation along x or y
  int site_index = -1;        // in the newest frame's list; -1: not seen there
  int frames_unseen = 0;      // frames since it was last seen; 0: seen in the newest
  bool moved = false;         // unseen; a site that nobody followed lay beyond the tolerance
  std::string first_frame_id;
  std::string seen_frame_id;
  absl::Time seen_time = absl::UnixEpoch();  // acquisition time of that frame
};

struct Target {
  TrackedSite where;
  // Frames since the site was last seen to meet the criteria. Visit it only at 0.
  int frames_doubtful = 0;
  // Frames in a row, up to the newest, in which it did. One frame's noise can make a dopant of any
  // atom; two frames' hardly can.
  int frames_sure = 1;
  // Drift per frame, as last measured: k frames later the target is at x_px + k drift_x_px.
  double drift_x_px = 0;
  double drift_y_px = 0;
  double drift_quality = 0;  // of the drift into the newest frame; 1 for the first frame
};

// A position in nm; the origin is the first pixel's centre. (0, 0) without a pixel size.
struct PointNm {
  double x_nm = 0;
  double y_nm = 0;
};
inline PointNm PositionNm(const TrackedSite& site, const TargetFrame& frame) {
  return {site.x_px * frame.pixel_size_nm, site.y_px * frame.pixel_size_nm};
}

// Fraction of the scan, (0, 0) the first pixel's outer corner and (1, 1) the last one's.
struct ScanPoint {
  double x_fraction = 0;
  double y_fraction = 0;
};
inline ScanPoint ScanFraction(const TrackedSite& site, const TargetFrame& frame) {
  return {(site.x_px + 0.5) / frame.width_px, (site.y_px + 0.5) / frame.height_px};
}

enum class WithdrawalReason {
  kVanished,       // no atom near its place for more frames than are waited
  kMoved,          // the same, but an atom that nobody follows lies beyond the tolerance
  kNoLongerMeets,  // the site does not meet the criteria any more
  kLeftFrame,      // drifted out of the frame
  kDriftUnknown,   // the drift was lost or ambiguous: nobody knows where it is
  kViewChanged,    // other frame size, pixel size or lattice
  kEpochChanged,
};
absl::string_view WithdrawalReasonName(WithdrawalReason reason);  // "vanished", …

struct Withdrawal {
  int64_t id = 0;
  WithdrawalReason reason = WithdrawalReason::kVanished;
  std::string frame_id;  // where it was found out
};

// What one frame did to the targets.
struct TargetUpdate {
  TargetFrame frame;
  std::vector<Target> targets;  // all there are, in the criteria's order; unseen ones last
  std::vector<int64_t> added;   // ids of these that are new, or back after a withdrawal
  std::vector<Withdrawal> withdrawn;
  // Withdrawn because of the drift, the view or the epoch: a site may come back under another id,
  // so nobody can tell which sites were visited.
  bool identities_lost = false;
  DriftState drift_state = DriftState::kMeasured;
  double drift_quality = 1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_TARGET_H_

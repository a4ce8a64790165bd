// SiteTracker: gives sites ids that stay from frame to frame.
//
// One per run, shared by all that choose targets: the same atom has the same id for everybody,
// which is what leases and the dose ledger go by. It follows only the sites it is asked to follow,
// by their place corrected for drift; a site that disappears (or drifts out of the frame) and comes
// back has its old id, as long as its place is known well enough.
//
// Owned and called by the one thread that assembles results. Invariants: no two ids on one site of
// a frame; ids rise; when the drift is not known, all ids end (a wrong one would be worse).
#ifndef ATOMSTREAM_CORE_TARGET_SITE_TRACKER_H_
#define ATOMSTREAM_CORE_TARGET_SITE_TRACKER_H_

#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/evaluate/matching.h"
#include "core/structure/drift.h"
#include "core/target/target.h"

namespace atomstream {

struct SiteTrackerOptions {
  // A site is the same if it lies this near to where it should be. Below 0.5 no neighbour can be
  // mistaken for it.
  double tolerance_d_nn = 0.35;  // (0, 0.5)
  // Of drift estimates; those that are not kMeasured are refused whatever their quality.
  double min_drift_quality = 0.3;  // [0, 1]
  // Of a detected position whose error is not known.
  double position_error_d_nn = 0.05;  // (0, 0.5]
  // How far an atom moves by itself between two frames, typically.
  double wander_d_nn = 0.01;  // [0, 0.5]
  int max_sites = 4096;       // followed at a time, [1, 65536]
};

absl::Status ValidateSiteTrackerOptions(const SiteTrackerOptions& options);

// The drift into a frame, and the frame that it starts from.
struct FrameDrift {
  int64_t earlier_sequence = 0;
  DriftEstimate estimate;
};

class SiteTracker {
 public:
  // Options must be valid.
  explicit SiteTracker(const SiteTrackerOptions& options) : options_(options) {}

  // Valid ones, from the next frame on. Sites that are followed stay, also beyond a lower bound.
  void SetOptions(const SiteTrackerOptions& options) { options_ = options; }

  // Takes the next frame. `drift` starts from the frame observed before; without it, or if it says
  // so, nobody knows what moved where, and all ids end.
  // InvalidArgument, and nothing is changed: an empty epoch, a sequence that does not rise, a size
  // or d_nn_px <= 0, a position that is not finite.
  absl::Status Observe(const TargetFrame& frame, std::vector<Site> sites,
                       const std::optional<FrameDrift>& drift);

  // The id of that site of the newest frame; a new one if nobody follows it yet.
  // ResourceExhausted: max_sites are followed and all of them were seen in the newest frame.
  absl::StatusOr<int64_t> Follow(int site_index);

  // Null if the id never was, or ended.
  const TrackedSite* Find(int64_t id) const;

  const TargetFrame& frame() const { return frame_; }
  const std::vector<Site>& sites() const { return sites_; }  // of the newest frame
  // Into the newest frame, corrected by what the followed sites show.
  const DriftEstimate& drift() const { return drift_; }
  int count() const { return static_cast<int>(tracks_.size()); }

  // How often all ids ended, and why they did the last time.
  int64_t generation() const { return generation_; }
  WithdrawalReason last_loss() const { return last_loss_; }

 private:
  struct Track {
    TrackedSite public_site;
    double variance = 0;  // px^2, along x or y
  };

  absl::Status Check(const TargetFrame& frame, const std::vector<Site>& sites) const;
  std::optional<WithdrawalReason> WhyLost(const TargetFrame& frame,
                                          const std::optional<FrameDrift>& drift) const;
  void EndAll(WithdrawalReason reason);
  // Matches predicted places to sites. False, and nothing but predictions is changed, if most sites
  // turn out to be something else: the drift was wrong. `same_clusters`: they mean in this frame
  // what they meant in the one before.
  absl::StatusOr<bool> FollowDrift(bool same_clusters);
  // How many of the witnesses would be on something alike if the drift were wrong.
  double ChanceAgreement(const std::vector<const Site*>& witnesses, bool same_clusters) const;
  void See(Track& track, int site_index);
  void CorrectDrift(const Matching& matching, const std::vector<PointPx>& predicted);
  void Forget();  // unseen sites whose place is not known any more

  SiteTrackerOptions options_;
  TargetFrame frame_;
  std::vector<Site> sites_;
  std::vector<int64_t> followers_;  // of each site: the id on it, 0 if nobody follows it
  DriftEstimate drift_;
  std::map<int64_t, Track> tracks_;  // by id
  int64_t last_id_ = 0;
  int64_t generation_ = 0;
  WithdrawalReason last_loss_ = WithdrawalReason::kEpochChanged;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_SITE_TRACKER_H_

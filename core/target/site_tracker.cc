#include "core/target/site_tracker.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/evaluate/matching.h"

namespace atomstream {
namespace {

// The view is another one if a scale differs by more than these shares.
constexpr double kPixelSizeChange = 0.01;
constexpr double kDnnChange = 0.1;
// So many sites must have been followed before a majority of them counts as evidence.
constexpr size_t kLeastWitnesses = 4;
// So many of its standard deviations, and one, above chance is no chance: below 1 in 1000.
constexpr double kChanceDeviations = 3;
// So many sites must have been seen before they correct the drift.
constexpr size_t kLeastCorrectors = 4;
// An atom up to there may be the one that moved; the next place of the lattice is at 1.
constexpr double kMovedReach = 0.8;
// An unseen place is known as long as its uncertainty is below this share of the tolerance.
constexpr double kKnownShare = 0.5;

bool Differ(double a, double b, double share) {
  if (a == 0 || b == 0) return (a == 0) != (b == 0);
  return std::abs(a - b) > share * std::max(a, b);
}

// The same thing, as far as anybody can tell.
bool Alike(const Site& a, const Site& b, bool same_clusters) {
  if (!a.kind.empty() && !b.kind.empty() && a.kind != b.kind) return false;
  return !same_clusters || !a.cluster.has_value() || !b.cluster.has_value() ||
         *a.cluster == *b.cluster;
}

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("tracker.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

}  // namespace

absl::string_view WithdrawalReasonName(WithdrawalReason reason) {
  switch (reason) {
    case WithdrawalReason::kVanished:
      return "vanished";
    case WithdrawalReason::kMoved:
      return "moved";
    case WithdrawalReason::kNoLongerMeets:
      return "no longer meets the criteria";
    case WithdrawalReason::kLeftFrame:
      return "left the frame";
    case WithdrawalReason::kDriftUnknown:
      return "drift unknown";
    case WithdrawalReason::kViewChanged:
      return "view changed";
    case WithdrawalReason::kEpochChanged:
      return "epoch changed";
  }
  return "unknown";
}

absl::Status ValidateSiteTrackerOptions(const SiteTrackerOptions& o) {
  RETURN_IF_ERROR(CheckRange("tolerance_d_nn", o.tolerance_d_nn, 0.01, 0.49));
  RETURN_IF_ERROR(CheckRange("min_drift_quality", o.min_drift_quality, 0, 1));
  RETURN_IF_ERROR(CheckRange("position_error_d_nn", o.position_error_d_nn, 1e-4, 0.5));
  RETURN_IF_ERROR(CheckRange("wander_d_nn", o.wander_d_nn, 0, 0.5));
  return CheckRange("max_sites", o.max_sites, 1, 65536);
}

absl::Status SiteTracker::Check(const TargetFrame& frame, const std::vector<Site>& sites) const {
  if (frame.epoch.empty()) return absl::InvalidArgumentError("frame.epoch is empty");
  if (frame.epoch == frame_.epoch && frame.sequence <= frame_.sequence) {
    return absl::InvalidArgumentError(absl::StrCat(
        "frame.sequence = ", frame.sequence, ": must exceed the last one, ", frame_.sequence));
  }
  if (frame.width_px <= 0 || frame.height_px <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("frame size = ", frame.width_px, " x ",
                                                   frame.height_px, " px: must be positive"));
  }
  if (!(frame.d_nn_px > 0 && std::isfinite(frame.d_nn_px))) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame.d_nn_px = ", frame.d_nn_px, ": must be positive"));
  }
  for (size_t i = 0; i < sites.size(); ++i) {
    if (std::isfinite(sites[i].x_px) && std::isfinite(sites[i].y_px)) continue;
    return absl::InvalidArgumentError(absl::StrCat("sites[", i, "] = (", sites[i].x_px, ", ",
                                                   sites[i].y_px, "): must be finite"));
  }
  return absl::OkStatus();
}

std::optional<WithdrawalReason> SiteTracker::WhyLost(const TargetFrame& frame,
                                                     const std::optional<FrameDrift>& drift) const {
  if (frame.epoch != frame_.epoch) return WithdrawalReason::kEpochChanged;
  if (frame.width_px != frame_.width_px || frame.height_px != frame_.height_px ||
      Differ(frame.pixel_size_nm, frame_.pixel_size_nm, kPixelSizeChange) ||
      Differ(frame.d_nn_px, frame_.d_nn_px, kDnnChange)) {
    return WithdrawalReason::kViewChanged;
  }
  if (!drift.has_value() || drift->earlier_sequence != frame_.sequence ||
      drift->estimate.state != DriftState::kMeasured ||
      drift->estimate.quality < options_.min_drift_quality) {
    return WithdrawalReason::kDriftUnknown;
  }
  return std::nullopt;
}

void SiteTracker::EndAll(WithdrawalReason reason) {
  tracks_.clear();
  ++generation_;
  last_loss_ = reason;
}

absl::Status SiteTracker::Observe(const TargetFrame& frame, std::vector<Site> sites,
                                  const std::optional<FrameDrift>& drift) {
  RETURN_IF_ERROR(Check(frame, sites));
  const bool first = frame_.epoch.empty();
  const bool same_clusters = frame.cluster_generation == frame_.cluster_generation;
  const std::optional<WithdrawalReason> lost = WhyLost(frame, drift);
  frame_ = frame;
  sites_ = std::move(sites);
  followers_.assign(sites_.size(), 0);
  drift_ = drift.has_value() ? drift->estimate : DriftEstimate();
  if (lost.has_value()) {
    // A first frame has no drift and needs none.
    if (first || *lost == WithdrawalReason::kEpochChanged) {
      drift_ = DriftEstimate();
      drift_.state = DriftState::kMeasured;
      drift_.probability = drift_.coherence = drift_.quality = 1;
    }
    if (!first) EndAll(*lost);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool followed, FollowDrift(same_clusters));
  if (!followed) {
    drift_.state = DriftState::kLost;
    drift_.quality = 0;
    EndAll(WithdrawalReason::kDriftUnknown);
  }
  return absl::OkStatus();
}

double SiteTracker::ChanceAgreement(const std::vector<const Site*>& witnesses,
                                    bool same_clusters) const {
  // Sites that cannot be told apart are counted together.
  std::map<std::pair<std::string, std::optional<int>>, std::pair<const Site*, int>> groups;
  for (const Site& site : sites_) {
    ++groups.try_emplace({site.kind, site.cluster}, &site, 0).first->second.second;
  }
  double agreement = 0;
  for (const Site* witness : witnesses) {
    for (const auto& [name, group] : groups) {
      if (Alike(*witness, *group.first, same_clusters)) agreement += group.second;
    }
  }
  return agreement / std::max<size_t>(1, sites_.size());
}

absl::StatusOr<bool> SiteTracker::FollowDrift(bool same_clusters) {
  const double wander = options_.wander_d_nn * frame_.d_nn_px;
  std::vector<Track*> tracks;
  std::vector<PointPx> predicted, seen;
  for (auto& [id, track] : tracks_) {
    track.public_site.x_px += drift_.x_px;
    track.public_site.y_px += drift_.y_px;
    track.variance += drift_.uncertainty_px * drift_.uncertainty_px + wander * wander;
    tracks.push_back(&track);
    predicted.push_back({track.public_site.x_px, track.public_site.y_px});
  }
  for (const Site& site : sites_) seen.push_back({site.x_px, site.y_px});
  const double tolerance = options_.tolerance_d_nn * frame_.d_nn_px;
  ASSIGN_OR_RETURN(const Matching matching,
                   MatchOneToOne(predicted, seen, {.radius_px = tolerance}));

  // A drift that is wrong by a lattice vector puts every site on an atom all the same, but on the
  // wrong one: dopants on carbon. But noise makes dopants too, which are carbon in the next frame;
  // where dopants are few, most of those followed may be such. If more than chance explains are
  // what they were, the drift was right.
  std::vector<const Site*> witnesses;
  for (const Track* track : tracks) {
    const TrackedSite& site = track->public_site;
    if (site.frames_unseen == 0 && site.x_px >= 0 && site.x_px <= frame_.width_px - 1 &&
        site.y_px >= 0 && site.y_px <= frame_.height_px - 1) {
      witnesses.push_back(&site.site);
    }
  }
  const std::set<const Site*> testify(witnesses.begin(), witnesses.end());
  const auto agreeing = static_cast<size_t>(
      std::count_if(matching.pairs.begin(), matching.pairs.end(), [&](const MatchedPair& pair) {
        const Site& site = tracks[pair.predicted]->public_site.site;
        return testify.contains(&site) && Alike(site, sites_[pair.truth], same_clusters);
      }));
  if (witnesses.size() >= kLeastWitnesses && 2 * agreeing < witnesses.size()) {
    const double chance = ChanceAgreement(witnesses, same_clusters);
    if (agreeing <= chance + kChanceDeviations * std::sqrt(chance) + 1) return false;
  }

  CorrectDrift(matching, predicted);
  std::vector<bool> matched(tracks.size(), false);
  for (const MatchedPair& pair : matching.pairs) {
    matched[pair.predicted] = true;
    See(*tracks[pair.predicted], pair.truth);
  }
  std::vector<Track*> unseen;
  for (size_t i = 0; i < tracks.size(); ++i) {
    if (!matched[i]) unseen.push_back(tracks[i]);
  }
  const double reach = kMovedReach * frame_.d_nn_px;
  for (Track* track : unseen) {
    TrackedSite& site = track->public_site;
    site.site_index = -1;
    ++site.frames_unseen;
    site.uncertainty_px = std::sqrt(track->variance);
    // Once said it stays: the atom may be followed under another id from now on.
    site.moved =
        site.moved ||
        std::any_of(matching.unmatched_truth.begin(), matching.unmatched_truth.end(), [&](int i) {
          return std::hypot(seen[i].x_px - site.x_px, seen[i].y_px - site.y_px) <= reach;
        });
  }
  Forget();
  return true;
}

void SiteTracker::See(Track& track, int site_index) {
  TrackedSite& place = track.public_site;
  const Site& site = sites_[site_index];
  const double error = site.position_error_px > 0 ? site.position_error_px
                                                  : options_.position_error_d_nn * frame_.d_nn_px;
  const double gain = track.variance / (track.variance + error * error);
  place.x_px += gain * (site.x_px - place.x_px);
  place.y_px += gain * (site.y_px - place.y_px);
  track.variance *= 1 - gain;
  place.uncertainty_px = std::sqrt(track.variance);
  place.site = site;
  place.site_index = site_index;
  followers_[site_index] = place.id;
  place.frames_unseen = 0;
  place.moved = false;
  place.seen_frame_id = frame_.frame_id;
  place.seen_time = frame_.acquisition_time;
}

// The seen sites say together how far the drift was off. With that, its errors do not add up while
// a site is out of sight: it stays where it was among the others.
void SiteTracker::CorrectDrift(const Matching& matching, const std::vector<PointPx>& predicted) {
  if (matching.pairs.size() < kLeastCorrectors) return;
  std::vector<double> x, y;
  for (const MatchedPair& pair : matching.pairs) {
    x.push_back(sites_[pair.truth].x_px - predicted[pair.predicted].x_px);
    y.push_back(sites_[pair.truth].y_px - predicted[pair.predicted].y_px);
  }
  // The median, because some of them may have moved.
  const auto median = [](std::vector<double>& values) {
    const auto middle = values.begin() + values.size() / 2;
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  const double error_x = median(x), error_y = median(y);
  for (auto& [id, track] : tracks_) {
    track.public_site.x_px += error_x;
    track.public_site.y_px += error_y;
    track.variance -= drift_.uncertainty_px * drift_.uncertainty_px;
  }
  drift_.x_px += error_x;
  drift_.y_px += error_y;
}

void SiteTracker::Forget() {
  const double known = kKnownShare * options_.tolerance_d_nn * frame_.d_nn_px;
  std::erase_if(tracks_, [&](const auto& entry) {
    return entry.second.public_site.frames_unseen > 0 && entry.second.variance > known * known;
  });
}

absl::StatusOr<int64_t> SiteTracker::Follow(int site_index) {
  if (site_index < 0 || site_index >= static_cast<int>(sites_.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("site_index = ", site_index, ": the frame has ", sites_.size(), " sites"));
  }
  if (followers_[site_index] > 0) return followers_[site_index];
  if (count() >= options_.max_sites) {
    // The one that has been out of sight for longest makes room.
    const auto oldest =
        std::max_element(tracks_.begin(), tracks_.end(), [](const auto& a, const auto& b) {
          return a.second.public_site.frames_unseen < b.second.public_site.frames_unseen;
        });
    if (oldest->second.public_site.frames_unseen == 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("tracker.max_sites = ", options_.max_sites, " sites are followed already"));
    }
    tracks_.erase(oldest);
  }
  Track track;
  const Site& site = sites_[site_index];
  TrackedSite& place = track.public_site;
  place.id = ++last_id_;
  place.first_frame_id = frame_.frame_id;
  place.x_px = site.x_px;
  place.y_px = site.y_px;
  track.variance = 1e12;  // nothing was known: what is seen counts alone
  See(track, site_index);
  tracks_.emplace(place.id, track);
  return track.public_site.id;
}

const TrackedSite* SiteTracker::Find(int64_t id) const {
  const auto found = tracks_.find(id);
  return found == tracks_.end() ? nullptr : &found->second.public_site;
}

}  // namespace atomstream

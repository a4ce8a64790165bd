#include "core/target/target_tracker.h"

#include <functional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/target/tracked_frames.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Criteria Dopants() {
  Criteria criteria;
  criteria.where = {KindIn{{"dopant"}}};
  return criteria;
}

class TargetTrackerTest : public testing::Test {
 protected:
  // A frame with the specimen moved, its sites changed by `change`.
  TargetUpdate Step(double x, double y,
                    const std::function<void(std::vector<Site>&)>& change = nullptr) {
    offset_.x_px += x;
    offset_.y_px += y;
    ++sequence_;
    std::vector<Site> sites = LatticeSites(offset_);
    if (change) change(sites);
    std::optional<FrameDrift> drift;
    if (sequence_ > 1) drift = Drifted(sequence_ - 1, x, y);
    EXPECT_TRUE(sites_.Observe(FrameNumber(sequence_), sites, drift).ok());
    return *targets_.Update(sites_, KnownNames());
  }

  static void Erase(std::vector<Site>& sites, double x, double y) {
    sites.erase(sites.begin() + IndexAt(sites, x, y));
  }

  SiteTracker sites_{SiteTrackerOptions()};
  TargetTracker targets_{Dopants(), 2};
  PointPx offset_{5, 5};
  int64_t sequence_ = 0;
};

TEST_F(TargetTrackerTest, KeepsIdsOverFramesAndAddsWhatDriftsIn) {
  const TargetUpdate first = Step(0, 0);
  ASSERT_FALSE(first.targets.empty());
  EXPECT_EQ(first.added.size(), first.targets.size());
  std::map<int64_t, double> intensity;
  for (const Target& target : first.targets) {
    intensity[target.where.id] = target.where.site.intensity;
  }
  size_t withdrawn = 0;
  for (int i = 0; i < 6; ++i) {
    const TargetUpdate update = Step(4, 3);
    for (const Target& target : update.targets) {
      const auto [known, added] =
          intensity.try_emplace(target.where.id, target.where.site.intensity);
      EXPECT_EQ(known->second, target.where.site.intensity);
      EXPECT_EQ(target.drift_x_px, 4);
      EXPECT_EQ(target.drift_quality, 1);
    }
    for (const Withdrawal& withdrawal : update.withdrawn) {
      EXPECT_EQ(withdrawal.reason, WithdrawalReason::kLeftFrame);
    }
    withdrawn += update.withdrawn.size();
    EXPECT_FALSE(update.identities_lost);
  }
  EXPECT_GT(withdrawn, 0u);
  EXPECT_GT(intensity.size(), first.targets.size());
}

TEST_F(TargetTrackerTest, GivesPositionsInNmAndScanFractions) {
  const TargetUpdate update = Step(0, 0);
  const TrackedSite& site = update.targets.front().where;
  EXPECT_DOUBLE_EQ(PositionNm(site, update.frame).x_nm, site.x_px * 0.02);
  EXPECT_DOUBLE_EQ(ScanFraction(site, update.frame).x_fraction, (site.x_px + 0.5) / 100);
  EXPECT_EQ(site.seen_time, absl::UnixEpoch() + absl::Seconds(1));
}

TEST_F(TargetTrackerTest, AVanishedTargetIsDoubtfulThenWithdrawnThenBackUnderItsId) {
  const TargetUpdate first = Step(0, 0);
  const TrackedSite site = first.targets.front().where;
  const auto vanish = [&](std::vector<Site>& sites) { Erase(sites, site.x_px, site.y_px); };
  for (int i = 1; i <= 2; ++i) {
    const TargetUpdate update = Step(0, 0, vanish);
    EXPECT_THAT(update.withdrawn, IsEmpty());
    EXPECT_EQ(targets_.Find("e1", site.id)->frames_doubtful, i);
    EXPECT_EQ(update.targets.back().where.id, site.id);
  }
  const TargetUpdate third = Step(0, 0, vanish);
  ASSERT_EQ(third.withdrawn.size(), 1u);
  EXPECT_EQ(third.withdrawn[0].id, site.id);
  EXPECT_EQ(third.withdrawn[0].reason, WithdrawalReason::kVanished);
  EXPECT_EQ(third.withdrawn[0].frame_id, "f4");
  EXPECT_THAT(targets_.Find("e1", site.id).status().message(),
              HasSubstr("was withdrawn in frame f4: vanished"));
  const TargetUpdate back = Step(0, 0);
  EXPECT_THAT(back.added, ElementsAre(site.id));
  EXPECT_EQ(targets_.Find("e1", site.id)->frames_doubtful, 0);
}

TEST_F(TargetTrackerTest, ATargetThatMovesBeyondItsToleranceIsWithdrawn) {
  const TrackedSite site = Step(0, 0).targets.front().where;
  const auto hop = [&](std::vector<Site>& sites) {
    sites[IndexAt(sites, site.x_px, site.y_px)].x_px += 0.45 * kDnnPx;
  };
  Step(0, 0, hop);
  EXPECT_EQ(targets_.Find("e1", site.id)->frames_doubtful, 1);
  Step(0, 0, hop);
  const TargetUpdate third = Step(0, 0, hop);
  ASSERT_EQ(third.withdrawn.size(), 1u);
  EXPECT_EQ(third.withdrawn[0].reason, WithdrawalReason::kMoved);
}

TEST_F(TargetTrackerTest, ATargetThatMovesWithinItsToleranceIsFollowed) {
  const TrackedSite site = Step(0, 0).targets.front().where;
  double x = site.x_px;
  for (int i = 0; i < 5; ++i) {
    x += 0.3;
    Step(0, 0,
         [&](std::vector<Site>& sites) { sites[IndexAt(sites, site.x_px, site.y_px)].x_px = x; });
  }
  EXPECT_NEAR(targets_.Find("e1", site.id)->where.x_px, x, 0.3);
}

TEST_F(TargetTrackerTest, ATargetThatNoLongerMeetsTheCriteriaIsWithdrawn) {
  const TrackedSite site = Step(0, 0).targets.front().where;
  const auto change = [&](std::vector<Site>& sites) {
    sites[IndexAt(sites, site.x_px, site.y_px)].kind = "bulk";
  };
  Step(0, 0, change);
  Step(0, 0);  // noise: it meets them again, and the count starts anew
  Step(0, 0, change);
  EXPECT_THAT(Step(0, 0, change).withdrawn, IsEmpty());
  const TargetUpdate update = Step(0, 0, change);
  ASSERT_EQ(update.withdrawn.size(), 1u);
  EXPECT_EQ(update.withdrawn[0].reason, WithdrawalReason::kNoLongerMeets);
}

TEST_F(TargetTrackerTest, BetterSitesDoNotPushTargetsOut) {
  Criteria criteria = Dopants();
  criteria.max_count = 3;
  TargetTracker few(criteria, 2);
  Step(0, 0);
  const TargetUpdate first = *few.Update(sites_, KnownNames());
  ASSERT_EQ(first.targets.size(), 3u);
  std::set<int64_t> ids;
  for (const Target& target : first.targets) ids.insert(target.where.id);
  Step(1, 1, [&](std::vector<Site>& sites) {
    for (Site& site : sites) {
      const bool target = std::any_of(
          first.targets.begin(), first.targets.end(),
          [&](const Target& other) { return other.where.site.intensity == site.intensity; });
      site.confidence = target ? 0.2 : 1;
    }
  });
  const TargetUpdate second = *few.Update(sites_, KnownNames());
  ASSERT_EQ(second.targets.size(), 3u);
  for (const Target& target : second.targets) EXPECT_TRUE(ids.contains(target.where.id));
}

TEST_F(TargetTrackerTest, TwoRequestsNameASiteAlike) {
  Criteria everything;
  everything.max_count = 1000;
  TargetTracker all(everything, 0);
  const TargetUpdate dopants = Step(0, 0);
  const TargetUpdate atoms = *all.Update(sites_, KnownNames());
  ASSERT_EQ(atoms.targets.size(), sites_.sites().size());
  for (const Target& dopant : dopants.targets) {
    const Target same = *all.Find("e1", dopant.where.id);
    EXPECT_EQ(same.where.site_index, dopant.where.site_index);
  }
}

TEST_F(TargetTrackerTest, AnEpochChangeWithdrawsAll) {
  const TargetUpdate first = Step(0, 0);
  ASSERT_TRUE(sites_.Observe(FrameNumber(1, "e2"), LatticeSites(offset_), std::nullopt).ok());
  const TargetUpdate update = *targets_.Update(sites_, KnownNames());
  EXPECT_TRUE(update.identities_lost);
  ASSERT_EQ(update.withdrawn.size(), first.targets.size());
  EXPECT_EQ(update.withdrawn[0].reason, WithdrawalReason::kEpochChanged);
  EXPECT_EQ(update.added.size(), first.targets.size());
  const int64_t old = first.targets[0].where.id;
  EXPECT_THAT(targets_.Find("e1", old).status().message(), HasSubstr("the epoch now is e2"));
  EXPECT_EQ(targets_.Find("e2", old).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(targets_.Find("e2", 12345).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TargetTrackerTest, AnAmbiguousDriftWithdrawsAll) {
  const TargetUpdate first = Step(0, 0);
  FrameDrift drift = Drifted(1, 0, 0);
  drift.estimate.state = DriftState::kAmbiguous;
  ASSERT_TRUE(sites_.Observe(FrameNumber(2), LatticeSites(offset_), drift).ok());
  const TargetUpdate update = *targets_.Update(sites_, KnownNames());
  EXPECT_TRUE(update.identities_lost);
  EXPECT_EQ(update.drift_state, DriftState::kAmbiguous);
  EXPECT_EQ(update.withdrawn.size(), first.targets.size());
  for (const Withdrawal& withdrawal : update.withdrawn) {
    EXPECT_EQ(withdrawal.reason, WithdrawalReason::kDriftUnknown);
  }
}

TEST_F(TargetTrackerTest, CriteriaThatDoNotFitAFrameLeaveTargetsAsTheyWere) {
  const int64_t id = Step(0, 0).targets.front().where.id;
  EXPECT_EQ(targets_.Update(sites_, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(targets_.Find("e1", id).ok());
}

}  // namespace
}  // namespace atomstream

#include "core/target/site_tracker.h"

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/simulate/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/target/tracked_frames.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class SiteTrackerTest : public testing::Test {
 protected:
  // Moves the specimen; the tracker is told `told` (by default the truth).
  absl::Status Step(double x, double y, std::optional<PointPx> told = std::nullopt) {
    offset_.x_px += x;
    offset_.y_px += y;
    ++sequence_;
    const PointPx drift = told.value_or(PointPx{x, y});
    return tracker_.Observe(FrameNumber(sequence_), LatticeSites(offset_),
                            sequence_ == 1
                                ? std::nullopt
                                : std::optional(Drifted(sequence_ - 1, drift.x_px, drift.y_px)));
  }

  int64_t FollowAt(double x, double y) { return *tracker_.Follow(IndexAt(tracker_.sites(), x, y)); }

  SiteTracker tracker_{SiteTrackerOptions()};
  PointPx offset_{5, 5};
  int64_t sequence_ = 0;
};

TEST_F(SiteTrackerTest, FollowsTheSameAtomsThroughDriftsLongerThanTheLattice) {
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(45, 45);
  const double intensity = tracker_.Find(id)->site.intensity;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(Step(4.5, -1.5).ok());
    const TrackedSite* site = tracker_.Find(id);
    ASSERT_NE(site, nullptr);
    EXPECT_EQ(site->site.intensity, intensity);
    EXPECT_NEAR(site->x_px, 45 + 4.5 * (i + 1), 1e-9);
    EXPECT_NEAR(site->y_px, 45 - 1.5 * (i + 1), 1e-9);
    EXPECT_EQ(site->seen_frame_id, tracker_.frame().frame_id);
  }
  EXPECT_EQ(tracker_.Find(id)->first_frame_id, "f1");
}

TEST_F(SiteTrackerTest, EverybodyGetsTheSameIdForASite) {
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(45, 45);
  EXPECT_EQ(FollowAt(45, 45), id);
  EXPECT_NE(FollowAt(55, 45), id);
  ASSERT_TRUE(Step(3, 0).ok());
  EXPECT_EQ(FollowAt(48, 45), id);
  EXPECT_EQ(tracker_.count(), 2);
}

TEST_F(SiteTrackerTest, NoTwoIdsShareASite) {
  Random random(1);
  ASSERT_TRUE(Step(0, 0).ok());
  for (int frame = 0; frame < 30; ++frame) {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(tracker_.Follow(random.Index(static_cast<int>(tracker_.sites().size()))).ok());
    }
    std::set<int> used;
    for (int64_t id = 1; id < 1000; ++id) {
      const TrackedSite* site = tracker_.Find(id);
      if (site != nullptr && site->site_index >= 0) {
        EXPECT_TRUE(used.insert(site->site_index).second) << "site " << site->site_index;
      }
    }
    // The drift it is told is off by up to 2 px.
    const PointPx step{random.Uniform(-5, 5), random.Uniform(-5, 5)};
    ASSERT_TRUE(Step(step.x_px, step.y_px,
                     PointPx{step.x_px + random.Uniform(-2, 2), step.y_px + random.Uniform(-2, 2)})
                    .ok());
  }
}

TEST_F(SiteTrackerTest, ASiteThatLeavesTheFrameComesBackUnderItsId) {
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(85, 45);
  FollowAt(45, 45), FollowAt(45, 55), FollowAt(55, 45);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Step(4, 0).ok());
  EXPECT_EQ(tracker_.Find(id)->frames_unseen, 3);
  EXPECT_GT(tracker_.Find(id)->x_px, 100);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Step(-4, 0).ok());
  EXPECT_EQ(FollowAt(85, 45), id);
}

TEST_F(SiteTrackerTest, SeenSitesCorrectWhereUnseenOnesAre) {
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(85, 45);
  FollowAt(45, 45), FollowAt(45, 55), FollowAt(55, 45), FollowAt(55, 55);
  ASSERT_TRUE(Step(15, 0).ok());
  ASSERT_EQ(tracker_.Find(id)->site_index, -1);
  // Each drift is measured 0.05 px too long: 2 px in 40 frames, were it not corrected.
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Step(-0.5, 0, PointPx{-0.45, 0}).ok());
    ASSERT_TRUE(Step(0.5, 0, PointPx{0.55, 0}).ok());
  }
  EXPECT_NEAR(tracker_.Find(id)->x_px, 100, 0.01);
}

TEST_F(SiteTrackerTest, AllIdsEndWhenTheDriftIsUnknown) {
  const auto ends = [&](const std::optional<FrameDrift>& drift) {
    SiteTracker tracker{SiteTrackerOptions()};
    EXPECT_TRUE(tracker.Observe(FrameNumber(1), LatticeSites({5, 5}), std::nullopt).ok());
    const int64_t id = *tracker.Follow(40);
    EXPECT_TRUE(tracker.Observe(FrameNumber(2), LatticeSites({5, 5}), drift).ok());
    EXPECT_TRUE(tracker.Find(id) != nullptr ||
                tracker.last_loss() == WithdrawalReason::kDriftUnknown);
    return tracker.Find(id) == nullptr && tracker.generation() == 1;
  };
  FrameDrift drift = Drifted(1, 0, 0);
  EXPECT_FALSE(ends(drift));
  EXPECT_TRUE(ends(std::nullopt));
  EXPECT_TRUE(ends(Drifted(0, 0, 0)));  // from another frame than the last one
  drift.estimate.state = DriftState::kAmbiguous;
  EXPECT_TRUE(ends(drift));
  drift = Drifted(1, 0, 0);
  drift.estimate.quality = 0.1;
  EXPECT_TRUE(ends(drift));
}

TEST_F(SiteTrackerTest, ClustersThatARefitNamesAnewEndNoIds) {
  const auto sites = [&](int of_dopants, int of_bulk) {
    std::vector<Site> sites = LatticeSites(offset_);
    for (Site& site : sites) {
      site.cluster = site.kind == "dopant" ? of_dopants : of_bulk;
      site.kind.clear();
    }
    return sites;
  };
  const auto observe = [&](int64_t generation, int of_dopants, int of_bulk) {
    TargetFrame frame = FrameNumber(++sequence_);
    frame.cluster_generation = generation;
    return tracker_.Observe(
        frame, sites(of_dopants, of_bulk),
        sequence_ == 1 ? std::nullopt : std::optional(Drifted(sequence_ - 1, 0, 0)));
  };
  ASSERT_TRUE(observe(1, 1, 0).ok());
  for (size_t i = 0; i < tracker_.sites().size(); ++i) {
    ASSERT_TRUE(tracker_.Follow(static_cast<int>(i)).ok());
  }
  const int count = tracker_.count();
  ASSERT_TRUE(observe(2, 0, 1).ok());
  EXPECT_EQ(tracker_.count(), count);
  EXPECT_EQ(tracker_.generation(), 0);
  // Within one generation they tell what is what.
  ASSERT_TRUE(observe(2, 1, 0).ok());
  EXPECT_EQ(tracker_.count(), 0);
  EXPECT_EQ(tracker_.last_loss(), WithdrawalReason::kDriftUnknown);
}

TEST_F(SiteTrackerTest, DopantsThatNoiseMadeEndNoIdsWhereRealOnesAreFew) {
  // Three atoms are dopants, four look so in the first frame only.
  const std::set<int> real = {12, 47, 71};
  const std::set<int> noise = {20, 33, 58, 85};
  const auto sites = [&](bool noisy) {
    std::vector<Site> sites = LatticeSites(offset_);
    for (int i = 0; i < static_cast<int>(sites.size()); ++i) {
      sites[i].kind = real.contains(i) || (noisy && noise.contains(i)) ? "dopant" : "bulk";
    }
    return sites;
  };
  ASSERT_TRUE(tracker_.Observe(FrameNumber(1), sites(true), std::nullopt).ok());
  std::set<int64_t> ids;
  for (const std::set<int>& some : {real, noise}) {
    for (const int i : some) ids.insert(*tracker_.Follow(i));
  }
  ASSERT_TRUE(tracker_.Observe(FrameNumber(2), sites(false), Drifted(1, 0, 0)).ok());
  EXPECT_EQ(tracker_.generation(), 0);
  for (const int64_t id : ids) EXPECT_NE(tracker_.Find(id), nullptr) << id;
}

TEST_F(SiteTrackerTest, ADriftOffByALatticeVectorIsFoundOut) {
  ASSERT_TRUE(Step(0, 0).ok());
  for (size_t i = 0; i < tracker_.sites().size(); ++i) {
    if (tracker_.sites()[i].kind != "dopant") continue;
    ASSERT_TRUE(tracker_.Follow(static_cast<int>(i)).ok());
  }
  ASSERT_GE(tracker_.count(), 10);
  ASSERT_TRUE(Step(2, 0, PointPx{2 - kDnnPx, 0}).ok());
  EXPECT_EQ(tracker_.count(), 0);
  EXPECT_EQ(tracker_.generation(), 1);
  EXPECT_EQ(tracker_.last_loss(), WithdrawalReason::kDriftUnknown);
  EXPECT_EQ(tracker_.drift().quality, 0);
}

TEST_F(SiteTrackerTest, AllIdsEndWithTheEpochOrTheView) {
  const auto loss = [](const TargetFrame& second) {
    SiteTracker tracker{SiteTrackerOptions()};
    EXPECT_TRUE(tracker.Observe(FrameNumber(1), LatticeSites({5, 5}), std::nullopt).ok());
    EXPECT_TRUE(tracker.Follow(40).ok());
    EXPECT_TRUE(tracker.Observe(second, LatticeSites({5, 5}), Drifted(1, 0, 0)).ok());
    EXPECT_EQ(tracker.count(), 0);
    // Ids are not used again.
    EXPECT_EQ(*tracker.Follow(40), 2);
    return tracker.last_loss();
  };
  EXPECT_EQ(loss(FrameNumber(1, "e2")), WithdrawalReason::kEpochChanged);
  TargetFrame frame = FrameNumber(2);
  frame.width_px = 200;
  EXPECT_EQ(loss(frame), WithdrawalReason::kViewChanged);
  frame = FrameNumber(2);
  frame.pixel_size_nm = 0.03;
  EXPECT_EQ(loss(frame), WithdrawalReason::kViewChanged);
  frame = FrameNumber(2);
  frame.d_nn_px = 12;
  EXPECT_EQ(loss(frame), WithdrawalReason::kViewChanged);
}

TEST_F(SiteTrackerTest, TakesTheMeanOfManySightings) {
  Random random(4);
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(45, 45);
  double squares = 0;
  constexpr int kFrames = 200;
  for (int i = 0; i < kFrames; ++i) {
    std::vector<Site> sites = LatticeSites(offset_);
    for (Site& site : sites) {
      site.x_px += 0.5 * random.Normal();
      site.y_px += 0.5 * random.Normal();
      site.position_error_px = 0.5;
    }
    ++sequence_;
    ASSERT_TRUE(tracker_.Observe(FrameNumber(sequence_), sites, Drifted(sequence_ - 1, 0, 0)).ok());
    if (i >= 20) squares += std::pow(tracker_.Find(id)->x_px - 45, 2) / (kFrames - 20);
  }
  // The stated one is steady: wander 0.1 and drift 0.05 against 0.5 give 0.22.
  EXPECT_LT(std::sqrt(squares), 0.3);
  EXPECT_LT(tracker_.Find(id)->uncertainty_px, 0.25);
}

TEST_F(SiteTrackerTest, ForgetsTheSiteThatIsOutOfSightForLongestWhenFull) {
  SiteTracker tracker(SiteTrackerOptions{.max_sites = 2});
  ASSERT_TRUE(tracker.Observe(FrameNumber(1), LatticeSites({5, 5}), std::nullopt).ok());
  const int64_t first = *tracker.Follow(0);
  const int64_t second = *tracker.Follow(50);
  EXPECT_EQ(tracker.Follow(51).status().code(), absl::StatusCode::kResourceExhausted);
  std::vector<Site> sites = LatticeSites({5, 5});
  sites.erase(sites.begin());
  ASSERT_TRUE(tracker.Observe(FrameNumber(2), sites, Drifted(1, 0, 0)).ok());
  ASSERT_TRUE(tracker.Follow(60).ok());
  EXPECT_EQ(tracker.Find(first), nullptr);
  EXPECT_NE(tracker.Find(second), nullptr);
}

TEST_F(SiteTrackerTest, RefusesWrongInputAndChangesNothing) {
  ASSERT_TRUE(Step(0, 0).ok());
  const int64_t id = FollowAt(45, 45);
  const auto refusal = [&](const TargetFrame& frame, std::vector<Site> sites = {}) {
    const absl::Status status = tracker_.Observe(frame, std::move(sites), Drifted(1, 0, 0));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(tracker_.Find(id), nullptr);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(FrameNumber(1)), HasSubstr("frame.sequence = 1"));
  EXPECT_THAT(refusal(FrameNumber(2, "")), HasSubstr("frame.epoch"));
  TargetFrame frame = FrameNumber(2);
  frame.d_nn_px = 0;
  EXPECT_THAT(refusal(frame), HasSubstr("frame.d_nn_px = 0"));
  frame = FrameNumber(2);
  frame.height_px = 0;
  EXPECT_THAT(refusal(frame), HasSubstr("100 x 0 px"));
  std::vector<Site> sites = LatticeSites({5, 5});
  sites[3].y_px = std::numeric_limits<double>::infinity();
  EXPECT_THAT(refusal(FrameNumber(2), sites), HasSubstr("sites[3]"));
  EXPECT_EQ(tracker_.Follow(-1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ValidateSiteTrackerOptions({.tolerance_d_nn = 0.5}).message(),
              HasSubstr("tracker.tolerance_d_nn = 0.5"));
  EXPECT_THAT(ValidateSiteTrackerOptions({.max_sites = 0}).message(),
              HasSubstr("tracker.max_sites = 0"));
}

}  // namespace
}  // namespace atomstream

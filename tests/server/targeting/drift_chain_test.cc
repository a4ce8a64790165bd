// Frames that are left out between the followed ones, with real images: 5 px a frame at noise 0.3.
#include "server/targeting/drift_chain.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "core/target/site_tracker.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

constexpr double kPixelNm = 0.02;
constexpr double kDnnPx = 7.1;  // of graphene; its lattice vectors are 12.3 px long
constexpr PointPx kDrift{4.2, 2.7};
// The three standard deviations of drift_test.cc, which a lattice vector exceeds forty times.
constexpr double kTolerancePx = 0.3;

// What became of a run.
struct Followed {
  int drifts = 0;
  int measured = 0;
  int wrong = 0;      // measured, and not so
  int wrong_ids = 0;  // ids that were on another atom before
  int64_t losses = 0;
};

class DriftChainTest : public testing::Test {
 protected:
  struct Scene {
    double dopants = 0.01;
    double vacancies = 0.002;
    int side_px = 512;
    uint64_t seed = 11;
  };

  void Make(const Scene& scene) {
    SpecimenOptions options;
    options.material = *FindMaterial("graphene", {});
    options.field_width_nm = options.field_height_nm = scene.side_px * kPixelNm;
    options.margin_nm = 4;  // the stage turns back after 47 frames in x
    options.rotation_rad = 0.3;
    options.dopant_fraction = scene.dopants;
    options.vacancy_fraction = scene.vacancies;
    options.seed = scene.seed;
    specimen_ = *BuildSpecimen(options);
    scan_.width_px = scan_.height_px = scene.side_px;
    scan_.pixel_size_nm = kPixelNm;
    scan_.gaussian_noise = 0.3;
    scan_.drift_x_px_per_frame = kDrift.x_px;
    scan_.drift_y_px_per_frame = kDrift.y_px;
    scan_.seed = scene.seed;
  }

  // Follows the frames of these numbers. The sites are the true atoms, all alike: nothing but the
  // drift tells which is which.
  Followed Follow(const std::vector<int64_t>& numbers) {
    Followed result;
    DriftChain chain{DriftOptions()};
    SiteTracker tracker{SiteTrackerOptions()};
    std::map<int64_t, PointPx> places;  // on the specimen, by id
    PointPx before;
    int64_t sequence = 0;
    for (const int64_t number : numbers) {
      const SimulatedFrame frame = *RenderFrame(specimen_, scan_, number);
      const auto view = *MakeDriftView(frame.image, {});
      const std::optional<DriftRecord> drift = chain.Measure(view, number);
      if (drift)
        Judge(*drift, {frame.drift_x_px - before.x_px, frame.drift_y_px - before.y_px}, result);
      before = {frame.drift_x_px, frame.drift_y_px};
      chain.Keep(view, number, ++sequence, drift);

      std::optional<FrameDrift> into;
      if (drift) into = FrameDrift{drift->earlier_sequence, drift->estimate};
      EXPECT_TRUE(tracker.Observe(FrameOf(sequence), SitesOf(frame), into).ok());
      for (size_t i = 0; i < tracker.sites().size(); i += 7) {
        const Site& site = tracker.sites()[i];
        const PointPx place{site.x_px - before.x_px, site.y_px - before.y_px};
        const auto [known, first] = places.try_emplace(*tracker.Follow(static_cast<int>(i)), place);
        result.wrong_ids +=
            std::hypot(known->second.x_px - place.x_px, known->second.y_px - place.y_px) > 1;
      }
    }
    result.losses = tracker.generation();
    return result;
  }

  static std::vector<int64_t> Every(int64_t nth, int64_t end = 36) {
    std::vector<int64_t> numbers;
    for (int64_t number = 0; number < end; number += nth) numbers.push_back(number);
    return numbers;
  }

  Specimen specimen_;
  ScanOptions scan_;

 private:
  static void Judge(const DriftRecord& drift, const PointPx& truth, Followed& result) {
    ++result.drifts;
    if (drift.estimate.state != DriftState::kMeasured) return;
    ++result.measured;
    result.wrong += std::hypot(drift.estimate.x_px - truth.x_px, drift.estimate.y_px - truth.y_px) >
                    kTolerancePx;
  }

  TargetFrame FrameOf(int64_t sequence) const {
    TargetFrame frame;
    frame.epoch = "epoch";
    frame.frame_id = absl::StrCat("frame-", sequence);
    frame.sequence = sequence;
    frame.width_px = scan_.width_px;
    frame.height_px = scan_.height_px;
    frame.pixel_size_nm = kPixelNm;
    frame.d_nn_px = kDnnPx;
    return frame;
  }

  static std::vector<Site> SitesOf(const SimulatedFrame& frame) {
    std::vector<Site> sites;
    for (const TrueAtom& atom : frame.atoms) {
      Site site;
      site.x_px = atom.x_px;
      site.y_px = atom.y_px;
      sites.push_back(site);
    }
    return sites;
  }
};

TEST_F(DriftChainTest, FollowsEveryFrame) {
  Make({});
  const Followed followed = Follow(Every(1, 12));
  EXPECT_EQ(followed.measured, 11);
  EXPECT_EQ(followed.wrong, 0);
  EXPECT_EQ(followed.losses, 0);
}

TEST_F(DriftChainTest, FollowsEverySecondAndEveryThirdFrame) {
  for (const int64_t nth : {2, 3}) {
    Make({});
    const Followed followed = Follow(Every(nth));
    EXPECT_EQ(followed.measured, followed.drifts) << nth;
    EXPECT_EQ(followed.wrong, 0) << nth;
    EXPECT_EQ(followed.losses, 0) << nth;
    EXPECT_EQ(followed.wrong_ids, 0) << nth;
  }
}

TEST_F(DriftChainTest, FollowsOverGapsOfDifferentLengths) {
  Make({});
  const Followed followed = Follow({0, 1, 3, 4, 7, 8, 9, 13, 14, 16, 19, 20, 26, 27});
  EXPECT_EQ(followed.measured, followed.drifts);
  EXPECT_EQ(followed.wrong, 0);
  EXPECT_EQ(followed.losses, 0);
  EXPECT_EQ(followed.wrong_ids, 0);
}

TEST_F(DriftChainTest, NeverTakesOneAtomOfAPerfectCrystalForAnother) {
  int measured = 0, losses = 0;
  for (const int64_t nth : {2, 3, 5}) {
    Make({.dopants = 0, .vacancies = 0, .side_px = 256});
    // A step is known before frames are left out.
    std::vector<int64_t> numbers = Every(nth);
    numbers.insert(numbers.begin() + 1, 1);
    const Followed followed = Follow(numbers);
    EXPECT_EQ(followed.wrong, 0) << nth;
    EXPECT_EQ(followed.wrong_ids, 0) << nth;
    measured += followed.measured;
    losses += static_cast<int>(followed.losses);
  }
  RecordProperty("measured", measured);
  EXPECT_GT(losses, 0);  // nobody could tell, and that is said
}

TEST_F(DriftChainTest, SaysThatItIsLostWhereNothingIsKnown) {
  Make({.side_px = 256});
  const auto view = *MakeDriftView(RenderFrame(specimen_, scan_, 0)->image, {});
  DriftChain chain{DriftOptions()};
  EXPECT_FALSE(chain.Measure(view, 100).has_value());
  chain.Keep(view, 100, 1, std::nullopt);
  EXPECT_EQ(chain.Measure(view, 101)->estimate.state, DriftState::kMeasured);
  // Another run of the source; a frame that came too late.
  for (const int64_t number : {int64_t{1}, int64_t{100}, 100 + DriftChain::kMostFrames + 1}) {
    const std::optional<DriftRecord> drift = chain.Measure(view, number);
    ASSERT_TRUE(drift.has_value());
    EXPECT_EQ(drift->estimate.state, DriftState::kLost) << number;
    EXPECT_EQ(drift->earlier_sequence, 1);
  }
  // 16 frames of 5 px lead out of the quarter of 256 px that is searched.
  DriftRecord step{.earlier_sequence = 1, .estimate = {}};
  step.estimate.state = DriftState::kMeasured;
  step.estimate.x_px = 5;
  chain.Keep(view, 101, 2, step);
  EXPECT_EQ(chain.Measure(view, 117)->estimate.state, DriftState::kLost);
}

}  // namespace
}  // namespace atomstream

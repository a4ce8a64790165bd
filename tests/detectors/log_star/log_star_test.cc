#include "detectors/log_star/log_star.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/base/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "tests/detectors/log_star/simulated_frame.h"

namespace atomstream {
namespace {

using ::testing::Contains;
using ::testing::Not;

// Time that passes by a fixed step at every look: budgets run out without a real clock.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(absl::Duration step) : step_(step) {}
  absl::Time Now() const override { return now_ += step_; }

 private:
  const absl::Duration step_;
  mutable absl::Time now_ = absl::UnixEpoch();
};

LogStarOptions FastOptions() {
  LogStarOptions options;
  options.max_evaluations = 60;
  return options;
}

LogStarResult Detect(const LogStarOptions& options, const Frame& frame,
                     const WarmStart* warm_start = nullptr) {
  SystemClock clock;
  InlineExecutor executor;
  const auto result = (*LogStar::Create(options, &clock))->Detect(frame, warm_start, executor);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

// The accuracy benchmark reaches more; these bounds only tell that nothing is broken.
TEST(LogStarTest, FindsTheAtomsWithoutLabels) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (double noise : {0.0, 0.3}) {
      const FrameWithTruth frame = SimulateFrame(material, noise, 0.05);
      const LogStarResult result = Detect(FastOptions(), *frame.frame);
      EXPECT_GT(frame.F1(result.atoms), 0.94) << material << " noise " << noise;
      EXPECT_TRUE(result.lattice.found);
      EXPECT_THAT(result.flags, Not(Contains("no_lattice")));
      EXPECT_LT(result.qc, 0.05);
    }
  }
}

TEST(LogStarTest, WrongMetadataIsFlaggedAndChangesNothing) {
  const FrameWithTruth right = SimulateFrame("graphene", 0.2);
  for (double stated : {0.8, 1.2}) {
    const FrameWithTruth wrong = SimulateFrame("graphene", 0.2, 0, stated);
    const LogStarResult result = Detect(FastOptions(), *wrong.frame);
    EXPECT_THAT(result.flags, Contains("metadata_disagrees"));
    EXPECT_TRUE(result.lattice.metadata_disagrees);
    EXPECT_NEAR(result.lattice.pixel_size_nm_used, 0.02, 0.0002);
    EXPECT_GE(wrong.F1(result.atoms), right.F1(Detect(FastOptions(), *right.frame).atoms) - 0.005);
  }
}

TEST(LogStarTest, ConstantFrameIsFlaggedAndEmpty) {
  const LogStarResult result =
      Detect(FastOptions(), *FrameOf(Image(64, 64, 5.0f), 0.02, "graphene"));
  EXPECT_THAT(result.flags, Contains("constant_frame"));
  EXPECT_TRUE(result.atoms.empty());
  EXPECT_TRUE(result.front.empty());
  EXPECT_EQ(result.chosen, -1);
  EXPECT_EQ(result.next_warm_start, nullptr);
}

TEST(LogStarTest, NoiseWithoutMaterialIsNoLattice) {
  Image noise(128, 128);
  cv::RNG(4).fill(noise, cv::RNG::NORMAL, 10.0, 2.0);
  const LogStarResult unknown = Detect(FastOptions(), *FrameOf(noise, 0, "auto"));
  EXPECT_THAT(unknown.flags, Contains("no_lattice"));
  EXPECT_TRUE(unknown.atoms.empty());
  // With material and metadata the search goes by these, and says so.
  const LogStarResult known = Detect(FastOptions(), *FrameOf(noise, 0.02, "graphene"));
  EXPECT_THAT(known.flags, Contains("no_lattice"));
  EXPECT_FALSE(known.lattice.found);
  EXPECT_NEAR(known.lattice.d_nn_px, 7.1, 0.01);
}

TEST(LogStarTest, SmallestFramesAreAnswered) {
  Image noise(8, 8);
  cv::RNG(4).fill(noise, cv::RNG::NORMAL, 10.0, 2.0);
  for (const char* material : {"auto", "graphene"}) {
    for (double pixel_size_nm : {0.0, 0.02, 5.0, 1e-6}) {
      Detect(FastOptions(), *FrameOf(noise, pixel_size_nm, material));
    }
  }
}

TEST(LogStarTest, ScaleAtWhichNothingCanBeSearchedIsNone) {
  Image noise(64, 4096);
  cv::RNG(4).fill(noise, cv::RNG::NORMAL, 10.0, 2.0);
  // d_NN of 0.7 and 370 px, the ends of double, and, last, one that is searched.
  for (double pixel_size_nm : {0.2, 0.142 / 370, 1e-300, 1e300}) {
    const LogStarResult result = Detect(FastOptions(), *FrameOf(noise, pixel_size_nm, "graphene"));
    EXPECT_THAT(result.flags, Contains("no_lattice")) << pixel_size_nm;
    EXPECT_EQ(result.lattice.d_nn_px, 0);
    EXPECT_EQ(result.lattice.expected_atoms, 0);
    EXPECT_EQ(result.lattice.pixel_size_nm_used, pixel_size_nm);
    EXPECT_TRUE(result.front.empty());
  }
  EXPECT_GE(Detect(FastOptions(), *FrameOf(noise, 0.142 / 30, "graphene")).chosen, 0);
}

TEST(LogStarTest, OrderOfTheRewardsPlaysNoPart) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.5);
  LogStarOptions options = FastOptions();
  options.preprocessing = {Preprocessing::kNone};  // noisy enough that QC and ER differ
  const LogStarResult qc_first = Detect(options, *frame.frame);
  options.rewards = {"er", "qc"};
  const LogStarResult er_first = Detect(options, *frame.frame);
  EXPECT_NE(qc_first.qc, qc_first.er);
  EXPECT_EQ(er_first.qc, qc_first.qc);
  EXPECT_EQ(er_first.er, qc_first.er);
}

TEST(LogStarTest, IntensitiesStayFiniteAtTheEndsOfFloat32) {
  Image image = SimulateFrame("graphene", 0.1).simulated.image.clone();
  for (float range : {1e-41f, 1e37f}) {
    Image scaled = image * range;
    scaled(5, 5) = 3e38f;  // a hot pixel
    const LogStarResult result = Detect(FastOptions(), *FrameOf(scaled, 0.02, "graphene"));
    EXPECT_GT(result.atoms.size(), 400u) << range;
    for (const Atom& atom : result.atoms) ASSERT_TRUE(std::isfinite(atom.intensity)) << range;
  }
}

TEST(LogStarTest, UnknownMaterialOfAFrameIsNotFound) {
  SystemClock clock;
  InlineExecutor executor;
  const auto result =
      (*LogStar::Create(FastOptions(), &clock))
          ->Detect(*FrameOf(Image(64, 64, 5.0f), 0.02, "unobtainium"), nullptr, executor);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
}

TEST(LogStarTest, SameSeedSameResultWhateverTheNumberOfThreads) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.3, 0, 1, 256);
  LogStarOptions options = FastOptions();
  options.window_size_px = 128;
  options.window_stride = 0.5;
  const LogStarResult one = Detect(options, *frame.frame);
  ThreadPool pool(3);
  SystemClock clock;
  const LogStarResult many =
      *(*LogStar::Create(options, &clock))->Detect(*frame.frame, nullptr, pool);
  ASSERT_EQ(one.windows.size(), 9u);
  ASSERT_EQ(many.windows.size(), one.windows.size());
  ASSERT_EQ(many.atoms.size(), one.atoms.size());
  for (size_t i = 0; i < one.atoms.size(); ++i) {
    EXPECT_EQ(many.atoms[i].x_px, one.atoms[i].x_px);
    EXPECT_EQ(many.atoms[i].y_px, one.atoms[i].y_px);
  }
  EXPECT_EQ(many.evaluations, one.evaluations);
}

TEST(LogStarTest, SearchesNoMoreWindowsThanAllowed) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.3, 0, 1, 256);
  LogStarOptions options = FastOptions();
  options.window_size_px = 64;
  options.max_windows = 5;
  EXPECT_EQ(Detect(options, *frame.frame).windows.size(), 5u);
}

TEST(LogStarTest, FrontIsSortedAndHoldsTheChosenSolution) {
  const LogStarResult result = Detect(FastOptions(), *SimulateFrame("graphene", 0.5).frame);
  ASSERT_FALSE(result.front.empty());
  ASSERT_GE(result.chosen, 0);
  ASSERT_LT(result.chosen, static_cast<int>(result.front.size()));
  for (size_t i = 1; i < result.front.size(); ++i) {
    EXPECT_LT(result.front[i - 1].qc, result.front[i].qc);
    EXPECT_GT(result.front[i - 1].er, result.front[i].er);
  }
  EXPECT_EQ(result.chosen_by, "knee");
  EXPECT_EQ(result.qc, result.front[result.chosen].qc);
  EXPECT_EQ(result.er, result.front[result.chosen].er);
}

TEST(LogStarTest, PreferenceMovesAlongTheFront) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.5);
  LogStarOptions options = FastOptions();
  options.preprocessing = {Preprocessing::kNone};  // noisy enough for a front of several members
  options.preference = 1.0;
  const LogStarResult least_qc = Detect(options, *frame.frame);
  options.preference = 0.0;
  const LogStarResult least_er = Detect(options, *frame.frame);
  EXPECT_EQ(least_qc.chosen_by, "preference");
  EXPECT_LT(least_qc.qc, least_er.qc);
  EXPECT_GT(least_qc.er, least_er.er);
}

TEST(LogStarTest, MapModeFindsTheAtomsToo) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.3, 0, 1, 256);
  LogStarOptions options = FastOptions();
  options.window_mode = WindowMode::kMap;
  options.window_size_px = 128;
  options.window_stride = 0.5;
  const LogStarResult result = Detect(options, *frame.frame);
  EXPECT_EQ(result.window_mode, WindowMode::kMap);
  EXPECT_EQ(result.chosen_by, "knee");
  EXPECT_GT(frame.F1(result.atoms), 0.95);
}

TEST(LogStarTest, SpentTimeBudgetStillGivesAtoms) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.2, 0, 1, 256);
  LogStarOptions options;
  options.window_size_px = 64;
  options.time_budget = absl::Milliseconds(1);
  SteppingClock clock(absl::Milliseconds(10));  // every look at the clock is past the budget
  InlineExecutor executor;
  const auto result = (*LogStar::Create(options, &clock))->Detect(*frame.frame, nullptr, executor);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->windows.size(), 1u);
  EXPECT_LT(result->evaluations, 60);
  EXPECT_GT(frame.F1(result->atoms), 0.9);
}

TEST(LogStarTest, WarmStartIsNoWorseWithinASpentBudget) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.4);
  const LogStarResult cold = Detect(LogStarOptions(), *frame.frame);
  ASSERT_NE(cold.next_warm_start, nullptr);
  LogStarOptions tiny;
  tiny.max_evaluations = 1;
  const LogStarResult warm = Detect(tiny, *frame.frame, cold.next_warm_start.get());
  EXPECT_LE(warm.qc + warm.er, cold.qc + cold.er + 0.01);
  EXPECT_LT(warm.evaluations, cold.evaluations / 4);
}

TEST(LogStarTest, WarmStartHoldsTheFrontAndEveryWindowsChoice) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.4);
  const LogStarResult cold = Detect(LogStarOptions(), *frame.frame);
  ASSERT_NE(cold.next_warm_start, nullptr);
  EXPECT_FALSE(cold.next_warm_start->points.empty());
  ASSERT_EQ(cold.next_warm_start->window_fronts.size(), cold.windows.size());

  // A window's own choice alone makes a search of a few evaluations better.
  LogStarOptions few;
  few.optimizer = "sobol";
  few.max_evaluations = 5;  // the four start points and one more
  WarmStart own_choice = *cold.next_warm_start;
  own_choice.points.clear();
  const LogStarResult with = Detect(few, *frame.frame, &own_choice);
  const LogStarResult without = Detect(few, *frame.frame);
  ASSERT_EQ(with.windows.size(), 1u);
  EXPECT_GT(with.windows[0].hypervolume, without.windows[0].hypervolume);
}

// The thresholds that a frame's windows tried and kept.
std::vector<double> WindowThresholds(const LogStarResult& result) {
  std::vector<double> thresholds;
  for (const WindowResult& window : result.windows) {
    for (const FrontPoint& point : window.front) thresholds.push_back(point.params.threshold);
  }
  return thresholds;
}

TEST(LogStarTest, SeedAndFrameIdDecideWhatIsTried) {
  const Image image = SimulateFrame("graphene", 0.5).simulated.image;
  const auto thresholds = [&](uint64_t seed, const char* id) {
    LogStarOptions options = FastOptions();
    options.seed = seed;
    FrameMetadata metadata;
    metadata.id = id;
    metadata.material = "graphene";
    const absl::string_view bytes(reinterpret_cast<const char*>(image.data),
                                  image.total() * sizeof(float));
    return WindowThresholds(
        Detect(options, **Frame::Create(metadata, image.cols, image.rows, PixelType::kF32, bytes)));
  };
  const std::vector<double> first = thresholds(1, "a");
  EXPECT_EQ(thresholds(1, "a"), first);
  EXPECT_NE(thresholds(2, "a"), first);
  EXPECT_NE(thresholds(1, "b"), first);
}

TEST(LogStarTest, FramesInTurnBeginWithOtherWindows) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.2, 0, 1, 256);
  LogStarOptions options;
  options.window_size_px = 64;
  options.time_budget = absl::Milliseconds(1);
  const SteppingClock clock(absl::Milliseconds(10));  // time for one window
  InlineExecutor executor;
  const auto detector = LogStar::Create(options, &clock);
  std::set<std::pair<int, int>> places;
  for (int64_t number = 0; number < 4; ++number) {
    FrameMetadata metadata = frame.frame->metadata();
    metadata.number = number;
    const Image& image = frame.frame->image();
    const absl::string_view bytes(reinterpret_cast<const char*>(image.data),
                                  image.total() * sizeof(float));
    const auto numbered = Frame::Create(metadata, image.cols, image.rows, PixelType::kF32, bytes);
    const auto result = (*detector)->Detect(**numbered, nullptr, executor);
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result->windows.size(), 1u);
    places.insert({result->windows[0].x_px, result->windows[0].y_px});
  }
  EXPECT_EQ(places.size(), 4u);
}

TEST(LogStarTest, IntensityOfABrightAtomIsNotClipped) {
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0);
  Image image = frame.simulated.image.clone();
  const PointPx bright = frame.simulated.Positions()[200];
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double d = std::hypot(x - bright.x_px, y - bright.y_px);
      image(y, x) *= static_cast<float>(1 + 3 * std::exp(-0.1 * d * d));
    }
  }
  double brightest = 0;
  for (const Atom& atom : Detect(FastOptions(), *FrameOf(image, 0.02, "graphene")).atoms) {
    brightest = std::max<double>(brightest, atom.intensity);
  }
  EXPECT_GT(brightest, 1.5);  // 1 is where the frame is clipped
}

TEST(LogStarTest, WarmStartOfAnotherKindOfFrameIsHarmless) {
  const LogStarResult other = Detect(FastOptions(), *SimulateFrame("SrTiO3", 0.6).frame);
  const FrameWithTruth frame = SimulateFrame("graphene", 0.1);
  LogStarOptions options = FastOptions();
  options.preprocessing = {Preprocessing::kNone};  // one dimension less than where it came from
  const LogStarResult result = Detect(options, *frame.frame, other.next_warm_start.get());
  EXPECT_GT(frame.F1(result.atoms), 0.95);
}

TEST(LogStarTest, PreprocessingHasToEarnItsPlace) {
  const LogStarResult clean = Detect(FastOptions(), *SimulateFrame("graphene", 0.0).frame);
  ASSERT_GE(clean.chosen, 0);
  EXPECT_EQ(clean.front[clean.chosen].params.preprocessing, Preprocessing::kNone);
  const LogStarResult noisy = Detect(FastOptions(), *SimulateFrame("graphene", 0.4).frame);
  ASSERT_GE(noisy.chosen, 0);
  EXPECT_EQ(noisy.front[noisy.chosen].params.preprocessing, Preprocessing::kLattice);
}

TEST(LogStarTest, SubpixelRefinementBringsAtomsCloser) {
  const FrameWithTruth frame = SimulateFrame("SrTiO3", 0.05);
  const auto rmse = [&](bool refine) {
    LogStarOptions options = FastOptions();
    options.refine_subpixel = refine;
    std::vector<PointPx> found;
    for (const Atom& atom : Detect(options, *frame.frame).atoms) {
      found.push_back({atom.x_px, atom.y_px});
    }
    MatchOptions match;
    match.radius_px = match.border_px = 0.5 * frame.d_nn_px;
    match.width_px = match.height_px = 192;
    return MatchOneToOne(found, frame.simulated.Positions(), match)->rmse_px;
  };
  EXPECT_LT(rmse(true), 0.7 * rmse(false));  // whole pixels alone err by sqrt(1/6) = 0.41 px
}

}  // namespace
}  // namespace atomstream

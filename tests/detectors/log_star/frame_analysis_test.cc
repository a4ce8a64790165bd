#include "detectors/log_star/frame_analysis.h"

#include <atomic>
#include <string>
#include <vector>

#include "core/base/thread_pool.h"
#include "detectors/log_star/log_star.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/log_star/simulated_frame.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

LogStarOptions FastOptions() {
  LogStarOptions options;
  options.max_evaluations = 60;
  options.window_size_px = 128;
  options.window_stride = 0.5;
  // On a noisy frame: a front of several members.
  options.preprocessing = {Preprocessing::kNone};
  return options;
}

LogStarResult Detect(const LogStarOptions& options, const Frame& frame,
                     const DetectRequest& request) {
  const SystemClock clock;
  InlineExecutor executor;
  const auto result = (*LogStar::Create(options, &clock))->Detect(frame, request, executor);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

DetectRequest Keeping() {
  DetectRequest request;
  request.keep_analysis = true;
  return request;
}

void ExpectSameAtoms(const LogStarResult& a, const LogStarResult& b) {
  ASSERT_EQ(a.atoms.size(), b.atoms.size());
  for (size_t i = 0; i < a.atoms.size(); ++i) {
    EXPECT_EQ(a.atoms[i].x_px, b.atoms[i].x_px);
    EXPECT_EQ(a.atoms[i].y_px, b.atoms[i].y_px);
    EXPECT_EQ(a.atoms[i].sigma_px, b.atoms[i].sigma_px);
    EXPECT_EQ(a.atoms[i].intensity, b.atoms[i].intensity);
    EXPECT_EQ(a.atoms[i].response, b.atoms[i].response);
  }
}

class FrameAnalysisTest : public ::testing::Test {
 protected:
  LogStarResult DetectKept(const LogStarOptions& options, const Frame& frame) {
    return *(*LogStar::Create(options, &clock_))->Detect(frame, Keeping(), executor_);
  }

  const SystemClock clock_;
  InlineExecutor executor_;
  const FrameWithTruth noisy_ = SimulateFrame("graphene", 0.5);
};

TEST_F(FrameAnalysisTest, IsKeptOnlyOnRequest) {
  EXPECT_EQ(Detect(FastOptions(), *noisy_.frame, {}).analysis, nullptr);
  EXPECT_NE(DetectKept(FastOptions(), *noisy_.frame).analysis, nullptr);
}

TEST_F(FrameAnalysisTest, SameChoiceGivesTheSameResult) {
  for (const WindowMode mode : {WindowMode::kGlobal, WindowMode::kMap}) {
    for (const bool refine : {false, true}) {
      LogStarOptions options = FastOptions();
      options.window_mode = mode;
      options.refine_subpixel = refine;
      const LogStarResult detected = DetectKept(options, *noisy_.frame);
      const LogStarResult again = detected.analysis->Reselect({}).value();
      ASSERT_GT(again.atoms.size(), 100u);
      ExpectSameAtoms(again, detected);
      EXPECT_EQ(again.chosen, detected.chosen);
      EXPECT_EQ(again.chosen_by, "knee");
      EXPECT_EQ(again.window_mode, mode);
      EXPECT_EQ(again.qc, detected.qc);
      EXPECT_EQ(again.er, detected.er);
      EXPECT_EQ(again.hypervolume, detected.hypervolume);
      EXPECT_EQ(again.evaluations, detected.evaluations);
      EXPECT_EQ(again.infeasible, detected.infeasible);
      EXPECT_EQ(again.lattice.d_nn_px, detected.lattice.d_nn_px);
      EXPECT_EQ(again.flags, detected.flags);
      EXPECT_EQ(again.next_warm_start, detected.next_warm_start);
      EXPECT_EQ(again.windows.size(), detected.windows.size());
      EXPECT_EQ(again.analysis, nullptr);
    }
  }
}

// What Reselect says of the kept frame is what detecting it with that choice finds on that
// solution.
TEST_F(FrameAnalysisTest, EveryMemberOfTheFrontGivesItsRewardsAndItsAtoms) {
  const LogStarResult kept = DetectKept(FastOptions(), *noisy_.frame);
  ASSERT_GE(kept.front.size(), 3u);
  for (int i = 0; i < static_cast<int>(kept.front.size()); ++i) {
    const LogStarResult result =
        kept.analysis->Reselect({SolutionChoice::AtIndex(i), std::nullopt}).value();
    EXPECT_EQ(result.chosen, i);
    EXPECT_EQ(result.chosen_by, "index");
    EXPECT_EQ(result.choice, SolutionChoice::AtIndex(i));
    EXPECT_EQ(result.qc, kept.front[i].qc);  // rewards of the atoms, as the search saw them
    EXPECT_EQ(result.er, kept.front[i].er);
  }
}

TEST_F(FrameAnalysisTest, NamedPointsAndPreferenceMoveTheAtoms) {
  const LogStarResult kept = DetectKept(FastOptions(), *noisy_.frame);
  const auto reselect = [&](const SolutionChoice& choice) {
    return kept.analysis->Reselect({choice, std::nullopt}).value();
  };
  const LogStarResult min_qc = reselect(NamedChoice("min_qc").value());
  const LogStarResult min_er = reselect(NamedChoice("min_er").value());
  EXPECT_EQ(min_qc.chosen_by, "min_qc");
  EXPECT_EQ(min_er.chosen_by, "min_er");
  EXPECT_LT(min_qc.qc, min_er.qc);
  EXPECT_GT(min_qc.er, min_er.er);
  ExpectSameAtoms(reselect(SolutionChoice::ByPreference(1)), min_qc);
  ExpectSameAtoms(reselect(SolutionChoice::ByPreference(0)), min_er);
  EXPECT_EQ(reselect(SolutionChoice::ByWeights(1, 0)).chosen, min_qc.chosen);
}

TEST_F(FrameAnalysisTest, WindowsFollowTheChoice) {
  LogStarOptions options = FastOptions();
  options.window_mode = WindowMode::kMap;
  const LogStarResult kept = DetectKept(options, *noisy_.frame);
  ASSERT_EQ(kept.windows.size(), 4u);
  const auto chosen = [&](const SolutionChoice& choice) {
    std::vector<int> indices;
    const LogStarResult result = kept.analysis->Reselect({choice, std::nullopt}).value();
    for (const WindowResult& window : result.windows) indices.push_back(window.chosen);
    return indices;
  };
  std::vector<int> last;
  for (const WindowResult& window : kept.windows) {
    last.push_back(static_cast<int>(window.front.size()) - 1);
  }
  EXPECT_EQ(chosen(NamedChoice("min_er").value()), last);
  EXPECT_EQ(chosen(NamedChoice("min_qc").value()), std::vector<int>(4, 0));
  // An index is of the frame's front: windows go the same share of the way along theirs.
  const int end = static_cast<int>(kept.front.size()) - 1;
  ASSERT_GT(end, 0);
  EXPECT_EQ(chosen(SolutionChoice::AtIndex(end)), last);
  EXPECT_EQ(kept.analysis->Reselect({SolutionChoice::AtIndex(end), {}})->windows[0].chosen_by,
            "preference");
}

TEST_F(FrameAnalysisTest, WindowModeCanBeChangedToo) {
  const LogStarResult global = DetectKept(FastOptions(), *noisy_.frame);
  LogStarOptions options = FastOptions();
  options.window_mode = WindowMode::kMap;
  const LogStarResult map = DetectKept(options, *noisy_.frame);
  EXPECT_NE(map.qc + map.er, global.qc + global.er);  // so that the exchange can show
  const LogStarResult to_map = global.analysis->Reselect({{}, WindowMode::kMap}).value();
  EXPECT_EQ(to_map.window_mode, WindowMode::kMap);
  ExpectSameAtoms(to_map, map);
  ExpectSameAtoms(map.analysis->Reselect({{}, WindowMode::kGlobal}).value(), global);
}

TEST_F(FrameAnalysisTest, MapShowsWindowsOfEarlierFramesToo) {
  LogStarOptions options = FastOptions();
  options.max_windows = 1;
  const auto detector = *LogStar::Create(options, &clock_);
  DetectRequest request = Keeping();
  const LogStarResult first = *detector->Detect(*noisy_.frame, request, executor_);
  FrameMetadata metadata = noisy_.frame->metadata();
  metadata.number = 1;  // begins with another window
  const Image& image = noisy_.frame->image();
  const absl::string_view bytes(reinterpret_cast<const char*>(image.data),
                                image.total() * sizeof(float));
  const auto next = *Frame::Create(metadata, image.cols, image.rows, PixelType::kF32, bytes);
  request.warm_start = first.next_warm_start.get();
  const LogStarResult second = *detector->Detect(*next, request, executor_);
  ASSERT_EQ(second.windows.size(), 1u);
  const auto windows = second.analysis->Windows(SolutionChoice()).value();
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ((windows[0].evaluations == 0) + (windows[1].evaluations == 0), 1);
  for (const WindowResult& window : windows) {
    ASSERT_GE(window.chosen, 0);
    EXPECT_GT(window.front[window.chosen].params.threshold, 0);
  }
  EXPECT_EQ(first.analysis->Windows(SolutionChoice())->size(), 1u);
  EXPECT_EQ(first.analysis->Windows(SolutionChoice::ByPreference(2)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(FrameAnalysisTest, InvalidChoicesAreRefusedWithFieldAndValue) {
  const LogStarResult kept = DetectKept(FastOptions(), *noisy_.frame);
  const auto refusal = [&](const SolutionChoice& choice) {
    return kept.analysis->Reselect({choice, std::nullopt}).status();
  };
  EXPECT_EQ(refusal(SolutionChoice::ByPreference(1.2)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refusal(SolutionChoice::ByPreference(1.2)).message()),
              HasSubstr("choice.preference = 1.2"));
  EXPECT_EQ(refusal(SolutionChoice::AtIndex(1000)).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(FrameAnalysisTest, FrameWithoutAFrontSaysWhy) {
  const LogStarResult blank =
      DetectKept(FastOptions(), *FrameOf(Image(64, 64, 5.0f), 0.02, "graphene"));
  ASSERT_NE(blank.analysis, nullptr);
  const absl::Status status = blank.analysis->Reselect({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("constant_frame"));
  EXPECT_TRUE(blank.analysis->Windows({})->empty());
  // What is wrong with the choice itself comes first.
  EXPECT_EQ(blank.analysis->Reselect({SolutionChoice::ByPreference(7), {}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(FrameAnalysisTest, MemoryIsBounded) {
  const LogStarResult kept = DetectKept(FastOptions(), *noisy_.frame);
  const int64_t pixels = noisy_.frame->image().total();
  EXPECT_GT(kept.analysis->bytes(), 28 * static_cast<int64_t>(kept.atoms.size()));
  EXPECT_LT(kept.analysis->bytes(), 2 * pixels * static_cast<int64_t>(sizeof(float)));
  DetectRequest little = Keeping();
  little.max_analysis_bytes = 2000;
  const LogStarResult refused = Detect(FastOptions(), *noisy_.frame, little);
  ExpectSameAtoms(refused, kept);  // the detection itself does not suffer
  const absl::Status status = refused.analysis->Reselect({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("max_analysis_bytes = 2000"));
}

TEST_F(FrameAnalysisTest, ManyThreadsMayReselectAtOnce) {
  ThreadPool pool(3);
  const auto detector = *LogStar::Create(FastOptions(), &clock_);
  const LogStarResult kept = *detector->Detect(*noisy_.frame, Keeping(), pool);
  const LogStarResult expected = kept.analysis->Reselect({}).value();
  std::atomic<int> same = 0;
  pool.ParallelFor(8, [&](int i) {
    const bool knee = i % 2 == 0;
    const auto result = kept.analysis->Reselect(
        {knee ? SolutionChoice() : SolutionChoice::ByPreference(0.5), std::nullopt});
    if (result.ok() && (!knee || result->atoms.size() == expected.atoms.size())) ++same;
  });
  EXPECT_EQ(same, 8);
}

TEST_F(FrameAnalysisTest, ChoiceOfOneCallOverridesTheOptions) {
  LogStarOptions options = FastOptions();
  options.preference = 1.0;
  const auto detector = *LogStar::Create(options, &clock_);
  DetectRequest request;
  EXPECT_EQ(detector->Detect(*noisy_.frame, request, executor_)->chosen_by, "preference");
  request.choice = NamedChoice("min_er").value();
  const LogStarResult min_er = *detector->Detect(*noisy_.frame, request, executor_);
  EXPECT_EQ(min_er.chosen_by, "min_er");
  EXPECT_EQ(min_er.chosen, static_cast<int>(min_er.front.size()) - 1);
}

TEST_F(FrameAnalysisTest, CallWithAnImpossibleChoiceIsRefused) {
  const auto detector = *LogStar::Create(FastOptions(), &clock_);
  DetectRequest request;
  for (const auto& [choice, message] :
       {std::pair(SolutionChoice::ByPreference(-1), "choice.preference = -1"),
        std::pair(SolutionChoice::AtIndex(0), "choice.index = 0: names a member of a front")}) {
    request.choice = choice;
    const absl::Status status = detector->Detect(*noisy_.frame, request, executor_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace atomstream

#include "client/cli/watch_session.h"

#include <sstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Linked RunOf(const std::string& epoch, int64_t sequence) {
  Linked linked;
  linked.run.mutable_position()->set_epoch(epoch);
  linked.run.mutable_position()->set_sequence(sequence);
  linked.run.set_source("microscope here");
  linked.after = linked.run.position();
  return linked;
}

v1::FrameResult ResultOf(const std::string& epoch, int64_t sequence, int64_t frame_number) {
  v1::FrameResult result;
  result.mutable_position()->set_epoch(epoch);
  result.mutable_position()->set_sequence(sequence);
  result.set_frame_number(frame_number);
  result.set_origin("source");
  v1::DetectorResult& detector = *result.add_detectors();
  detector.set_detector("log_star");
  detector.set_qc(0.0125);
  detector.set_er(0.5);
  for (int i = 0; i < 3; ++i) detector.mutable_atoms()->add_x_px(static_cast<float>(i));
  v1::ParetoSolution& solution = *detector.mutable_front()->add_solutions();
  solution.set_qc(0.25);
  solution.mutable_params()->set_min_sigma_px(2.5);
  solution.mutable_params()->set_max_sigma_px(3.5);
  solution.mutable_params()->set_threshold(0.01);
  solution.mutable_params()->set_preprocessing(v1::PREPROCESSING_LATTICE);
  v1::StageTiming& stage = *detector.add_timings();
  stage.set_stage("optimise");
  stage.mutable_duration()->set_nanos(12300000);
  v1::StageTiming& total = *result.add_timings();
  total.set_stage("total");
  total.mutable_duration()->set_nanos(45600000);
  v1::Evaluation& evaluation = *result.add_evaluations();
  evaluation.set_detector("log_star");
  evaluation.set_f1(0.9876);
  return result;
}

ResultGap GapOf(int64_t first, int64_t last, ResultGap::Cause cause = ResultGap::Cause::kDeclared) {
  return {"e", first, last, last - first + 1, cause};
}

class WatchSessionTest : public ::testing::Test {
 protected:
  std::string LastLine() const {
    const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
    return lines.size() < 2 ? "" : lines[lines.size() - 2];
  }

  std::ostringstream out_, err_;
  const absl::Time now_ = absl::FromUnixSeconds(1000);
};

TEST_F(WatchSessionTest, PrintsOneLineWithTheNumbersOfAResult) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 6), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 7, 41), now_).ok());
  const std::string line = LastLine();
  EXPECT_THAT(line, HasSubstr("41      3 0.988 0.0125 0.5000  lattice  2.50-3.50 0.01000"));
  EXPECT_THAT(line, HasSubstr("12.3    0.0   0.0   45.6  -"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
}

TEST_F(WatchSessionTest, ColumnsStandUnderTheirHeadingsIn120Columns) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 123456), now_).ok());
  v1::FrameResult later = ResultOf("e", 2, 123460);
  later.set_frames_dropped_before(3);
  ASSERT_TRUE(session.OnEvent(later, now_).ok());
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 6u);  // run, two of headings, two results, and the empty rest
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120u) << line;
  const auto end_of = [](const std::string& line, const std::string& word) {
    return line.find(word) + word.size();
  };
  EXPECT_EQ(end_of(lines[2], "frame"), end_of(lines[3], "123456"));
  EXPECT_EQ(end_of(lines[2], "F1"), end_of(lines[3], "0.988"));
  EXPECT_EQ(end_of(lines[2], "QC"), end_of(lines[3], "0.0125"));
  EXPECT_EQ(end_of(lines[2], "thresh."), end_of(lines[3], "0.01000"));
  EXPECT_EQ(end_of(lines[2], "optim"), end_of(lines[3], "12.3"));
  EXPECT_EQ(end_of(lines[2], "total"), end_of(lines[3], "45.6"));
  EXPECT_EQ(lines[2].find("lost"), lines[4].find("door 3"));
}

TEST_F(WatchSessionTest, TellsAChangeOfSettingsAndTheFrameThatIsDecidedAnew) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 7), now_).ok());
  v1::SettingsChange change;
  change.mutable_settings()->set_version(2);
  change.set_changed_by("ana (here)");
  change.set_text("selection: knee -> preference 0.3");
  ASSERT_TRUE(session.OnEvent(change, now_).ok());
  EXPECT_EQ(LastLine(), "settings version 2, ana (here): selection: knee -> preference 0.3");
  v1::FrameResult anew = ResultOf("e", 2, 7);
  anew.set_cause(v1::RESULT_CAUSE_SELECTION);
  anew.set_supersedes_sequence(1234567);
  anew.set_settings_version(200);
  ASSERT_TRUE(session.OnEvent(anew, now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr(" anew: selection, version 200, was 1234567   45.6  -"));
  EXPECT_LE(LastLine().size(), 120u);
  // It is no frame: the next one's number follows the first one's, and scores are of one frame.
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 3, 9), now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr("source 1"));
  session.PrintSummary();
  EXPECT_THAT(out_.str(), HasSubstr("3 results"));
  EXPECT_THAT(out_.str(), HasSubstr("frames decided anew: 1"));
}

TEST_F(WatchSessionTest, ClustersFollowTheLineOfTheirResultIfTheyCame) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  v1::FrameResult message = ResultOf("e", 1, 7);
  ASSERT_TRUE(session.OnEvent(message, now_).ok());
  EXPECT_THAT(out_.str(), Not(HasSubstr("clusters")));
  message.mutable_position()->set_sequence(2);
  v1::Clusters& clusters = *message.mutable_detectors(0)->mutable_clusters();
  clusters.add_clusters()->set_size(3);
  clusters.set_generation(1);
  ASSERT_TRUE(session.OnEvent(message, now_).ok());
  EXPECT_THAT(out_.str(), HasSubstr("45.6  -\n       1 clusters of"));
}

TEST_F(WatchSessionTest, ColoursOnlyWhenTold) {
  WatchSession session(/*json=*/false, {out_, err_, {true}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 1), now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr("\x1b[32m0.988\x1b[0m"));
}

TEST_F(WatchSessionTest, ShowsWhereFramesWereLost) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 10), now_).ok());
  v1::FrameResult later = ResultOf("e", 2, 15);
  later.set_frames_dropped_before(3);
  ASSERT_TRUE(session.OnEvent(later, now_).ok());
  // Numbers 11 to 14: three were dropped at the door, so one never reached it.
  EXPECT_THAT(LastLine(), HasSubstr("source 1, door 3"));
  ASSERT_TRUE(session.OnEvent(GapOf(3, 4), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 5, 18), now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr("gap 2"));
}

v1::FrameResult UnetResultOf(int64_t sequence, int64_t frame_number,
                             const std::string& model = "lattice@1") {
  v1::FrameResult result = ResultOf("e", sequence, frame_number);
  result.mutable_evaluations(0)->set_detector("unet");
  result.mutable_evaluations(0)->set_f1(0.75);
  v1::DetectorResult& detector = *result.mutable_detectors(0);
  detector.Clear();
  detector.set_detector("unet");
  detector.set_atom_count(4);
  detector.set_model_id(model);
  detector.set_device("cpu");
  detector.set_precision("bfloat16");
  detector.set_ensemble_members(3);
  detector.set_mean_variance(0.00123);
  v1::StageTiming& stage = *detector.add_timings();
  stage.set_stage("compute");
  stage.mutable_duration()->set_nanos(56'100'000);
  return result;
}

TEST_F(WatchSessionTest, ALineOfTheUnetFitsUnderTheHeadingsAndSaysWhatItIs) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(1, 41), now_).ok());
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 5u);  // run, model, its own heading, the result, and the empty rest
  EXPECT_EQ(lines[1], "U-Net model lattice@1, 3 members, bfloat16 on cpu");
  EXPECT_THAT(lines[3], HasSubstr("41      4 0.750 unet var 0.0012, 3 x bfloat16 on cpu"));
  EXPECT_THAT(lines[3], HasSubstr("comp 56.1"));
  EXPECT_LE(lines[3].size(), 120u);
  EXPECT_EQ(lines[2].find("F1") + 2, lines[3].find("0.750") + 5);
  EXPECT_EQ(lines[2].find("total") + 5, lines[3].find("45.6") + 4);
}

TEST_F(WatchSessionTest, TellsWhenAnotherModelServes) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(1, 1), now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(2, 2), now_).ok());
  EXPECT_THAT(out_.str(), Not(HasSubstr("U-Net model better@2")));
  ASSERT_TRUE(session.OnEvent(UnetResultOf(3, 3, "better@2"), now_).ok());
  EXPECT_THAT(out_.str(), HasSubstr("U-Net model better@2"));
}

TEST_F(WatchSessionTest, ALateResultOfTheUnetIsNoLossAndIsSummedUpByItself) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 10), now_).ok());
  v1::FrameResult skipped = ResultOf("e", 2, 11);
  v1::DetectorSummary& unet = *skipped.mutable_summary()->add_detectors();
  unet.set_detector("unet");
  unet.set_state(v1::DETECTOR_STATE_SKIPPED);
  ASSERT_TRUE(session.OnEvent(skipped, now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(3, 10), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 4, 12), now_ + absl::Seconds(2)).ok());
  session.PrintSummary();
  EXPECT_THAT(out_.str(), HasSubstr("4 results in 2.0 s (1.5/s)\n"
                                    "log_star: 3 results, latency mean 45.6, max 45.6 ms, "
                                    "F1 mean 0.9876, min 0.9876\n"
                                    "unet: 1 results, latency mean 45.6, max 45.6 ms, "
                                    "F1 mean 0.7500, min 0.7500\n"
                                    "skipped by the U-Net: 1\n"
                                    "epoch e: 4 received + 0 lost = 4 published, 1 to 4\n"
                                    "lost: 0 at the source, "));
}

TEST_F(WatchSessionTest, AGapBeforeAResultOfTheUnetAlsoHidesFrameNumbersOfLogStar) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 10), now_).ok());
  ASSERT_TRUE(session.OnEvent(GapOf(2, 4), now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(5, 10), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 6, 14), now_).ok());
  session.PrintSummary();
  EXPECT_EQ(LastLine(),
            "lost: 0 at the source, 0 at the door, 3 in gaps, 0 while away; 0 reconnects");
}

TEST_F(WatchSessionTest, FailsOnAnUndeclaredLoss) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  EXPECT_EQ(session.OnEvent(ResultOf("e", 2, 2), now_).code(), absl::StatusCode::kDataLoss);
}

TEST_F(WatchSessionTest, SummaryTellsRateScoreAndLosses) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 1), now_).ok());
  ASSERT_TRUE(session.OnEvent(GapOf(2, 2), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 3, 3), now_ + absl::Seconds(2)).ok());
  session.PrintSummary();
  EXPECT_THAT(out_.str(), HasSubstr("2 results in 2.0 s (0.5/s), latency mean 45.6, max 45.6 ms, "
                                    "F1 mean 0.9876, min 0.9876\n"));
  EXPECT_EQ(LastLine(),
            "lost: 0 at the source, 0 at the door, 1 in gaps, 0 while away; 0 reconnects");
}

TEST_F(WatchSessionTest, TellsAndCountsANewEpochAndWhatIsNoLongerKept) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 4), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 5, 1), now_).ok());
  ASSERT_TRUE(session.OnEvent(GapOf(6, 9, ResultGap::Cause::kNotKept), now_).ok());
  EXPECT_EQ(LastLine(), "results 6 to 9 are no longer kept");
  Linked again = RunOf("e", 12);
  again.after.set_sequence(9);
  ASSERT_TRUE(session.OnEvent(again, now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr("newest result 12, going on behind 9"));
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 10, 2), now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr("gap 4"));
  ASSERT_TRUE(session.OnEvent(EpochChange{ResultOf("e", 10, 0).position(), "f"}, now_).ok());
  EXPECT_EQ(LastLine(),
            "the daemon has a new store: epoch f follows e, of which nothing behind result 10 will "
            "come");
  ASSERT_TRUE(session.OnEvent(RunOf("f", 0), now_).ok());
  session.PrintSummary();
  EXPECT_THAT(out_.str(), HasSubstr("epoch e: 2 received + 4 lost = 6 published, 5 to 10\n"
                                    "epoch f: nothing behind 0\n"
                                    "lost: 0 at the source, 0 at the door, 0 in gaps, 4 while "
                                    "away; 2 reconnects\n"));
}

TEST_F(WatchSessionTest, JsonTellsANewEpoch) {
  WatchSession session(/*json=*/true, {out_, err_, {}}, /*all_detectors=*/false);
  ASSERT_TRUE(session.OnEvent(RunOf("e", 4), now_).ok());
  ASSERT_TRUE(session.OnEvent(GapOf(6, 9, ResultGap::Cause::kNotKept), now_).ok());
  EXPECT_THAT(LastLine(), HasSubstr(R"("cause":"not_kept")"));
  ASSERT_TRUE(session.OnEvent(EpochChange{ResultOf("e", 9, 0).position(), "f"}, now_).ok());
  EXPECT_EQ(LastLine(), R"({"event":"epoch","old_epoch":"e","old_sequence":9,"new_epoch":"f"})");
  session.PrintSummary();
  EXPECT_THAT(LastLine(), HasSubstr(R"("lost":4,"published":null)"));
}

TEST_F(WatchSessionTest, HeaderIsThatOfTheLinesBelow) {
  WatchSession session(/*json=*/false, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(UnetResultOf(1, 1), now_).ok());
  EXPECT_THAT(out_.str(), HasSubstr("variance over the atoms"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("chosen point")));
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 2, 2), now_).ok());
  EXPECT_THAT(out_.str(), HasSubstr("chosen point"));
}

TEST_F(WatchSessionTest, JsonNamesEveryTimeOnce) {
  WatchSession session(/*json=*/true, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  v1::FrameResult message = ResultOf("e", 1, 9);
  v1::StageTiming& total = *message.mutable_detectors(0)->add_timings();
  total.set_stage("total");  // of the detector; the frame has one too
  total.mutable_duration()->set_nanos(20'000'000);
  ASSERT_TRUE(session.OnEvent(message, now_).ok());
  EXPECT_THAT(out_.str(),
              HasSubstr(R"("timings_ms":{"optimise":12.3,"detector_total":20,"total":45.6})"));
}

TEST_F(WatchSessionTest, JsonIsOneObjectALine) {
  WatchSession session(/*json=*/true, {out_, err_, {}});
  ASSERT_TRUE(session.OnEvent(RunOf("e", 0), now_).ok());
  ASSERT_TRUE(session.OnEvent(ResultOf("e", 1, 9), now_).ok());
  ASSERT_TRUE(session.OnEvent(GapOf(2, 3), now_).ok());
  session.PrintSummary();
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n');
  ASSERT_EQ(lines.size(), 5u);  // four and the empty rest
  EXPECT_THAT(lines[0], HasSubstr(R"({"event":"run","epoch":"e","sequence":0,)"));
  EXPECT_THAT(lines[1], HasSubstr(R"("frame_number":9)"));
  EXPECT_THAT(lines[1], HasSubstr(R"("atoms":3,"qc":0.0125,"er":0.5,"chosen":{"index":0,)"));
  EXPECT_THAT(lines[1], HasSubstr(R"("timings_ms":{"optimise":12.3,"total":45.6})"));
  EXPECT_EQ(lines[2],
            R"({"event":"gap","epoch":"e","first_sequence":2,"last_sequence":3,"results":2,)"
            R"("cause":"declared"})");
  EXPECT_THAT(lines[3], HasSubstr(R"("results":1)"));
  EXPECT_THAT(lines[3], HasSubstr(R"("epochs":[{"epoch":"e","first_sequence":1,"last_sequence":3,)"
                                  R"("received":1,"lost":2,"published":3}])"));
}

}  // namespace
}  // namespace atomstream

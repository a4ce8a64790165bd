#include "detectors/unet/training/member_training.h"

#include <filesystem>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/unet/training/small_training.h"

namespace atomstream {
namespace {

class MemberTrainingTest : public testing::Test {
 protected:
  MemberTrainingTest() {
    options_.trainer = SmallTraining();
    options_.steps_between_validations = 2;
    held_out_ = *HeldOutFrames::Draw(options_.trainer.frames, 2);
  }

  absl::StatusOr<MemberReport> Train() {
    return TrainMember(
        options_, held_out_, folder_.File("member"), &executor_, clock_, [&] { return stop_; },
        [&](const TrainingProgress& progress) {
          progress_.push_back(progress);
          if (progress.step == stop_after_) stop_ = true;
        });
  }

  const TemporaryFolder folder_;
  InlineExecutor executor_;
  const SteadyClock clock_;
  MemberTrainingOptions options_;
  HeldOutFrames held_out_;
  std::vector<TrainingProgress> progress_;
  bool stop_ = false;
  int64_t stop_after_ = -1;
};

TEST_F(MemberTrainingTest, ReportsEveryStepAndKeepsTheBestNetwork) {
  const auto report = Train();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(progress_.size(), 6u);
  EXPECT_EQ(report->steps, 6);
  double best = 0;
  for (const TrainingProgress& progress : progress_) {
    EXPECT_EQ(progress.validated, progress.step % 2 == 0);
    if (progress.validated) best = std::max(best, progress.validation_f1);
  }
  EXPECT_EQ(report->best_f1, best);
  EXPECT_TRUE(std::filesystem::exists(folder_.File("member.best.pt")));
}

TEST_F(MemberTrainingTest, GoesOnAfterAStop) {
  stop_after_ = 3;
  EXPECT_EQ(Train().status().code(), absl::StatusCode::kCancelled);
  stop_ = false;
  progress_.clear();
  const auto report = Train();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(progress_.size(), 3u);
  EXPECT_EQ(progress_.front().step, 4);
  EXPECT_EQ(report->steps, 6);
}

// A network that sees nothing never gains.
TEST_F(MemberTrainingTest, StopsEarlyWithoutGain) {
  options_.trainer.learning_rate = 1e-12;
  options_.trainer.steps = 40;
  options_.patience = 2;
  const auto report = Train();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->stopped_early);
  EXPECT_LT(report->steps, 40);
}

TEST_F(MemberTrainingTest, RefusesOptionsThatWouldWriteAnUntrainedNetwork) {
  options_.patience = -1;
  const absl::Status impatient = Train().status();
  EXPECT_EQ(impatient.code(), absl::StatusCode::kInvalidArgument) << impatient;
  EXPECT_NE(impatient.message().find("patience = -1"), absl::string_view::npos);
  options_.patience = 8;
  options_.steps_between_validations = 0;
  const absl::Status never = Train().status();
  EXPECT_EQ(never.code(), absl::StatusCode::kInvalidArgument) << never;
  EXPECT_FALSE(std::filesystem::exists(folder_.File("member.best.pt")));
}

}  // namespace
}  // namespace atomstream

#include "detectors/unet/training/trainer.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/training/small_training.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

std::unique_ptr<Trainer> MakeTrainer(const TrainerOptions& options, Executor* executor) {
  auto trainer = Trainer::Create(options, executor);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  return *std::move(trainer);
}

std::vector<double> Steps(Trainer& trainer, int count) {
  std::vector<double> losses;
  for (int i = 0; i < count; ++i) {
    const auto loss = trainer.Step();
    EXPECT_TRUE(loss.ok()) << loss.status();
    losses.push_back(loss.value_or(0));
  }
  return losses;
}

TEST(TrainerTest, LearnsToAnswerItsFrames) {
  InlineExecutor executor;
  TrainerOptions options = SmallTraining();
  options.frames.max_noise = 0.05;
  options.learning_rate = 1e-2;
  options.steps = 60;
  const auto trainer = MakeTrainer(options, &executor);
  const std::vector<double> losses = Steps(*trainer, 60);
  double first = 0, last = 0;
  for (int i = 0; i < 10; ++i) {
    first += losses[i] / 10;
    last += losses[50 + i] / 10;
  }
  EXPECT_LT(last, 0.8 * first);
}

TEST(TrainerTest, ResumedTrainingGoesOnAsIfItHadNotStopped) {
  const TemporaryFolder folder;
  InlineExecutor executor;
  const auto whole = MakeTrainer(SmallTraining(), &executor);
  const std::vector<double> losses = Steps(*whole, 6);

  const auto first = MakeTrainer(SmallTraining(), &executor);
  Steps(*first, 3);
  ASSERT_TRUE(first->SaveCheckpoint(folder.File("checkpoint")).ok());
  const auto second = MakeTrainer(SmallTraining(), &executor);
  ASSERT_TRUE(second->LoadCheckpoint(folder.File("checkpoint")).ok());
  EXPECT_EQ(second->steps_done(), 3);
  const std::vector<double> rest = Steps(*second, 3);
  // The same arithmetic on the same numbers; the order of sums in a library may differ by run.
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(rest[i], losses[3 + i], 1e-5);
}

TEST(TrainerTest, RefusesACheckpointOfAnotherTraining) {
  const TemporaryFolder folder;
  InlineExecutor executor;
  const auto trainer = MakeTrainer(SmallTraining(), &executor);
  ASSERT_TRUE(trainer->SaveCheckpoint(folder.File("checkpoint")).ok());
  TrainerOptions other = SmallTraining();
  other.seed = 2;
  const absl::Status refused =
      MakeTrainer(other, &executor)->LoadCheckpoint(folder.File("checkpoint"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("seed=1"));
}

TEST(TrainerTest, MissingCheckpointIsNotFound) {
  const TemporaryFolder folder;
  InlineExecutor executor;
  const auto trainer = MakeTrainer(SmallTraining(), &executor);
  EXPECT_TRUE(absl::IsNotFound(trainer->LoadCheckpoint(folder.File("none"))));
}

TEST(TrainerTest, SavedNetworkAnswersAsTheTrainedOne) {
  const TemporaryFolder folder;
  InlineExecutor executor;
  const auto trainer = MakeTrainer(SmallTraining(), &executor);
  Steps(*trainer, 2);
  const auto frame = DrawTrainingFrame(SmallTraining().frames, 9, 0);
  ASSERT_TRUE(frame.ok());
  ASSERT_TRUE(trainer->SaveNetwork(folder.File("network.pt")).ok());
  const auto here = trainer->Predict({frame->input});
  const auto saved = PredictWith(folder.File("network.pt"), {frame->input});
  ASSERT_TRUE(here.ok() && saved.ok()) << saved.status();
  // Rounding of float32 sums in another memory layout.
  EXPECT_LT(cv::norm((*here)[0], (*saved)[0], cv::NORM_INF), 1e-5);
}

TEST(TrainerTest, Bfloat16StaysCloseToFloat32) {
  InlineExecutor executor;
  TrainerOptions reduced = SmallTraining();
  reduced.bfloat16 = true;
  const double loss = Steps(*MakeTrainer(SmallTraining(), &executor), 1)[0];
  // Eight bits of mantissa.
  EXPECT_NEAR(Steps(*MakeTrainer(reduced, &executor), 1)[0], loss, 0.02);
}

TEST(TrainerTest, RefusesOptionsOutOfRangeByName) {
  InlineExecutor executor;
  const auto refuses = [&](auto change, const char* name) {
    TrainerOptions options = SmallTraining();
    change(options);
    const auto trainer = Trainer::Create(options, &executor);
    ASSERT_FALSE(trainer.ok()) << name;
    EXPECT_THAT(std::string(trainer.status().message()), HasSubstr(name));
  };
  refuses([](TrainerOptions& o) { o.steps = 0; }, "steps = 0");
  refuses([](TrainerOptions& o) { o.crop_px = 20; }, "crop_px = 20");
  refuses([](TrainerOptions& o) { o.frames.size_px = 50; }, "frames.size_px = 50");
  refuses([](TrainerOptions& o) { o.learning_rate = 0; }, "learning_rate = 0");
  refuses([](TrainerOptions& o) { o.device = "tpu"; }, "device = tpu");
}

}  // namespace
}  // namespace atomstream

#include <gtest/gtest.h>

#include "server/record/frame_record.h"
#include "server/record/invalid_field.h"
#include "server/record/source_loss.h"

namespace atomstream {
namespace {

InvalidField FieldOf(const char* message) {
  return InvalidFieldOf(absl::InvalidArgumentError(message));
}

TEST(InvalidFieldTest, TakesFieldAndValueOutOfTheMessage) {
  EXPECT_EQ(FieldOf("width_px = 0: must be in [8, 4096]").field, "width_px");
  EXPECT_EQ(FieldOf("width_px = 0: must be in [8, 4096]").value, "0");
  EXPECT_EQ(FieldOf("a.b[3].c = x y: no").field, "a.b[3].c");
  EXPECT_EQ(FieldOf("a.b[3].c = x y: no").value, "x y");
}

TEST(InvalidFieldTest, AMessageMayNameNoValueOrNoField) {
  EXPECT_EQ(FieldOf("pixels: too few").field, "pixels");
  EXPECT_EQ(FieldOf("pixels: too few").value, "");
  EXPECT_EQ(FieldOf("something is wrong").field, "");
  EXPECT_EQ(FieldOf("").field, "");
}

TEST(InvalidFieldTest, ReasonsAreFromAFixedSet) {
  const auto reason = [](const char* message) {
    return InvalidReason(absl::InvalidArgumentError(message));
  };
  EXPECT_EQ(reason("width_px = 0: why"), "size");
  EXPECT_EQ(reason("height_px = 0: why"), "size");
  EXPECT_EQ(reason("pixels: why"), "pixels");
  EXPECT_EQ(reason("frame.pixel_type = 9: why"), "pixel_type");
  EXPECT_EQ(reason("pixel_size_nm = -1: why"), "pixel_size");
  EXPECT_EQ(reason("frame_id: why"), "frame_id");
  EXPECT_EQ(reason("whatever the source sends: why"), "other");
}

TEST(RecordTest, StagesComeInTheOrderInWhichTheyRun) {
  LogStarTimings timings;
  timings.normalise = absl::Milliseconds(1);
  timings.detect = absl::Milliseconds(6);
  const std::vector<StageTime> stages = StagesOf(timings);
  EXPECT_EQ(stages.front().stage, "normalise");
  EXPECT_EQ(stages.front().duration, absl::Milliseconds(1));
  EXPECT_EQ(stages.back().stage, "detect");
  EXPECT_EQ(stages.back().duration, absl::Milliseconds(6));
}

TEST(RecordTest, StagesOfTheUnetComeInTheOrderInWhichTheyRun) {
  UnetTimings timings;
  timings.normalise = absl::Milliseconds(1);
  timings.locate = absl::Milliseconds(6);
  const std::vector<StageTime> stages = StagesOf(timings);
  EXPECT_EQ(stages.front().duration, absl::Milliseconds(1));
  EXPECT_EQ(stages.back().stage, "locate");
  EXPECT_EQ(stages.back().duration, absl::Milliseconds(6));
}

TEST(DetectorRecordTest, KnowsWhoseItIsAlsoAfterAFailure) {
  EXPECT_EQ(FailedDetector(DetectorKind::kLogStar, absl::OkStatus()).kind(),
            DetectorKind::kLogStar);
  const DetectorRecord failed = FailedDetector(DetectorKind::kUnet, absl::DataLossError("NaN"));
  EXPECT_EQ(failed.kind(), DetectorKind::kUnet);
  EXPECT_TRUE(failed.atoms().empty());
}

TEST(DetectorSetTest, NamesItsMembersInOrder) {
  EXPECT_EQ(DetectorSet::All().Names(), (std::vector<std::string>{"log_star", "unet"}));
  EXPECT_EQ(DetectorSet({DetectorKind::kUnet}).Names(), std::vector<std::string>{"unet"});
  EXPECT_FALSE(DetectorSet({DetectorKind::kUnet}).Has(DetectorKind::kLogStar));
  EXPECT_EQ(DetectorSet({DetectorKind::kUnet, DetectorKind::kLogStar}), DetectorSet::All());
}

TEST(SourceLossTest, TheReasonGoesWithTheStatus) {
  const absl::Status lost = SourceLost(LossReason::kEnded, "over");
  EXPECT_TRUE(absl::IsUnavailable(lost));
  EXPECT_EQ(lost.message(), "over");
  EXPECT_EQ(LossReasonOf(lost), LossReason::kEnded);
  EXPECT_EQ(LossReasonOf(absl::UnavailableError("over")), LossReason::kOther);
}

TEST(SourceLossTest, AStreamsEndSaysWhyItWasLost) {
  EXPECT_EQ(LossReasonOfStream(absl::OkStatus(), true), LossReason::kEnded);
  EXPECT_EQ(LossReasonOfStream(absl::UnavailableError(""), false), LossReason::kUnreachable);
  EXPECT_EQ(LossReasonOfStream(absl::UnavailableError(""), true), LossReason::kBroken);
  EXPECT_EQ(LossReasonOfStream(absl::UnauthenticatedError(""), false), LossReason::kRefused);
  EXPECT_EQ(LossReasonOfStream(absl::PermissionDeniedError(""), true), LossReason::kRefused);
  EXPECT_EQ(LossReasonOfStream(absl::InvalidArgumentError(""), false), LossReason::kInvalid);
  EXPECT_EQ(LossReasonOfStream(absl::InternalError(""), false), LossReason::kOther);
  EXPECT_EQ(LossReasonOfStream(absl::CancelledError(""), true), LossReason::kBroken);
}

}  // namespace
}  // namespace atomstream

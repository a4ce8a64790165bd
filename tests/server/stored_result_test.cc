#include "server/store/stored_result.h"

#include <gtest/gtest.h>

#include <limits>

namespace atomstream {
namespace {

FrameRecord FullRecord() {
  FrameRecord record;
  record.position = {"epoch", 7};
  record.frame_id = "frame";
  record.frame_number = 5;
  record.acquisition_time = absl::FromUnixSeconds(100);
  record.result_time = absl::FromUnixSeconds(101);
  record.origin = FrameOrigin::kAnalyze;
  record.evaluation = EvaluationRecord{.f1 = 0.5};
  LogStarResult result;
  result.atoms.resize(3);
  result.chosen = 0;
  result.qc = 0.25;
  result.er = 0.125;
  result.lattice.material = "graphene";
  record.detector.result = result;
  return record;
}

TEST(KeyOfTest, HasWhatAResultIsFoundBy) {
  const EntryKey key = KeyOf(FullRecord());
  EXPECT_EQ(key.frame_id, "frame");
  EXPECT_EQ(key.frame_number, 5);
  EXPECT_EQ(key.acquisition_time, absl::FromUnixSeconds(100));
  EXPECT_EQ(key.result_time, absl::FromUnixSeconds(101));
  EXPECT_EQ(key.detector, "log_star");
  EXPECT_EQ(key.origin, "analyze");
  EXPECT_EQ(key.material, "graphene");
  EXPECT_TRUE(key.ok);
  EXPECT_EQ(key.atom_count, 3);
  EXPECT_EQ(key.qc, 0.25);
  EXPECT_EQ(key.er, 0.125);
  EXPECT_EQ(key.f1, 0.5);
  EXPECT_EQ(key.analysis_start, 0);
}

TEST(KeyOfTest, NumbersThatAreNotKnownAreNotThere) {
  FrameRecord record = FullRecord();
  record.evaluation.reset();
  std::get<LogStarResult>(record.detector.result).chosen = -1;
  EXPECT_FALSE(KeyOf(record).qc.has_value());
  EXPECT_FALSE(KeyOf(record).er.has_value());
  EXPECT_FALSE(KeyOf(record).f1.has_value());
  std::get<LogStarResult>(record.detector.result).chosen = 0;
  std::get<LogStarResult>(record.detector.result).qc = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(KeyOf(record).qc.has_value());
  record.detector.result.emplace<UnetResult>().atoms.resize(2);
  EXPECT_FALSE(KeyOf(record).er.has_value());
  EXPECT_EQ(KeyOf(record).atom_count, 2);
}

TEST(KeyOfTest, AFailureHasNoNumbers) {
  FrameRecord record = FullRecord();
  record.detector = FailedDetector(DetectorKind::kUnet, absl::InternalError("broken"));
  const EntryKey key = KeyOf(record);
  EXPECT_FALSE(key.ok);
  EXPECT_EQ(key.detector, "unet");
  EXPECT_EQ(key.atom_count, 0);
}

TEST(KeyOfTest, AnAnalysisBeginsWithTheFirstOfTheOtherDetectors) {
  FrameRecord record = FullRecord();
  record.summary = {{DetectorKind::kLogStar, DetectorState::kDone, "", 7},
                    {DetectorKind::kUnet, DetectorState::kDone, "", 4}};
  EXPECT_EQ(KeyOf(record).analysis_start, 4);
}

TEST(KeyOfTest, AnyRecordMakesAnEntryThatCanBeKept) {
  FrameRecord record = FullRecord();
  record.frame_id = std::string(5000, 'x');
  record.acquisition_time = absl::InfinitePast();
  record.result_time = absl::InfiniteFuture();
  std::get<LogStarResult>(record.detector.result).lattice.material = std::string(5000, 'm');
  EXPECT_TRUE(ValidateNewEntry({KeyOf(record), "payload"}).ok());
}

}  // namespace
}  // namespace atomstream

// The pipeline with a FrameKeeper: what is on disk is named by its results, and nothing waits for
// the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/journal/hash.h"
#include "server/store/frame_keeper.h"
#include "tests/fakes/gate.h"
#include "tests/server/steering/steered_pipeline_fixture.h"

namespace atomstream {
namespace {

class KeptFramesPipelineTest : public SteeredPipelineTest {
 protected:
  KeptFramesPipelineTest()
      : disk_keeper_({.encode = [](const Frame& frame) { return frame.metadata().id; },
                      .decode =
                          [](absl::string_view bytes) {
                            int64_t number = 0;
                            EXPECT_TRUE(absl::SimpleAtoi(bytes.substr(6), &number));
                            return absl::StatusOr<std::shared_ptr<const Frame>>(MakeFrame(number));
                          },
                      .write = [this](absl::string_view sha256, absl::string_view bytes,
                                      int) { return Write(sha256, bytes); },
                      .read = [this](absl::string_view sha256) { return Read(sha256); },
                      .lower_priority = {},
                      .steady_clock = &steady_clock_,
                      .metrics = &kept_metrics_,
                      .log = &log_}) {
    keeper_ = &disk_keeper_;
    disk_keeper_.Start();
  }
  ~KeptFramesPipelineTest() override {
    pipeline_.reset();
    disk_.Open();
  }

  // A detector that goes on when the frame's name is known, because it is being written.
  FakeLogStar::RequestBody FindWhenHashed() {
    return [this](const Frame& frame, const DetectRequest& request) {
      disk_.WaitForArrivals(1);
      return FindFront(kFrontSize)(frame, request);
    };
  }

  Gate disk_;  // frames wait here to be written

 private:
  absl::Status Write(absl::string_view sha256, absl::string_view bytes) {
    disk_.Pass();
    MutexLock lock(&mutex_);
    files_[std::string(sha256)] = std::string(bytes);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Read(absl::string_view sha256) {
    MutexLock lock(&mutex_);
    const auto found = files_.find(std::string(sha256));
    if (found == files_.end()) return absl::NotFoundError("no file");
    return found->second;
  }

  Mutex mutex_;
  std::map<std::string, std::string> files_ ABSL_GUARDED_BY(mutex_);
  MetricRegistry kept_registry_;

 protected:
  KeptFrameMetrics kept_metrics_{kept_registry_};
  FrameKeeper disk_keeper_;
};

TEST_F(KeptFramesPipelineTest, AResultNamesItsFrameWhileThatIsStillBeingWritten) {
  StartSteered(FindWhenHashed());
  const FrameRecordPtr record = GiveAndRead(1);
  EXPECT_EQ(record->frame_sha256, *Sha256("frame-1"));
  EXPECT_EQ(kept_metrics_.kept->value(), 0);
  EXPECT_EQ((*store_.GetNewestOf("frame-1"))[0]->key.frame_sha256, *Sha256("frame-1"));
  disk_.Open();
  EXPECT_TRUE(disk_keeper_.Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(kept_metrics_.kept->value(), 1);
}

TEST_F(KeptFramesPipelineTest, NoResultWaitsForTheDisk) {
  StartSteered();
  for (int number = 1; number <= 100; ++number) GiveAndRead(number);  // the disk takes none
  EXPECT_EQ(metrics_.frames_processed->value(), 100);
  EXPECT_EQ(kept_metrics_.kept->value(), 0);
  disk_.Open();
  EXPECT_TRUE(disk_keeper_.Shutdown(absl::InfiniteFuture()));
  EXPECT_EQ(kept_metrics_.kept->value() + kept_metrics_.dropped_unused->value(), 100);
}

TEST_F(KeptFramesPipelineTest, AFrameThatIsOnDiskOnlyCanBeReprocessed) {
  FrameCache none(0);
  StartSteered(FindWhenHashed(), {}, &none);
  GiveAndRead(1);
  disk_.Open();
  GiveAndRead(2);
  const Result result = Reprocess("frame-1").get();
  ASSERT_TRUE(result.ok()) << result.status();
  const FrameRecord& record = *(*result)[0];
  EXPECT_EQ(record.cause, ResultCause::kReprocess);
  EXPECT_EQ(record.origin, FrameOrigin::kSource);
  EXPECT_EQ(record.supersedes_sequence, 1);
  EXPECT_EQ(record.frame_number, 1);
  EXPECT_THAT(record.frame_sha256, testing::AnyOf("", *Sha256("frame-1")));
  EXPECT_TRUE(absl::IsNotFound(Reprocess("frame-3").get().status()));
}

}  // namespace
}  // namespace atomstream

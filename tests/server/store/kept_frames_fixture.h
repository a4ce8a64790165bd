// KeptFramesFixture: a FrameKeeper over a disk in memory, a store of results and a finder over
// both.
#ifndef ATOMSTREAM_TESTS_SERVER_STORE_KEPT_FRAMES_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_STORE_KEPT_FRAMES_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/log/event_log.h"
#include "server/store/frame_cache.h"
#include "server/store/frame_finder.h"
#include "server/store/frame_keeper.h"
#include "server/store/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {

class KeptFramesFixture : public testing::Test {
 protected:
  explicit KeptFramesFixture(int64_t cache_bytes = 1 << 20) : cache_(cache_bytes) {
    keeper_.Start();
  }
  ~KeptFramesFixture() override { keeper_.Shutdown(absl::InfiniteFuture()); }

  static std::shared_ptr<const Frame> FrameOf(const std::string& id, int64_t number) {
    FrameMetadata metadata;
    metadata.id = id;
    metadata.number = number;
    return MakeFrame(std::move(metadata));
  }

  // As the pipeline: keeps the frame, and stores a result of it.
  EntryKey Process(const std::shared_ptr<const Frame>& frame, bool keep = true) {
    FrameRecord record;
    record.frame_id = frame->metadata().id;
    record.frame_number = frame->metadata().number;
    record.acquisition_time = frame->metadata().acquisition_time;
    record.detector = FailedDetector(DetectorKind::kLogStar, absl::OkStatus());
    if (keep) {
      const auto ticket = keeper_.Offer(frame);
      while (record.frame_sha256.empty()) {
        record.frame_sha256 = ticket->Claim();
        std::this_thread::yield();
      }
    }
    cache_.Add(frame);
    return store_.Append(std::move(record))->stored->key;
  }

  // Waits until everything is written; then changes what is on the disk.
  void OnDisk(const std::function<void(std::map<std::string, std::string>&)>& change) {
    keeper_.Shutdown(absl::InfiniteFuture());
    MutexLock lock(&mutex_);
    change(disk_);
  }
  int reads() {
    MutexLock lock(&mutex_);
    return reads_;
  }

  FakeClock clock_;
  MetricRegistry registry_;
  KeptFrameMetrics metrics_{registry_};
  SilentLog log_;
  FrameCache cache_;
  MemoryStore store_{"epoch", 100, [](const FrameRecord&) { return std::string("result"); }};

 private:
  static std::string Encode(const Frame& frame) {
    return absl::StrCat(frame.metadata().id, " ", frame.metadata().number);
  }
  static absl::StatusOr<std::shared_ptr<const Frame>> Decode(absl::string_view bytes) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(bytes, ' ');
    return FrameOf(parts.first, std::stoll(parts.second));
  }
  absl::StatusOr<std::string> Read(absl::string_view sha256) {
    MutexLock lock(&mutex_);
    ++reads_;
    const auto found = disk_.find(std::string(sha256));
    if (found == disk_.end()) return absl::NotFoundError("no file");
    if (found->second.empty()) return absl::DataLossError("a kept frame was damaged");
    return found->second;
  }

  Mutex mutex_;
  std::map<std::string, std::string> disk_ ABSL_GUARDED_BY(mutex_);
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;

 protected:
  FrameKeeper keeper_{{.encode = Encode,
                       .decode = Decode,
                       .write =
                           [this](absl::string_view sha256, absl::string_view bytes, int) {
                             MutexLock lock(&mutex_);
                             disk_[std::string(sha256)] = std::string(bytes);
                             return absl::OkStatus();
                           },
                       .read = [this](absl::string_view sha256) { return Read(sha256); },
                       .lower_priority = {},
                       .steady_clock = &clock_,
                       .metrics = &metrics_,
                       .log = &log_}};
  FrameFinder finder_{
      {.cache = &cache_, .store = &store_, .keeper = &keeper_, .max_kept_frame_mib = 7}};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_STORE_KEPT_FRAMES_FIXTURE_H_

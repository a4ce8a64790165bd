// For tests of a real atomstreamd whose results are on disk: a folder with frames to replay and a
// configuration, and a subscriber that remembers what it got.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_RECORDING_DAEMON_H_
#define ATOMSTREAM_TESTS_INTEGRATION_RECORDING_DAEMON_H_

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"
#include "server/store/journal_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {

// Results by their number: the serialised FrameResult.
using SeenResults = std::map<int64_t, std::string>;

// Frames, configuration and history in a folder of their own, removed at the end.
class RecordingFolder {
 public:
  // `history`: fields of the history block besides the path, which is Path(store).
  explicit RecordingFolder(const std::string& history = "", double rate_hz = 100,
                           std::string store = "results.sqlite")
      : store_(std::move(store)), rate_hz_(rate_hz) {
    std::string name = testing::TempDir() + "atomstream_recording_XXXXXX";
    folder_ = mkdtemp(name.data());
    WriteFrames();
    WriteConfig(history);
  }
  ~RecordingFolder() { std::filesystem::remove_all(folder_); }
  RecordingFolder(const RecordingFolder&) = delete;
  RecordingFolder& operator=(const RecordingFolder&) = delete;

  // Writes it anew, with another history.
  void WriteConfig(const std::string& history) const {
    std::ofstream(config()) << "listen_address: \"127.0.0.1:0\" metrics_address: \"\"\n"
                            << "source { replay { path: \"" << Path("frames.npy")
                            << "\" loop: true rate_hz: " << rate_hz_ << " } }\n"
                            << "log_star { max_evaluations: 8 time_budget_ms: 5 }\n"
                            << "history { path: \"" << store_ << "\" " << history << " }\n";
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::string config() const { return Path("daemon.textproto"); }
  std::string store() const { return Path(store_); }

 private:
  // Lattices of Gaussian spots that move from frame to frame.
  void WriteFrames() const {
    constexpr int kFrames = 16, kSide = 48;
    constexpr double kSpacing = 8;
    std::string header = absl::StrCat("{'descr': '|u1', 'fortran_order': False, 'shape': (",
                                      kFrames, ", ", kSide, ", ", kSide, "), }");
    header.resize(117, ' ');
    std::ofstream file(Path("frames.npy"), std::ios::binary);
    file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(118) << '\0' << header << '\n';
    for (int frame = 0; frame < kFrames; ++frame) {
      for (int i = 0; i < kSide * kSide; ++i) {
        const double dx = std::remainder(i % kSide + 0.3 * frame, kSpacing);
        const double dy = std::remainder(i / kSide, kSpacing);
        const double value = 200 * std::exp(-(dx * dx + dy * dy) / 5) + (i * 7 + frame) % 13;
        file.put(static_cast<char>(static_cast<unsigned char>(value)));
      }
    }
  }

  const std::string store_;
  const double rate_hz_;
  std::filesystem::path folder_;
};

// Reads on a thread of its own until the stream breaks.
class SeeingSubscriber {
 public:
  explicit SeeingSubscriber(const std::string& port)
      : stub_(v1::Analysis::NewStub(
            grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials()))) {
    v1::SubscribeRequest request;
    request.set_policy(v1::DELIVERY_POLICY_QUEUE);
    request.set_queue_size(1024);
    reader_ = stub_->Subscribe(&context_, request);
    v1::SubscribeResponse first;
    if (reader_->Read(&first)) run_ = first.run();
    thread_ = std::thread([this] { ReadAll(); });
  }
  ~SeeingSubscriber() {
    context_.TryCancel();
    if (thread_.joinable()) thread_.join();
    reader_->Finish();
  }
  SeeingSubscriber(const SeeingSubscriber&) = delete;
  SeeingSubscriber& operator=(const SeeingSubscriber&) = delete;

  // Its first message; without an epoch if there was none.
  const v1::RunDescription& run() const { return run_; }
  v1::Analysis::Stub& stub() { return *stub_; }

  // What it got so far; waits until that are so many results, or the stream has broken.
  SeenResults WaitFor(size_t results) {
    MutexLock lock(&mutex_);
    while (seen_.size() < results && !ended_) changed_.Wait(&mutex_);
    return seen_;
  }
  SeenResults seen() { return WaitFor(0); }
  // All that it got; the stream has broken, or does soon.
  SeenResults Finish() {
    thread_.join();
    return seen();
  }

 private:
  void ReadAll() {
    v1::SubscribeResponse response;
    while (reader_->Read(&response)) {
      if (!response.has_result()) continue;
      MutexLock lock(&mutex_);
      const int64_t sequence = response.result().position().sequence();
      EXPECT_TRUE(seen_.emplace(sequence, response.result().SerializeAsString()).second)
          << sequence << " came twice";
      changed_.NotifyAll();
    }
    MutexLock lock(&mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }

  const std::unique_ptr<v1::Analysis::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  v1::RunDescription run_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  SeenResults seen_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Opens a store that no daemon uses, as the daemon does.
class OpenedStore {
 public:
  explicit OpenedStore(const std::string& path, absl::Duration check_time = absl::Seconds(2)) {
    HistoryOptions options;
    options.path = path;
    options.max_results = HistoryOptions::kResultsOnDisk;
    options.check_time = check_time;
    auto opened = OpenJournal(options, &clock_, &steady_clock_);
    status_ = opened.status();
    if (!opened.ok()) return;
    report_ = opened->report;
    store_ = std::make_unique<JournalStore>(
        options, *std::move(opened),
        JournalStoreDependencies{
            .encode = [](const FrameRecord&) { return std::string("none"); },
            // A copy of a store serves what the store served.
            .place = [](std::string encoded, const ResultPosition&) { return encoded; },
            .steady_clock = &steady_clock_,
            .metrics = &metrics_,
            .log = &log_});
  }

  const absl::Status& status() const { return status_; }
  const OpeningReport& report() const { return report_; }
  JournalStore& store() { return *store_; }

  // Every number from the oldest to the newest, lost ones with nothing; fails the test if there is
  // a hole.
  SeenResults ReadAll() {
    SeenResults all;
    const KeptRange range = store_->range();
    for (int64_t after = range.oldest - 1; range.newest > 0 && after < range.newest;) {
      const auto page = store_->ReadAfter(after, {});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok() || page->empty()) break;
      for (const StoredResultPtr& result : *page) {
        EXPECT_EQ(result->position.sequence, ++after);
        all[after] = result->encoded;
      }
    }
    EXPECT_EQ(static_cast<int64_t>(all.size()),
              range.newest == 0 ? 0 : range.newest - range.oldest + 1);
    return all;
  }

 private:
  const SystemClock clock_;
  const SteadyClock steady_clock_;
  MetricRegistry registry_;
  const StoreMetrics metrics_{registry_};
  SilentLog log_;
  absl::Status status_;
  OpeningReport report_;
  std::unique_ptr<JournalStore> store_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_RECORDING_DAEMON_H_

// atomstreamd on a disk that is really full: a small file system in memory, which takes root to
// mount; without, the test is skipped.
#include <errno.h>
#include <sys/mount.h>

#include <cstring>
#include <functional>
#include <iostream>

#include "absl/time/clock.h"
#include "tests/integration/fastest_of.h"
#include "tests/integration/recording_daemon.h"

namespace atomstream {
namespace {

// Mounted at a folder until it ends.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& folder, int mebibytes = 16) : folder_(folder) {
    std::filesystem::create_directories(folder_);
    const std::string size = absl::StrCat("size=", mebibytes, "m");
    error_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0 ? 0 : errno;
  }
  ~SmallDisk() {
    if (error_ == 0) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  int error() const { return error_; }

  // Writes a file until no byte fits any more.
  void Fill() const {
    std::FILE* file = std::fopen(filler().c_str(), "wb");
    ASSERT_NE(file, nullptr);
    std::setvbuf(file, nullptr, _IONBF, 0);
    const std::string block(4096, 'x');
    while (std::fwrite(block.data(), 1, block.size(), file) == block.size()) {
    }
    std::fclose(file);
  }
  void Free() const { std::filesystem::remove(filler()); }

 private:
  std::string filler() const { return folder_ + "/filler"; }

  const std::string folder_;
  int error_ = 0;
};

class DiskFullDaemonTest : public testing::Test {
 protected:
  v1::StoreStatus StatusOf(SeeingSubscriber& subscriber) {
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    EXPECT_TRUE(subscriber.stub().GetStatus(&context, {}, &status).ok());
    return status.store();
  }

  // Asks until the store is like this; how long that took.
  template <typename Condition>
  absl::Duration Await(SeeingSubscriber& subscriber, Condition condition) {
    const absl::Time start = absl::Now();
    while (!condition(StatusOf(subscriber))) {
      if (absl::Now() - start > absl::Minutes(3)) {
        ADD_FAILURE() << "it never came to that";
        break;
      }
      wait_.WaitFor(absl::Milliseconds(10));
    }
    return absl::Now() - start;
  }

  // It looks again and again until something is so.
  RealWait wait_;
};

TEST_F(DiskFullDaemonTest, StreamingGoesOnTheLossIsToldAndRecordingResumes) {
  RecordingFolder folder("max_waiting_mib: 1", /*rate_hz=*/200, "disk/results.sqlite");
  const SmallDisk disk(folder.Path("disk"));
  if (disk.error() != 0) {
    GTEST_SKIP() << "cannot mount a small file system here: " << std::strerror(disk.error());
  }
  SeenResults seen;
  v1::StoreStatus lossy;
  {
    DaemonProcess daemon({"--config=" + folder.config()});
    const std::string port = daemon.ReadPort();
    ASSERT_FALSE(port.empty()) << daemon.output();
    SeeingSubscriber subscriber(port);
    subscriber.WaitFor(20);
    const auto is_recording = [](const v1::StoreStatus& store) { return store.recording(); };
    const auto fill_and_free = [&] {
      const int64_t lost = StatusOf(subscriber).results_lost();
      disk.Fill();
      Await(subscriber, std::not_fn(is_recording));
      const size_t when_full = subscriber.seen().size();
      Await(subscriber,
            [&](const v1::StoreStatus& store) { return store.results_lost() > lost + 20; });
      EXPECT_GT(subscriber.WaitFor(when_full + 21).size(), when_full + 20);
      EXPECT_TRUE(daemon.ReadUntil("RESULTS ARE NOT BEING RECORDED"));
      disk.Free();
      return Await(subscriber, is_recording);
    };
    const absl::Duration limit = absl::Seconds(5);  // issue 5
    const absl::Duration resumed = FastestOf(5, limit, fill_and_free);
    EXPECT_LE(resumed, limit);
    lossy = StatusOf(subscriber);
    EXPECT_NE(lossy.last_error(), "");
    std::cout << "recording again " << absl::FormatDuration(resumed) << " after there was space; "
              << lossy.results_lost() << " results lost\n";
    subscriber.WaitFor(subscriber.seen().size() + 20);
    daemon.Signal(SIGTERM);
    seen = subscriber.Finish();
    EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  }
  // Every number is there, the lost ones without a result; all others are what was seen.
  OpenedStore opened(folder.store());
  ASSERT_TRUE(opened.status().ok()) << opened.status();
  EXPECT_EQ(opened.report().damage, "");
  int64_t lost = 0;
  const SeenResults kept = opened.ReadAll();
  for (const auto& [sequence, bytes] : kept) {
    lost += bytes.empty() ? 1 : 0;
    const auto was = seen.find(sequence);
    if (!bytes.empty() && was != seen.end()) EXPECT_EQ(bytes, was->second);
  }
  EXPECT_EQ(lost, lossy.results_lost());
  EXPECT_GE(kept.rbegin()->first, seen.rbegin()->first);
}

TEST_F(DiskFullDaemonTest, LowerBoundsAndAReloadMakeRoomWithoutARestart) {
  for (const char* lower : {"max_kept_frame_mib: 0", "max_kept_frame_mib: 8 max_results: 100"}) {
    SCOPED_TRACE(lower);
    RecordingFolder folder("max_kept_frame_mib: 8", /*rate_hz=*/200, "disk/results.sqlite");
    const SmallDisk disk(folder.Path("disk"), /*mebibytes=*/64);
    if (disk.error() != 0) {
      GTEST_SKIP() << "cannot mount a small file system here: " << std::strerror(disk.error());
    }
    DaemonProcess daemon({"--config=" + folder.config()});
    const std::string port = daemon.ReadPort();
    ASSERT_FALSE(port.empty()) << daemon.output();
    SeeingSubscriber subscriber(port);
    Await(subscriber, [](const v1::StoreStatus& store) { return store.kept_frames() > 300; });
    disk.Fill();
    Await(subscriber, [](const v1::StoreStatus& store) { return !store.recording(); });
    folder.WriteConfig(lower);
    daemon.Signal(SIGHUP);
    const absl::Duration resumed =
        Await(subscriber, [](const v1::StoreStatus& store) { return store.recording(); });
    std::cout << "recording again " << absl::FormatDuration(resumed) << " after the reload\n";
    const v1::StoreStatus status = StatusOf(subscriber);
    EXPECT_EQ(status.results_lost(), 0);
    daemon.Signal(SIGTERM);
    subscriber.Finish();
    EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
  }
}

TEST_F(DiskFullDaemonTest, ADaemonThatIsKilledOnAFullDiskGivesNoNumberTwice) {
  RecordingFolder folder("", /*rate_hz=*/100, "disk/results.sqlite");
  const SmallDisk disk(folder.Path("disk"));
  if (disk.error() != 0) {
    GTEST_SKIP() << "cannot mount a small file system here: " << std::strerror(disk.error());
  }
  SeenResults seen;
  std::string epoch;
  for (int run = 0; run < 4; ++run) {
    DaemonProcess daemon({"--config=" + folder.config()});
    const std::string port = daemon.ReadPort();
    ASSERT_FALSE(port.empty()) << daemon.output();
    SeeingSubscriber subscriber(port);
    if (run == 0) epoch = subscriber.run().position().epoch();
    ASSERT_EQ(subscriber.run().position().epoch(), epoch) << daemon.output();
    if (run == 0) {
      subscriber.WaitFor(10);
      disk.Fill();
      Await(subscriber, [](const v1::StoreStatus& store) { return !store.recording(); });
    }
    // In the second run the disk is full from the start; then there is space.
    if (run == 2) disk.Free();
    subscriber.WaitFor(30);
    daemon.Signal(SIGKILL);
    for (auto& [sequence, bytes] : subscriber.Finish()) {
      ASSERT_TRUE(seen.emplace(sequence, std::move(bytes)).second) << sequence << " came twice";
    }
  }
  OpenedStore opened(folder.store());
  ASSERT_TRUE(opened.status().ok()) << opened.status();
  EXPECT_EQ(opened.report().damage, "");
  const SeenResults kept = opened.ReadAll();
  for (const auto& [sequence, bytes] : seen) {
    const auto found = kept.find(sequence);
    ASSERT_NE(found, kept.end());
    EXPECT_TRUE(found->second.empty() || found->second == bytes) << sequence;
  }
}

}  // namespace
}  // namespace atomstream

// Reloads that come together, wait for one another, and run while the daemon ends: under
// ThreadSanitizer.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/gate.h"
#include "tests/server/reload/config_reloader_fixture.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;

TEST_F(ConfigReloaderTest, ReloadsThatWaitAreBoundedAndEndWithTheDaemon) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Gate loading;
  load_model_ = [&loading](const UnetServiceOptions&) {
    loading.Pass();
    return MakeFakeModel("slow@1");
  };
  WriteManifest("anew, and longer");
  ASSERT_TRUE(reloader_->Reload({}, {}).ok());
  loading.WaitForArrivals(1);
  std::atomic<int> ended{0};
  for (size_t i = 0; i < ConfigReloader::kMaxWaiting; ++i) {
    ASSERT_TRUE(reloader_
                    ->Reload({},
                             [&](const absl::StatusOr<ReloadOutcome>& outcome) {
                               EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
                               ++ended;
                             })
                    .ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(reloader_->Reload({}, {})));
  EXPECT_FALSE(reloader_->Shutdown(absl::InfinitePast()));  // one is at work
  EXPECT_EQ(ended, static_cast<int>(ConfigReloader::kMaxWaiting));
  EXPECT_TRUE(absl::IsUnavailable(reloader_->Reload({}, {})));
  loading.Open();
  EXPECT_TRUE(reloader_->Shutdown(absl::InfiniteFuture()));
}

TEST_F(ConfigReloaderTest, OnceClosedNothingChangesThoughAReloadStillRuns) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Gate loading;
  load_model_ = [&loading](const UnetServiceOptions&) {
    loading.Pass();
    return MakeFakeModel("slow@1");
  };
  WriteManifest("anew, and longer");
  Write(R"(unet { model: "model" } log { level: "warning" } log_star { max_evaluations: 77 })");
  std::promise<absl::Status> answer;
  ASSERT_TRUE(reloader_
                  ->Reload({},
                           [&](const absl::StatusOr<ReloadOutcome>& outcome) {
                             answer.set_value(outcome.status());
                           })
                  .ok());
  loading.WaitForArrivals(1);
  reloader_->Close();  // does not wait for the model
  loading.Open();
  EXPECT_TRUE(absl::IsUnavailable(answer.get_future().get()));
  EXPECT_TRUE(reloader_->Shutdown(absl::InfiniteFuture()));
  ExpectNothingChanged();
  EXPECT_EQ(operations_.reloads_refused->value(), 0);  // nothing is wrong with the file
  EXPECT_EQ(operations_.reloads_ok->value(), 0);
}

// As SIGHUP and the RPC may come at once, while the file is written and the daemon ends.
TEST_F(ConfigReloaderTest, ReloadsOfManyThreadsAreAllAnsweredAndNoneIsAppliedAfterTheClose) {
  Start();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) {
      const std::string next = absl::StrCat(path_, ".next");
      std::ofstream(next) << "log_star { max_evaluations: " << 1 + i % 1000 << " }\n"
                          << (i % 5 == 0 ? "service { max_subscribers: 0 }" : "");
      fs::rename(next, path_);
    }
  });
  std::atomic<int> accepted = 0, answered = 0, applied = 0, refused = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      while (true) {
        const absl::Status status =
            reloader_->Reload({}, [&](const absl::StatusOr<ReloadOutcome>& outcome) {
              ++answered;
              applied += outcome.ok();
              refused += absl::IsInvalidArgument(outcome.status());
              EXPECT_TRUE(outcome.ok() || absl::IsInvalidArgument(outcome.status()) ||
                          absl::IsUnavailable(outcome.status()))
                  << outcome.status();
            });
        if (absl::IsUnavailable(status)) return;
        if (status.ok()) ++accepted;
        std::this_thread::yield();
      }
    });
  }
  while (applied < 50 || refused < 5) std::this_thread::yield();
  reloader_->Close();
  const size_t when_closed = applied_.size();
  EXPECT_TRUE(reloader_->Shutdown(absl::InfiniteFuture()));
  for (std::thread& caller : callers) caller.join();
  stop = true;
  writer.join();
  EXPECT_EQ(accepted, answered);
  EXPECT_EQ(applied_.size(), when_closed);
  EXPECT_EQ(applied, static_cast<int>(when_closed));
  EXPECT_EQ(operations_.reloads_refused->value(), refused);
}

}  // namespace
}  // namespace atomstream

// BeamStage with its own thread and a real clock, for ThreadSanitizer.
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/simulator/beam_stage.h"

namespace atomstream {
namespace {

std::shared_ptr<const Specimen> SiliconInGraphene() {
  SpecimenOptions options;
  options.material = FindMaterial("graphene", {}).value();
  options.field_width_nm = options.field_height_nm = 3;
  options.margin_nm = 1;
  options.dopant_fraction = 0.05;
  return std::make_shared<Specimen>(BuildSpecimen(options).value());
}

// Waits for answers, never for a time.
TEST(BeamStageThreadTest, EndsDwellsInTimeWhileOthersPlaceBlankAndAsk) {
  const SteadyClock steady;
  const SystemClock wall;
  const auto specimen = SiliconInGraphene();
  BeamOptions options;
  options.damage = {{"Si", 1e9, 1e9}, {"C", 1e9, 0}};
  Mutex mutex;
  CondVar changed;
  int answers = 0, completed = 0;
  std::shared_ptr<const Specimen> shown = specimen;
  Mutex shown_mutex;
  auto made = BeamStage::Create(
      options, {}, specimen,
      [&](std::shared_ptr<const Specimen> now) {
        MutexLock lock(&shown_mutex);
        shown = std::move(now);
      },
      &steady, &wall);
  ASSERT_TRUE(made.ok());
  BeamStage& stage = **made;
  stage.Start();
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::thread> threads;
  std::vector<int> accepted(kThreads, 0);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        BeamPlacement placement;
        placement.place_nm = {0.1 * t, 0.02 * i};
        placement.dwell_time = absl::Microseconds(200);
        const auto id = stage.Place(placement, [&](const absl::Status& status) {
          MutexLock lock(&mutex);
          ++answers;
          completed += status.ok();
          changed.NotifyAll();
        });
        if (!id.ok()) {
          EXPECT_EQ(id.status().code(), absl::StatusCode::kAborted);
          continue;
        }
        ++accepted[t];
        if (i % 7 == 3) stage.Cancel(*id);
        if (i % 11 == 5) stage.SetBlanked(true);
        if (i % 5 == 0) {
          EXPECT_EQ(stage.Account().atoms.size(), specimen->atoms.size());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int total = 0;
  for (const int count : accepted) total += count;
  EXPECT_GT(total, 0);
  {
    MutexLock lock(&mutex);
    while (answers < total) changed.Wait(&mutex);
  }
  BeamPlacement last;
  last.dwell_time = absl::Milliseconds(1);
  // Everybody was answered, so the beam is free.
  ASSERT_TRUE(stage
                  .Place(last,
                         [&](const absl::Status& status) {
                           MutexLock lock(&mutex);
                           ++answers;
                           completed += status.ok();
                           changed.NotifyAll();
                         })
                  .ok());
  {
    MutexLock lock(&mutex);
    while (answers < total + 1) changed.Wait(&mutex);
    EXPECT_GT(completed, 0);
  }
  stage.Stop();
  const BeamAccount account = stage.Account();
  EXPECT_EQ(account.placements, total + 1);
  EXPECT_EQ(account.specimen, shown);
  EXPECT_TRUE(account.blanked);
  EXPECT_EQ(stage.ExposuresAfter(0, 10000).exposures.size(), static_cast<size_t>(total + 1));
}

}  // namespace
}  // namespace atomstream

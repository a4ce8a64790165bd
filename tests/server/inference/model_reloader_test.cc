#include "server/inference/model_reloader.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_segmenter.h"
#include "tests/fakes/gate.h"

namespace atomstream {
namespace {

class KeptLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Keep(message); }
  void Warning(absl::string_view message) override { Keep(message); }
  std::string text() const {
    MutexLock lock(&mutex_);
    return text_;
  }

 private:
  void Keep(absl::string_view message) {
    MutexLock lock(&mutex_);
    absl::StrAppend(&text_, message, "\n");
  }
  mutable Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

class ModelReloaderTest : public testing::Test {
 protected:
  ModelReloaderTest() { reloader_->Start(); }

  void Reload(ModelLoader loader) {
    const ModelStatus before = reloader_->status();
    reloader_->Reload(std::move(loader));
    while (reloader_->status().reloads + reloader_->status().refused ==
           before.reloads + before.refused) {
      std::this_thread::yield();
    }
  }

  FakeClock clock_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  KeptLog log_;
  ModelHolder holder_{MakeFakeModel("first@0")};
  std::unique_ptr<ModelReloader> reloader_ =
      std::make_unique<ModelReloader>(ModelReloaderDependencies{.holder = &holder_,
                                                                .clock = &clock_,
                                                                .metrics = &metrics_,
                                                                .log = &log_,
                                                                .lower_priority = {}});
};

TEST_F(ModelReloaderTest, BeginsWithThePresentModel) {
  EXPECT_EQ(reloader_->status().model.id, "first@0");
  EXPECT_EQ(reloader_->status().reloads, 0);
  EXPECT_EQ(metrics_.unet.model->labels(),
            (MetricLabels{{"id", "first@0"}, {"device", "cpu"}, {"precision", "float32"}}));
}

TEST_F(ModelReloaderTest, ANewModelTakesThePlaceAndTheOldOneIsFreed) {
  const std::weak_ptr<const Segmenter> old = holder_.Get().segmenter;
  clock_.Advance(absl::Hours(1));
  Reload([] { return MakeFakeModel("second@1"); });
  EXPECT_EQ(holder_.Get().segmenter->info().id, "second@1");
  EXPECT_TRUE(old.expired());
  const ModelStatus status = reloader_->status();
  EXPECT_EQ(status.model.id, "second@1");
  EXPECT_EQ(status.load_time, clock_.Now());
  EXPECT_EQ(status.reloads, 1);
  EXPECT_EQ(metrics_.unet.reloads_ok->value(), 1);
  EXPECT_EQ(metrics_.unet.model->labels()[0].second, "second@1");
  EXPECT_NE(log_.text().find("second@1"), std::string::npos);
}

TEST_F(ModelReloaderTest, ARefusedModelLeavesThePresentOneAndSaysWhy) {
  Reload([]() -> absl::StatusOr<UnetModel> {
    return absl::DataLossError("member-0.pt: its sha256 differs");
  });
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");
  EXPECT_EQ(reloader_->status().refused, 1);
  EXPECT_EQ(reloader_->status().reloads, 0);
  EXPECT_EQ(reloader_->status().last_refusal, "DATA_LOSS: member-0.pt: its sha256 differs");
  EXPECT_EQ(metrics_.unet.reloads_refused->value(), 1);
  EXPECT_NE(log_.text().find("member-0.pt: its sha256 differs"), std::string::npos);
  Reload([] { return MakeFakeModel("second@1"); });
  EXPECT_EQ(reloader_->status().last_refusal, "");
}

TEST_F(ModelReloaderTest, ALoaderThatThrowsIsARefusal) {
  Reload([]() -> absl::StatusOr<UnetModel> { throw std::runtime_error("no memory"); });
  EXPECT_EQ(reloader_->status().last_refusal, "INTERNAL: loading the model: no memory");
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");
}

TEST_F(ModelReloaderTest, ABadConfigurationIsARefusalToo) {
  reloader_->Refuse(absl::InvalidArgumentError("unet.tile_px = 3: must be 128, 256 or 512"));
  EXPECT_EQ(reloader_->status().refused, 1);
  EXPECT_EQ(metrics_.unet.reloads_refused->value(), 1);
}

TEST_F(ModelReloaderTest, WhileOneIsLoadedOnlyTheNewestRequestWaits) {
  Gate gate;
  reloader_->Reload([&gate] {
    gate.Pass();
    return MakeFakeModel("slow@1");
  });
  gate.WaitForArrivals(1);
  EXPECT_TRUE(reloader_->status().loading);
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");  // it goes on serving
  bool replaced_was_loaded = false;
  reloader_->Reload([&] {
    replaced_was_loaded = true;
    return MakeFakeModel("replaced@2");
  });
  reloader_->Reload([] { return MakeFakeModel("newest@3"); });
  gate.Open();
  while (reloader_->status().reloads < 2) std::this_thread::yield();
  EXPECT_EQ(holder_.Get().segmenter->info().id, "newest@3");
  EXPECT_FALSE(replaced_was_loaded);
}

TEST_F(ModelReloaderTest, TwoHundredReloadsLeaveNoModelBehind) {
  std::vector<std::weak_ptr<const Segmenter>> models;
  for (int i = 0; i < 200; ++i) {
    Reload([&models, i] {
      UnetModel model = MakeFakeModel(absl::StrCat("model@", i));
      models.emplace_back(model.segmenter);
      return model;
    });
  }
  ASSERT_EQ(models.size(), 200u);
  for (size_t i = 0; i + 1 < models.size(); ++i) EXPECT_TRUE(models[i].expired()) << i;
  EXPECT_FALSE(models.back().expired());
}

TEST_F(ModelReloaderTest, ShutdownDoesNotWaitForALoadBeyondTheDeadline) {
  Gate gate;
  reloader_->Reload([&gate] {
    gate.Pass();
    return MakeFakeModel("slow@1");
  });
  gate.WaitForArrivals(1);
  EXPECT_FALSE(reloader_->Shutdown(absl::InfinitePast()));
  gate.Open();
  EXPECT_TRUE(reloader_->Shutdown(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace atomstream

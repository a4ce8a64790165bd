#include "server/inference/model_reloader.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_segmenter.h"

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
  void Reload(const ModelLoader& loader) {
    absl::StatusOr<UnetModel> model = reloader_.Prepare(loader);
    if (model.ok()) {
      reloader_.Install(*std::move(model));
    } else {
      reloader_.Refuse(model.status());
    }
  }

  FakeClock clock_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  KeptLog log_;
  ModelHolder holder_{MakeFakeModel("first@0")};
  ModelReloader reloader_{
      {.holder = &holder_, .clock = &clock_, .metrics = &metrics_, .log = &log_}};
};

TEST_F(ModelReloaderTest, BeginsWithThePresentModel) {
  EXPECT_EQ(reloader_.status().model.id, "first@0");
  EXPECT_EQ(reloader_.status().reloads, 0);
  EXPECT_EQ(metrics_.unet.model->labels(),
            (MetricLabels{{"id", "first@0"}, {"device", "cpu"}, {"precision", "float32"}}));
}

TEST_F(ModelReloaderTest, ANewModelTakesThePlaceAndTheOldOneIsFreed) {
  const std::weak_ptr<const Segmenter> old = holder_.Get().segmenter;
  clock_.Advance(absl::Hours(1));
  Reload([] { return MakeFakeModel("second@1"); });
  EXPECT_EQ(holder_.Get().segmenter->info().id, "second@1");
  EXPECT_TRUE(old.expired());
  const ModelStatus status = reloader_.status();
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
  EXPECT_EQ(reloader_.status().refused, 1);
  EXPECT_EQ(reloader_.status().reloads, 0);
  EXPECT_EQ(reloader_.status().last_refusal, "DATA_LOSS: member-0.pt: its sha256 differs");
  EXPECT_EQ(metrics_.unet.reloads_refused->value(), 1);
  EXPECT_NE(log_.text().find("member-0.pt: its sha256 differs"), std::string::npos);
  Reload([] { return MakeFakeModel("second@1"); });
  EXPECT_EQ(reloader_.status().last_refusal, "");
}

TEST_F(ModelReloaderTest, ALoaderThatThrowsIsARefusal) {
  Reload([]() -> absl::StatusOr<UnetModel> { throw std::runtime_error("no memory"); });
  EXPECT_EQ(reloader_.status().last_refusal, "INTERNAL: loading the model: no memory");
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");
}

TEST_F(ModelReloaderTest, ABadConfigurationIsARefusalToo) {
  reloader_.Refuse(absl::InvalidArgumentError("unet.tile_px = 3: must be 128, 256 or 512"));
  EXPECT_EQ(reloader_.status().refused, 1);
  EXPECT_EQ(metrics_.unet.reloads_refused->value(), 1);
}

TEST_F(ModelReloaderTest, ThePresentModelServesUntilTheNextIsInstalled) {
  absl::StatusOr<UnetModel> next = reloader_.Prepare([this] {
    EXPECT_TRUE(reloader_.status().loading);
    return MakeFakeModel("next@1");
  });
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");
  EXPECT_EQ(reloader_.status().model.id, "first@0");
  reloader_.Install(*std::move(next));
  EXPECT_EQ(holder_.Get().segmenter->info().id, "next@1");
  EXPECT_FALSE(reloader_.status().loading);
}

TEST_F(ModelReloaderTest, AModelThatWasLoadedCanStillBeGivenUpWhichIsNoRefusal) {
  {
    const absl::StatusOr<UnetModel> next = reloader_.Prepare([] { return MakeFakeModel("n@1"); });
    ASSERT_TRUE(next.ok());
    reloader_.GiveUp();
  }
  EXPECT_EQ(holder_.Get().segmenter->info().id, "first@0");
  EXPECT_FALSE(reloader_.status().loading);
  EXPECT_EQ(reloader_.status().refused, 0);
  EXPECT_EQ(reloader_.status().reloads, 0);
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

}  // namespace
}  // namespace atomstream

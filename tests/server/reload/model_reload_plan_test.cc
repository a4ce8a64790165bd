// What a reload does about the U-Net's model.
#include <string>

#include "server/config/config_place.h"
#include "tests/server/reload/config_reloader_fixture.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ConfigReloaderTest, TheModelIsLoadedAnewWhenItsBlockOrItsManifestChangedOnly) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  Write(R"(unet { model: "model" } log { level: "warning" })");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 0);
  EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
  WriteManifest("second, longer");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(models_loaded_, 1);
  EXPECT_EQ(outcome->model_id, "next@1");
  EXPECT_EQ(model_.Get().segmenter->info().id, "next@1");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 1);
  Write(R"(unet { model: "model" min_spacing: 0.4 } log { level: "warning" })");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 2);
}

// The daemon's own model, too, took its time to be read.
TEST_F(ConfigReloaderTest, AModelThatIsWrittenWhileOneIsReadIsReadByTheNextReload) {
  Write(R"(unet { model: "model" })");
  const ConfigSource source{path_, LoadConfigFile(path_)->config,
                            StampOfModel(LoadConfigFile(path_)->options.unet)};
  WriteManifest("written while the first was read");
  Start(/*with_unet=*/true, source);
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 1);
  load_model_ = [this](const UnetServiceOptions&) {
    WriteManifest("written while the second was read, and longer");
    load_model_ = nullptr;
    return MakeFakeModel("second@1");
  };
  WriteManifest("the second");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(model_.Get().segmenter->info().id, "second@1");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(model_.Get().segmenter->info().id, "next@1");
  EXPECT_EQ(models_loaded_, 3);
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(models_loaded_, 3);
}

TEST_F(ConfigReloaderTest, AModelThatIsRefusedRefusesEverything) {
  Write(R"(unet { model: "model" })");
  Start(/*with_unet=*/true);
  load_model_ = [](const UnetServiceOptions&) -> absl::StatusOr<UnetModel> {
    return absl::DataLossError("unet.model = x: sha256 differs");
  };
  Write(R"(unet { model: "model" tile_px: 256 } log_star { max_evaluations: 77 })");
  const absl::Status refused = Reload().status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(FaultOf(refused).field, "unet.model");
  ExpectNothingChanged();
  EXPECT_EQ(models_->status().refused, 1);
  EXPECT_FALSE(models_->status().loading);
  EXPECT_THAT(models_->status().last_refusal, HasSubstr("sha256 differs"));
  // The other way round: settings that are refused leave the model.
  load_model_ = nullptr;
  Write(R"(unet { model: "model" tile_px: 256 } log_star { material: "unobtainium" })");
  EXPECT_FALSE(Reload().ok());
  ExpectNothingChanged();
  // Nobody is told of a model that was refused when it was not.
  EXPECT_EQ(models_->status().refused, 1);
  EXPECT_FALSE(models_->status().loading);
  Write("log_star {");
  EXPECT_FALSE(Reload().ok());
  EXPECT_EQ(models_->status().refused, 1);
  Write(R"(unet { model: "model" tile_px: 3 })");
  EXPECT_FALSE(Reload().ok());
  EXPECT_EQ(models_->status().refused, 2);
}

TEST_F(ConfigReloaderTest, AUnetIsNeitherSwitchedOnNorOff) {
  Start(/*with_unet=*/false);
  Write(R"(unet { model: "model" })");
  EXPECT_THAT(Reload()->needs_restart, ElementsAre("unet.model"));
}

TEST_F(ConfigReloaderTest, AUnetThatLeftTheFileGoesOnUntilTheRestart) {
  Write(R"(unet { model: "model" tile_px: 128 })");
  Start(/*with_unet=*/true);
  Write("# nothing\n");
  const auto outcome = Reload();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->needs_restart, ElementsAre("unet.model", "unet.tile_px"));
  EXPECT_EQ(model_.Get().segmenter->info().id, "first@0");
}

}  // namespace
}  // namespace atomstream

#include "detectors/unet/training/model_folder.h"

#include <filesystem>
#include <fstream>

#include "core/base/clock.h"
#include "detectors/unet/model_manifest.h"
#include "detectors/unet/torch_segmenter.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/training/small_training.h"

namespace atomstream {
namespace {

class ModelFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto trainer = Trainer::Create(SmallTraining(), &executor_);
    ASSERT_TRUE(trainer.ok());
    ASSERT_TRUE((*trainer)->Step().ok());
    ASSERT_TRUE((*trainer)->SaveNetwork(folder_.File("a.pt")).ok());
    ASSERT_TRUE((*trainer)->Step().ok());
    ASSERT_TRUE((*trainer)->SaveNetwork(folder_.File("b.pt")).ok());
    model_.name = "small";
    model_.architecture = SmallTraining().shape.Name();
    model_.scale_px_per_d_nn = 6;
    model_.atom_area_px2 = 7.3;
    model_.golden_tolerance = 0.06;
    model_.networks = {folder_.File("a.pt"), folder_.File("b.pt")};
    model_.training = {{"seed", "1"}};
    model_.validation = {{.material = "graphene", .pixel_size_nm = 0.02, .f1 = 0.5}};
  }

  const TemporaryFolder folder_;
  InlineExecutor executor_;
  const SteadyClock clock_;
  ModelDescription model_;
};

TEST_F(ModelFolderTest, WrittenModelServes) {
  ASSERT_TRUE(WriteModelFolder(model_, folder_.File("model")).ok());
  const auto segmenter = LoadTorchSegmenter(folder_.File("model"), {}, &clock_);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().members, 2);
  EXPECT_EQ((*segmenter)->info().scale_px_per_d_nn, 6);
  EXPECT_EQ((*segmenter)->info().atom_area_px2, 7.3);
  EXPECT_EQ((*segmenter)->info().id.substr(0, 6), "small@");
}

TEST_F(ModelFolderTest, WritingAgainReplacesTheFolder) {
  ASSERT_TRUE(WriteModelFolder(model_, folder_.File("model")).ok());
  model_.networks.pop_back();
  ASSERT_TRUE(WriteModelFolder(model_, folder_.File("model")).ok());
  const auto manifest = LoadModelManifest(folder_.File("model"));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->members.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("model/member-1.pt")));
}

TEST_F(ModelFolderTest, NamesANetworkThatIsNotThere) {
  model_.networks = {folder_.File("none.pt")};
  const absl::Status status = WriteModelFolder(model_, folder_.File("model"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_NE(std::string(status.message()).find("none.pt"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("model")));
}

TEST_F(ModelFolderTest, ASlashAtTheEndIsTheSameFolder) {
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = WriteModelFolder(model_, folder_.File("model/"));
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(LoadModelManifest(folder_.File("model")).ok());
  }
}

TEST_F(ModelFolderTest, DeletesNothingThatIsNotAModels) {
  ASSERT_TRUE(WriteModelFolder(model_, folder_.File("model")).ok());
  const std::string notes = folder_.File("model/notes.txt");
  std::ofstream(notes) << "of hours of work";
  const absl::Status file = WriteModelFolder(model_, folder_.File("model"));
  EXPECT_EQ(file.code(), absl::StatusCode::kFailedPrecondition) << file;
  EXPECT_NE(file.message().find("notes.txt"), absl::string_view::npos);
  EXPECT_TRUE(std::filesystem::exists(notes));
  // A folder of checkpoints inside, whatever its name.
  std::filesystem::remove(notes);
  std::filesystem::create_directories(folder_.File("model/member-0.pt.f32/x.pt"));
  EXPECT_EQ(CheckReplaceable(folder_.File("model/")).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CheckReplaceable(folder_.File("a.pt")).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ModelFolderTest, WritesToAFolderThatIsEmptyOrNotThereOrAModel) {
  EXPECT_TRUE(CheckReplaceable(folder_.File("none")).ok());
  std::filesystem::create_directories(folder_.File("empty"));
  EXPECT_TRUE(CheckReplaceable(folder_.File("empty")).ok());
  ASSERT_TRUE(WriteModelFolder(model_, folder_.File("empty")).ok());
  EXPECT_TRUE(CheckReplaceable(folder_.File("empty")).ok());
}

}  // namespace
}  // namespace atomstream

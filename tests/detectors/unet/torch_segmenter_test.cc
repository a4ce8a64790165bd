#include "detectors/unet/torch_segmenter.h"

#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/torch_fixture.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TorchSegmenterTest, ServesAModelFolder) {
  const auto segmenter = Load(LinearModel({2}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().members, 1);
  EXPECT_EQ((*segmenter)->info().device, "cpu");
  EXPECT_EQ((*segmenter)->info().precision, "float32");
  const Image image = RandomImage(100, 90);
  const auto result = (*segmenter)->Segment(image);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LT(LargestDifference(result->mean, Sigmoid(image, 2)), 1e-6);
  EXPECT_EQ(cv::norm(result->variance, cv::NORM_INF), 0);
  EXPECT_EQ(result->device, "cpu");
  EXPECT_EQ(result->precision, "float32");
  EXPECT_EQ(result->tiles, 1);
  EXPECT_GT(result->compute, absl::ZeroDuration());
  EXPECT_EQ(result->transfer, absl::ZeroDuration());
  EXPECT_THAT(result->flags, IsEmpty());
}

TEST(TorchSegmenterTest, TellsPassesAndMemory) {
  const auto segmenter = Load(LinearModel({1, 2}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_GT((*segmenter)->info().weight_bytes, 0);
  const auto small = (*segmenter)->Segment(RandomImage(100, 90));
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_THAT(small->batches, ElementsAre(1, 1));  // one tile, two members
  // At least the tile, 128 px wide, and each member's map of it.
  const int64_t tile_bytes = int64_t{128} * 128 * 4;
  EXPECT_GE(small->memory.peak_bytes, 3 * tile_bytes);
  EXPECT_LT(small->memory.peak_bytes, 100 * tile_bytes);
  EXPECT_EQ(small->memory.allocated_bytes, 0);  // of GPUs only
  EXPECT_EQ(small->memory.reserved_bytes, 0);
  // The same again: nothing is counted over from frame to frame.
  const auto again = (*segmenter)->Segment(RandomImage(100, 90));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->memory.peak_bytes, small->memory.peak_bytes);
}

TEST(TorchSegmenterTest, MeanAndVarianceAreThoseOfTheMembers) {
  const std::vector<float> weights = {1, 2.5, -3};
  const auto segmenter = Load(LinearModel(weights));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const Image image = RandomImage(64, 40);
  const auto result = (*segmenter)->Segment(image);
  ASSERT_TRUE(result.ok()) << result.status();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      double sum = 0, squares = 0;
      for (const float weight : weights) {
        const double p = 1 / (1 + std::exp(-static_cast<double>(weight) * image(y, x)));
        sum += p;
        squares += p * p;
      }
      const double mean = sum / 3;
      ASSERT_NEAR(result->mean(y, x), mean, 1e-6);
      ASSERT_NEAR(result->variance(y, x), squares / 3 - mean * mean, 1e-6);
    }
  }
}

TEST(TorchSegmenterTest, TilesLeaveNoSeams) {
  // A mean over 9 x 9 pixels looks 4 px far, less than the 8 px that each tile's edge is ignored.
  const std::string forward =
      "return torch.avg_pool2d(x, [9, 9], [1, 1], [4, 4], False, False) * self.weight";
  torch::jit::Module network = Network(forward, 3);
  const auto logits = network.forward({at::from_blob(Golden().clone().data, {1, 1, kSide, kSide})});
  const at::Tensor golden = at::sigmoid(logits.toTensor()).contiguous();
  ModelFolder model({ScriptOf(network)}, Golden(),
                    {Image(kSide, kSide, golden.data_ptr<float>()).clone()});
  TorchSegmenterOptions options = Float32();
  const auto tiled = Load(model, options);
  ASSERT_TRUE(tiled.ok()) << tiled.status();
  options.tile_px = 512;
  const auto whole = Load(model, options);
  ASSERT_TRUE(whole.ok()) << whole.status();
  const Image image = RandomImage(512, 512);
  const auto tiles = (*tiled)->Segment(image);
  const auto one = (*whole)->Segment(image);
  ASSERT_TRUE(tiles.ok() && one.ok());
  EXPECT_EQ(one->tiles, 1);
  EXPECT_EQ(tiles->tiles, 25);
  // Rounding of the blending weights and of the sums.
  EXPECT_LT(LargestDifference(tiles->mean, one->mean), 2e-6);
}

TEST(TorchSegmenterTest, TakesImagesOfAnySize) {
  const auto segmenter = Load(LinearModel({1}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  for (const auto& [width, height] :
       std::vector<std::pair<int, int>>{{1, 1}, {3, 200}, {129, 127}, {300, 5}, {128, 128}}) {
    const Image image = RandomImage(width, height);
    const auto result = (*segmenter)->Segment(image);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_LT(LargestDifference(result->mean, Sigmoid(image, 1)), 1e-6) << width << " x " << height;
  }
  EXPECT_TRUE(absl::IsInvalidArgument((*segmenter)->Segment(Image()).status()));
}

TEST(TorchSegmenterTest, AMemberThatWritesToItsInputSpoilsItForNoOther) {
  const std::string script =
      ScriptOf(Network("return torch.conv2d(x.mul_(0.5), self.weight.to(x.dtype))"));
  const Image golden = Sigmoid(Golden(), 0.5);
  const auto segmenter = Load(ModelFolder({script, script}, Golden(), {golden, golden}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const Image image = RandomImage(100, 90);
  const auto result = (*segmenter)->Segment(image);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LT(LargestDifference(result->mean, Sigmoid(image, 0.5)), 1e-5);  // of float32
  EXPECT_EQ(cv::norm(result->variance, cv::NORM_INF), 0);
}

TEST(TorchSegmenterTest, ServesProbabilitiesAsTheyAre) {
  ModelFolder model({ScriptOf(Network("return torch.sigmoid(x) * self.weight"))}, Golden(),
                    {Sigmoid(Golden(), 1)});
  model.manifest["output"]["kind"] = "probability";
  const auto segmenter = Load(model);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const Image image = RandomImage(50, 50);
  EXPECT_LT(LargestDifference((*segmenter)->Segment(image)->mean, Sigmoid(image, 1)), 1e-6);
}

TEST(TorchSegmenterTest, EvaluatesNetworksThatWereSavedInTraining) {
  torch::jit::Module network =
      Network("return torch.where(torch.tensor(self.training), x * 100, x * self.weight)");
  network.train();
  const auto segmenter = Load(ModelFolder({ScriptOf(network)}, Golden(), {Sigmoid(Golden(), 1)}));
  EXPECT_TRUE(segmenter.ok()) << segmenter.status();
}

TEST(TorchSegmenterTest, SaysHowManyPixelsOfAFrameAreNotFiniteAndOfWhichMember) {
  // Fails on values above 2 only, which no golden input has; once as NaN, once as infinity, which
  // a sigmoid alone would hide.
  for (const char* forward : {"return torch.where(x > 2, (x - x) / (x - x), x * self.weight)",
                              "return torch.where(x > 2, x / (x - x), x * self.weight)"}) {
    const auto segmenter = Load(ModelFolder({Linear(1), ScriptOf(Network(forward))}, Golden(),
                                            {Sigmoid(Golden(), 1), Sigmoid(Golden(), 1)}));
    ASSERT_TRUE(segmenter.ok()) << segmenter.status();
    Image image = RandomImage(128, 128);
    EXPECT_TRUE((*segmenter)->Segment(image).ok());
    image(4, 5) = 3;
    image(100, 7) = 3;
    const absl::Status status = (*segmenter)->Segment(image).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("member-1.pt"), HasSubstr("2 pixels")));
    // The next frame is none the worse for it.
    EXPECT_TRUE((*segmenter)->Segment(RandomImage(128, 128)).ok());
  }
}

TEST(TorchSegmenterTest, ANetworkThatThrowsOnAFrameIsAnInternalError) {
  const auto segmenter =
      Load(ModelWith("assert bool((x <= 2).all()), 'too bright'\n    return x * self.weight"));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const absl::Status status = (*segmenter)->Segment(Image(50, 50, 3.0f)).status();
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("member-0.pt"), HasSubstr("too bright")));
}

// One that is loaded to take its place, or refused, must not take its budget.
TEST(TorchSegmenterTest, KeepsItsThreadsWhateverElseIsLoaded) {
  const auto segmenter = Load(LinearModel({1}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  TorchSegmenterOptions two_threads = Float32();
  two_threads.threads = 2;
  ASSERT_FALSE(Load(ModelWith("return x + 3"), two_threads).ok());
  const auto other = Load(LinearModel({1}), two_threads);
  ASSERT_TRUE(other.ok()) << other.status();
  const auto threads_of = [](const Segmenter& which) {
    int threads = 0;
    std::thread([&] {
      EXPECT_TRUE(which.Segment(Image(50, 50, 0.5f)).ok());
      threads = at::get_num_threads();
    }).join();
    return threads;
  };
  EXPECT_EQ(threads_of(**segmenter), 1);
  EXPECT_EQ(threads_of(**other), 2);
}

TEST(TorchSegmenterTest, SeveralThreadsMayAskAtOnce) {
  const auto segmenter = Load(LinearModel({1, 2}));
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const Image image = RandomImage(200, 150);
  const Image expected = (*segmenter)->Segment(image)->mean;
  std::vector<double> differences(4, 1);
  std::vector<std::thread> threads;
  for (double& difference : differences) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        difference = LargestDifference((*segmenter)->Segment(image)->mean, expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double difference : differences) EXPECT_EQ(difference, 0);
}

}  // namespace
}  // namespace atomstream

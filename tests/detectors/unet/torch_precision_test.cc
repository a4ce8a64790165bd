#include <string>

#include "detectors/unet/torch_segmenter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/torch_fixture.h"

namespace atomstream {
namespace {

TEST(TorchPrecisionTest, ServesFrozenNetworks) {
  torch::jit::Module network = Network("return torch.conv2d(x, self.weight)", 2);
  ModelFolder model({ScriptOf(torch::jit::freeze(network))}, Golden(), {Sigmoid(Golden(), 2)});
  for (const TorchPrecision precision : {TorchPrecision::kFloat32, TorchPrecision::kReduced}) {
    TorchSegmenterOptions options = Float32();
    options.precision = precision;
    const auto segmenter = Load(model, options);
    ASSERT_TRUE(segmenter.ok()) << segmenter.status();
    EXPECT_EQ((*segmenter)->info().precision, "float32");  // its weights can no longer be cast
    const Image image = RandomImage(30, 30);
    EXPECT_LT(LargestDifference((*segmenter)->Segment(image)->mean, Sigmoid(image, 2)), 1e-6);
  }
}

// Reduced precision: asked for, it serves what holds the golden output; else float32 does.
TEST(TorchPrecisionTest, ReducedPrecisionServesWhereTheGoldenOutputHolds) {
  TorchSegmenterOptions options = Float32();
  options.precision = TorchPrecision::kReduced;
  // Two ways of being ready for it: casting the weights, or having them converted.
  for (const char* forward :
       {"return torch.conv2d(x, self.weight.to(x.dtype))", "return torch.conv2d(x, self.weight)"}) {
    const auto segmenter = Load(ModelWith(forward), options);
    ASSERT_TRUE(segmenter.ok()) << segmenter.status();
    EXPECT_EQ((*segmenter)->info().precision, "bfloat16") << forward;
    const Image image = RandomImage(60, 60);
    const auto result = (*segmenter)->Segment(image);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->precision, "bfloat16");
    // bfloat16 has 8 binary digits: values up to 1 are rounded by up to 1/512, a quarter of which
    // reaches the probability, twice (input and output).
    EXPECT_LT(LargestDifference(result->mean, Sigmoid(image, 1)), 1.1e-3);
    EXPECT_GT(LargestDifference(result->mean, Sigmoid(image, 1)), 0);
  }
}

TEST(TorchPrecisionTest, FallsBackToFloat32WithoutAnError) {
  TorchSegmenterOptions options = Float32();
  options.precision = TorchPrecision::kReduced;
  // A tolerance that eight digits cannot hold.
  ModelFolder exact = LinearModel({1});
  exact.manifest["golden"]["tolerance"] = 1e-5;
  // Takes float32 only: its weight is always that, whatever it is converted to.
  const ModelFolder strict = ModelWith("return torch.conv2d(x, self.weight.to(6))" /* float32 */);
  for (const ModelFolder& model : {exact, strict}) {
    const auto segmenter = Load(model, options);
    ASSERT_TRUE(segmenter.ok()) << segmenter.status();
    EXPECT_EQ((*segmenter)->info().precision, "float32");
    EXPECT_TRUE((*segmenter)->Segment(RandomImage(60, 60)).ok());
  }
}

// Time passes by a fixed step at every look, so nothing is faster than anything else.
class SteppingClock final : public Clock {
 public:
  absl::Time Now() const override { return now_ += absl::Milliseconds(1); }

 private:
  mutable absl::Time now_ = absl::UnixEpoch();
};

TEST(TorchPrecisionTest, AutoKeepsFloat32WhereReducedGainsNothing) {
  const TemporaryFolder folder;
  LinearModel({1}).Write(folder.path());
  TorchSegmenterOptions options = Float32();
  options.precision = TorchPrecision::kAuto;
  const SteppingClock clock;
  const auto segmenter = LoadTorchSegmenter(folder.path(), options, &clock);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().precision, "float32");
}

// Time passes more slowly after a number of looks: what is timed later seems faster.
class QuickeningClock final : public Clock {
 public:
  explicit QuickeningClock(int slow_looks) : slow_looks_(slow_looks) {}
  absl::Time Now() const override {
    return now_ += absl::Milliseconds(looks_++ < slow_looks_ ? 100 : 1);
  }

 private:
  const int slow_looks_;
  mutable int looks_ = 0;
  mutable absl::Time now_ = absl::UnixEpoch();
};

TEST(TorchPrecisionTest, AutoTakesReducedWhereItGains) {
  const TemporaryFolder folder;
  LinearModel({1}).Write(folder.path());
  TorchSegmenterOptions options = Float32();
  options.precision = TorchPrecision::kAuto;
  const QuickeningClock clock(10);  // five runs, two looks each, are timed in float32 first
  const auto segmenter = LoadTorchSegmenter(folder.path(), options, &clock);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().precision, "bfloat16");
}

}  // namespace
}  // namespace atomstream

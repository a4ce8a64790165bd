#include "detectors/unet/torch_segmenter.h"

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/model_folder.h"
#include "torch/script.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kSide = 128;

// A network with one weight: forward's text, as TorchScript. It is saved as float32.
torch::jit::Module Network(const std::string& forward, float weight = 1) {
  torch::jit::Module network("Tiny");
  network.register_parameter("weight", torch::full({1, 1, 1, 1}, weight), false);
  network.register_attribute("training", c10::BoolType::get(), false);
  network.define("def forward(self, x: Tensor) -> Tensor:\n    " + forward + "\n");
  return network;
}

std::string ScriptOf(const torch::jit::Module& network) {
  std::ostringstream stream;
  network.save(stream);
  return stream.str();
}

// Logits weight * x, in the type of the input.
std::string Linear(float weight) {
  return ScriptOf(Network("return torch.conv2d(x, self.weight.to(x.dtype))", weight));
}

Image Sigmoid(const Image& image, float weight) {
  Image map(image.rows, image.cols);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) map(y, x) = 1 / (1 + std::exp(-weight * image(y, x)));
  }
  return map;
}

const Image& Golden() {
  static const Image& image = *new Image(CrystalImage("graphene", 6, kSide));
  return image;
}

// A model whose golden outputs are right for Linear(weight) networks.
ModelFolder LinearModel(const std::vector<float>& weights) {
  std::vector<std::string> scripts;
  std::vector<Image> outputs;
  for (const float weight : weights) {
    scripts.push_back(Linear(weight));
    outputs.push_back(Sigmoid(Golden(), weight));
  }
  return ModelFolder(scripts, Golden(), outputs);
}

// One member with that forward; its golden output is that of Linear(1).
ModelFolder ModelWith(const std::string& forward) {
  return ModelFolder({ScriptOf(Network(forward))}, Golden(), {Sigmoid(Golden(), 1)});
}

TorchSegmenterOptions Float32() {
  TorchSegmenterOptions options;
  options.device = TorchDevice::kCpu;
  options.precision = TorchPrecision::kFloat32;
  options.tile_px = 128;
  return options;
}

absl::StatusOr<std::shared_ptr<const Segmenter>> Load(
    const ModelFolder& model, const TorchSegmenterOptions& options = Float32()) {
  const TemporaryFolder folder;
  model.Write(folder.path());
  static const SteadyClock& clock = *new SteadyClock();  // outlives the segmenter
  return LoadTorchSegmenter(folder.path(), options, &clock);
}

void ExpectRefused(const ModelFolder& model, absl::StatusCode code, const std::string& text,
                   const TorchSegmenterOptions& options = Float32()) {
  const absl::Status status = Load(model, options).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(status.message(), HasSubstr(text));
}

Image RandomImage(int width, int height) {
  Image image(height, width);
  cv::RNG random(7);
  random.fill(image, cv::RNG::UNIFORM, 0.0, 1.0);
  return image;
}

double LargestDifference(const Image& a, const Image& b) { return cv::norm(a, b, cv::NORM_INF); }

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

TEST(TorchSegmenterTest, ServesProbabilitiesAsTheyAre) {
  ModelFolder model({ScriptOf(Network("return torch.sigmoid(x) * self.weight"))}, Golden(),
                    {Sigmoid(Golden(), 1)});
  model.manifest["output"]["kind"] = "probability";
  const auto segmenter = Load(model);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  const Image image = RandomImage(50, 50);
  EXPECT_LT(LargestDifference((*segmenter)->Segment(image)->mean, Sigmoid(image, 1)), 1e-6);
}

TEST(TorchSegmenterTest, ServesFrozenNetworks) {
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

TEST(TorchSegmenterTest, EvaluatesNetworksThatWereSavedInTraining) {
  torch::jit::Module network =
      Network("return torch.where(torch.tensor(self.training), x * 100, x * self.weight)");
  network.train();
  const auto segmenter = Load(ModelFolder({ScriptOf(network)}, Golden(), {Sigmoid(Golden(), 1)}));
  EXPECT_TRUE(segmenter.ok()) << segmenter.status();
}

// Reduced precision: asked for, it serves what holds the golden output; else float32 does.
TEST(TorchSegmenterTest, ReducedPrecisionServesWhereTheGoldenOutputHolds) {
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

TEST(TorchSegmenterTest, FallsBackToFloat32WithoutAnError) {
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

TEST(TorchSegmenterTest, AutoKeepsFloat32WhereReducedGainsNothing) {
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

TEST(TorchSegmenterTest, AutoTakesReducedWhereItGains) {
  const TemporaryFolder folder;
  LinearModel({1}).Write(folder.path());
  TorchSegmenterOptions options = Float32();
  options.precision = TorchPrecision::kAuto;
  const QuickeningClock clock(10);  // five runs, two looks each, are timed in float32 first
  const auto segmenter = LoadTorchSegmenter(folder.path(), options, &clock);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().precision, "bfloat16");
}

TEST(TorchSegmenterTest, RefusesDamagedScriptsBeforeTorchSeesThem) {
  const TemporaryFolder folder;
  LinearModel({1, 2}).Write(folder.path());
  const SteadyClock clock;
  const std::string good = ReadFile(folder.File("member-1.pt"));
  std::mt19937 random(5);
  for (int i = 0; i < 1000; ++i) {
    std::string bad = good;
    if (i % 10 == 0) {
      bad.resize(random() % bad.size());
    } else {
      const size_t place = random() % bad.size();
      bad[place] = static_cast<char>(bad[place] ^ (1 << (random() % 8)));
    }
    WriteFile(folder.File("member-1.pt"), bad);
    const absl::Status status = LoadTorchSegmenter(folder.path(), Float32(), &clock).status();
    ASSERT_TRUE(absl::IsDataLoss(status) || (bad.empty() && absl::IsInvalidArgument(status)))
        << status;
    ASSERT_THAT(status.message(),
                AllOf(HasSubstr("member-1.pt"), ::testing::Not(HasSubstr("TorchScript"))));
  }
}

TEST(TorchSegmenterTest, RefusesWhatIsNoTorchScript) {
  ModelFolder model = LinearModel({1});
  const std::string script = ReadFile("/proc/self/exe").substr(0, 10000);
  model.SetFile(nlohmann::json::json_pointer("/members/0/script"), script);
  ExpectRefused(model, absl::StatusCode::kInvalidArgument, "member-0.pt");
  model.SetFile(nlohmann::json::json_pointer("/members/0/script"), "PK no archive");
  ExpectRefused(model, absl::StatusCode::kInvalidArgument, "TorchScript");
}

TEST(TorchSegmenterTest, RefusesScriptsThatWereCutAndSummedAgain) {
  // The sum holds, the archive does not: torch's own complaint becomes a refusal.
  const std::string good = Linear(1);
  for (const double part : {0.1, 0.5, 0.9, 0.99}) {
    ModelFolder model = LinearModel({1});
    model.SetFile(nlohmann::json::json_pointer("/members/0/script"),
                  good.substr(0, static_cast<size_t>(part * good.size())));
    ExpectRefused(model, absl::StatusCode::kInvalidArgument, "member-0.pt");
  }
}

TEST(TorchSegmenterTest, RefusesNetworksOfAnotherShapeOrType) {
  const auto refused = [](const std::string& forward, const std::string& text) {
    ExpectRefused(ModelWith(forward), absl::StatusCode::kInvalidArgument, text);
  };
  refused("return torch.cat([x, x], 1) * self.weight", "[1, 2, 128, 128]");
  refused("return torch.max_pool2d(x, [2, 2]) * self.weight", "[1, 1, 64, 64]");
  refused("return (x * self.weight).squeeze(0)", "[1, 128, 128]");
  refused("return (x * self.weight).to(7)", "Double");  // TorchScript's numbers of the types
  refused("return (x * self.weight).to(4)", "Long");
  refused("return torch.conv2d(x, self.weight.repeat([1, 3, 1, 1]))", "fails on a tensor");
  // Serves its golden input and nothing of another size.
  TorchSegmenterOptions options = Float32();
  options.tile_px = 256;
  ExpectRefused(ModelWith("return x.reshape([1, 1, 128, 128]) * self.weight"),
                absl::StatusCode::kInvalidArgument, "256", options);
}

TEST(TorchSegmenterTest, RefusesAForwardThatReturnsNoTensorOrTakesOtherArguments) {
  torch::jit::Module tuple("Tuple");
  tuple.define("def forward(self, x: Tensor):\n    return (x, x)\n");
  torch::jit::Module two("Two");
  two.define("def forward(self, x: Tensor, y: Tensor):\n    return x + y\n");
  torch::jit::Module none("None");
  none.define("def backward(self, x: Tensor):\n    return x\n");
  for (const torch::jit::Module& network : {tuple, two, none}) {
    ExpectRefused(ModelFolder({ScriptOf(network)}, Golden(), {Sigmoid(Golden(), 1)}),
                  absl::StatusCode::kInvalidArgument, "member-0.pt");
  }
}

TEST(TorchSegmenterTest, RefusesAModelWhoseManifestLies) {
  // Of the golden output: that of another network, in the second member only.
  ModelFolder model = LinearModel({1, 2});
  model.SetFile(nlohmann::json::json_pointer("/members/1/golden_output"),
                BytesOf(Sigmoid(Golden(), 3)));
  ExpectRefused(model, absl::StatusCode::kDataLoss, "member-1.pt");
  // Of what the network returns.
  model = LinearModel({5});
  model.manifest["output"]["kind"] = "probability";
  ExpectRefused(model, absl::StatusCode::kDataLoss, "golden.tolerance is 0.05");
}

TEST(TorchSegmenterTest, TheGoldenToleranceIsAsStated) {
  ModelFolder model = LinearModel({1});
  const auto shifted = [](double by) { return BytesOf(Image(Sigmoid(Golden(), 1) + by)); };
  const nlohmann::json::json_pointer output("/members/0/golden_output");
  model.SetFile(output, shifted(0.049));
  EXPECT_TRUE(Load(model).ok()) << Load(model).status();
  model.SetFile(output, shifted(0.051));
  ExpectRefused(model, absl::StatusCode::kDataLoss, "0.051");
}

TEST(TorchSegmenterTest, RefusesANetworkThatIsNotFiniteOnItsGoldenInput) {
  ExpectRefused(ModelWith("return x / (x - x) * self.weight"), absl::StatusCode::kDataLoss,
                "not finite");
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

TEST(TorchSegmenterTest, RefusesOptionsOutOfRangeByNameAndValue) {
  const ModelFolder model = LinearModel({1});
  const auto refused = [&](const char* name, int TorchSegmenterOptions::*field, int value) {
    TorchSegmenterOptions options = Float32();
    options.*field = value;
    ExpectRefused(model, absl::StatusCode::kInvalidArgument, name, options);
  };
  refused("threads is 0", &TorchSegmenterOptions::threads, 0);
  refused("tile_px is 100", &TorchSegmenterOptions::tile_px, 100);
  refused("overlap_px is -1", &TorchSegmenterOptions::overlap_px, -1);
  refused("overlap_px is 65", &TorchSegmenterOptions::overlap_px, 65);
  refused("max_batch is 0", &TorchSegmenterOptions::max_batch, 0);
}

TEST(TorchSegmenterTest, CudaIsRefusedWhereThereIsNoneAndAutoFindsTheCpu) {
  if (at::hasCUDA()) GTEST_SKIP() << "this machine has CUDA";
  TorchSegmenterOptions options = Float32();
  options.device = TorchDevice::kCuda;
  ExpectRefused(LinearModel({1}), absl::StatusCode::kFailedPrecondition, "cuda", options);
  options.device = TorchDevice::kAuto;
  const auto segmenter = Load(LinearModel({1}), options);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().device, "cpu");
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

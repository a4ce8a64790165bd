#include <random>
#include <string>

#include "detectors/unet/torch_segmenter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/torch_fixture.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void ExpectRefused(const ModelFolder& model, absl::StatusCode code, const std::string& text,
                   const TorchSegmenterOptions& options = Float32()) {
  const absl::Status status = Load(model, options).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(status.message(), HasSubstr(text));
}

TEST(TorchRefusalTest, RefusesDamagedScriptsBeforeTorchSeesThem) {
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

TEST(TorchRefusalTest, RefusesWhatIsNoTorchScript) {
  ModelFolder model = LinearModel({1});
  const std::string script = ReadFile("/proc/self/exe").substr(0, 10000);
  model.SetFile(nlohmann::json::json_pointer("/members/0/script"), script);
  ExpectRefused(model, absl::StatusCode::kInvalidArgument, "member-0.pt");
  model.SetFile(nlohmann::json::json_pointer("/members/0/script"), "PK no archive");
  ExpectRefused(model, absl::StatusCode::kInvalidArgument, "TorchScript");
}

TEST(TorchRefusalTest, RefusesScriptsThatWereCutAndSummedAgain) {
  // The sum holds, the archive does not: torch's own complaint becomes a refusal.
  const std::string good = Linear(1);
  for (const double part : {0.1, 0.5, 0.9, 0.99}) {
    ModelFolder model = LinearModel({1});
    model.SetFile(nlohmann::json::json_pointer("/members/0/script"),
                  good.substr(0, static_cast<size_t>(part * good.size())));
    ExpectRefused(model, absl::StatusCode::kInvalidArgument, "member-0.pt");
  }
}

TEST(TorchRefusalTest, RefusesNetworksOfAnotherShapeOrType) {
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

TEST(TorchRefusalTest, RefusesAForwardThatReturnsNoTensorOrTakesOtherArguments) {
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

TEST(TorchRefusalTest, RefusesAModelWhoseManifestLies) {
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

TEST(TorchRefusalTest, TheGoldenToleranceIsAsStated) {
  ModelFolder model = LinearModel({1});
  const auto shifted = [](double by) { return BytesOf(Image(Sigmoid(Golden(), 1) + by)); };
  const nlohmann::json::json_pointer output("/members/0/golden_output");
  model.SetFile(output, shifted(0.049));
  EXPECT_TRUE(Load(model).ok()) << Load(model).status();
  model.SetFile(output, shifted(0.051));
  ExpectRefused(model, absl::StatusCode::kDataLoss, "0.051");
}

TEST(TorchRefusalTest, RefusesANetworkThatIsNotFiniteOnItsGoldenInput) {
  ExpectRefused(ModelWith("return x / (x - x) * self.weight"), absl::StatusCode::kDataLoss,
                "not finite");
}

TEST(TorchRefusalTest, RefusesOptionsOutOfRangeByNameAndValue) {
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
  refused("max_batch is 257", &TorchSegmenterOptions::max_batch, 257);
  TorchSegmenterOptions greatest = Float32();  // of the daemon's configuration
  greatest.max_batch = 256;
  greatest.overlap_px = 64;
  EXPECT_TRUE(Load(model, greatest).ok());
}

TEST(TorchRefusalTest, CudaIsRefusedWhereThereIsNoneAndAutoFindsTheCpu) {
  if (at::hasCUDA()) GTEST_SKIP() << "this machine has CUDA";
  TorchSegmenterOptions options = Float32();
  options.device = TorchDevice::kCuda;
  ExpectRefused(LinearModel({1}), absl::StatusCode::kFailedPrecondition, "cuda", options);
  options.device = TorchDevice::kAuto;
  const auto segmenter = Load(LinearModel({1}), options);
  ASSERT_TRUE(segmenter.ok()) << segmenter.status();
  EXPECT_EQ((*segmenter)->info().device, "cpu");
}

}  // namespace
}  // namespace atomstream

#include "detectors/unet/training/unet_network.h"

#include "gtest/gtest.h"

namespace atomstream {
namespace {

at::Tensor Answer(torch::jit::Module& network, const at::Tensor& input) {
  const torch::NoGradGuard no_gradients;
  return network.forward({input}).toTensor();
}

// Counted by hand from AtomAI's layers: 192 + 14016 + 55680 + 369792 on the way down, 8256 +
// 110976, 2080 + 27840, 528 + 4656 on the way up, 17 at the end.
TEST(UnetNetworkTest, HasTheParametersOfAtomAisUnet) {
  EXPECT_EQ(CountParameters(BuildUnet({}, 1)),
            192 + 14016 + 55680 + 369792 + 8256 + 110976 + 2080 + 27840 + 528 + 4656 + 17);
}

TEST(UnetNetworkTest, AnswersWithTheInputsShapeAndType) {
  torch::jit::Module network = BuildUnet({.filters = 4, .layers = {1, 2, 2, 3}}, 1);
  for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const at::Tensor output = Answer(network, torch::ones({2, 1, 24, 40}).to(type));
    EXPECT_EQ(output.sizes(), at::IntArrayRef({2, 1, 24, 40}));
    EXPECT_EQ(output.scalar_type(), type);
  }
}

TEST(UnetNetworkTest, SeedDecidesTheWeights) {
  const at::Tensor input = torch::ones({1, 1, 16, 16});
  torch::jit::Module a = BuildUnet({.filters = 4}, 7);
  torch::jit::Module same = BuildUnet({.filters = 4}, 7);
  torch::jit::Module other = BuildUnet({.filters = 4}, 8);
  a.eval(), same.eval(), other.eval();
  EXPECT_TRUE(Answer(a, input).equal(Answer(same, input)));
  EXPECT_FALSE(Answer(a, input).equal(Answer(other, input)));
}

// Running statistics move in training mode only.
TEST(UnetNetworkTest, EvaluationDoesNotChangeTheNetwork) {
  torch::jit::Module network = BuildUnet({.filters = 4}, 1);
  const at::Tensor input = torch::rand({2, 1, 16, 16});
  network.eval();
  const at::Tensor first = Answer(network, input);
  EXPECT_TRUE(Answer(network, input).equal(first));
  network.train();
  Answer(network, input);
  network.eval();
  EXPECT_FALSE(Answer(network, input).equal(first));
}

}  // namespace
}  // namespace atomstream

// LoG* on frames and metadata that nobody would call a micrograph: whatever comes in, the result is
// finite, consistent and in time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/optimize/sobol.h"
#include "detectors/log_star/log_star.h"
#include "gtest/gtest.h"
#include "tests/detectors/log_star/simulated_frame.h"

namespace atomstream {
namespace {

enum class Pattern {
  kNoise,
  kHotPixel,
  kQuantised,
  kSaturated,
  kRamp,
  kSinusoid,
  kCheckerboard,
  kColumns,  // Gaussian columns on a square lattice
  kHuge,     // to the ends of float32
  kTiny,     // denormal numbers
  kNegative,
  kCount,
};

Image Draw(Pattern pattern, int width, int height, SplitMix64& random) {
  Image image(height, width, 0.0f);
  const double period = 2.2 + 12 * random.NextUniform();
  const double angle = 3 * random.NextUniform();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (x * std::cos(angle) + y * std::sin(angle)) / period;
      const double v = (y * std::cos(angle) - x * std::sin(angle)) / period;
      const double noise = random.NextUniform() - 0.5;
      const double lattice = std::cos(2 * M_PI * u) + std::cos(2 * M_PI * v);
      double value = 0;
      switch (pattern) {
        case Pattern::kHotPixel:
        case Pattern::kCount:
          break;
        case Pattern::kNoise:
          value = noise;
          break;
        case Pattern::kQuantised:
          value = std::floor(2 * lattice + noise);
          break;
        case Pattern::kSaturated:
          value = std::min(lattice + noise, 0.1);
          break;
        case Pattern::kRamp:
          value = x + 0.5 * y;
          break;
        case Pattern::kSinusoid:
          value = std::cos(2 * M_PI * u);
          break;
        case Pattern::kCheckerboard:
          value = (x + y) % 2;
          break;
        case Pattern::kColumns:
          value = std::exp(2 * lattice) + noise;
          break;
        case Pattern::kHuge:
          value = 6.6e38 * noise;
          break;
        case Pattern::kTiny:
          value = 1e-41 * (lattice + noise);
          break;
        case Pattern::kNegative:
          value = -1000 + lattice + noise;
          break;
      }
      image(y, x) = static_cast<float>(value);
    }
  }
  if (pattern == Pattern::kHotPixel) image(height / 2, width / 3) = 60000;
  return image;
}

void ExpectSound(const LogStarResult& result, const Frame& frame) {
  for (const Atom& atom : result.atoms) {
    EXPECT_GE(atom.x_px, -0.5f);
    EXPECT_LE(atom.x_px, frame.width() - 0.5f);
    EXPECT_GE(atom.y_px, -0.5f);
    EXPECT_LE(atom.y_px, frame.height() - 0.5f);
    EXPECT_GT(atom.sigma_px, 0);
    EXPECT_TRUE(std::isfinite(atom.sigma_px) && std::isfinite(atom.intensity) &&
                std::isfinite(atom.response));
  }
  for (double value : {result.qc, result.er, result.hypervolume, result.lattice.d_nn_px,
                       result.lattice.pixel_size_nm_used, result.lattice.pixel_size_nm_measured,
                       result.lattice.expected_atoms, result.lattice.material_area_fraction}) {
    EXPECT_TRUE(std::isfinite(value)) << value;
    EXPECT_GE(value, 0);
  }
  EXPECT_GE(result.lattice.orientation_rad, 0);
  EXPECT_LT(result.lattice.orientation_rad, M_PI);
  EXPECT_LE(result.infeasible, result.evaluations);
  const auto expect_front = [](const std::vector<FrontPoint>& front, int chosen) {
    EXPECT_GE(chosen, front.empty() ? -1 : 0);
    EXPECT_LT(chosen, static_cast<int>(front.size()));
    for (size_t i = 0; i < front.size(); ++i) {
      EXPECT_TRUE(std::isfinite(front[i].qc) && std::isfinite(front[i].er));
      EXPECT_GT(front[i].params.threshold, 0);
      EXPECT_TRUE(std::isfinite(front[i].params.threshold));
      EXPECT_GE(front[i].params.max_sigma_px, front[i].params.min_sigma_px);
      if (i == 0) continue;
      EXPECT_LT(front[i - 1].qc, front[i].qc);
      EXPECT_GT(front[i - 1].er, front[i].er);
    }
  };
  expect_front(result.front, result.chosen);
  for (const WindowResult& window : result.windows) {
    expect_front(window.front, window.chosen);
    EXPECT_GE(window.x_px, 0);
    EXPECT_GE(window.y_px, 0);
    EXPECT_LE(window.x_px + window.width_px, frame.width());
    EXPECT_LE(window.y_px + window.height_px, frame.height());
  }
  EXPECT_TRUE(result.chosen >= 0 || result.atoms.empty());
}

TEST(LogStarRobustnessTest, AnyFrameGivesASoundResult) {
  Material long_cell{"long", {Vector2{1.9, 0}, Vector2{0.1, 0.2}}, {{{0.25, 0.5}, "Pb", 1}}};
  const SystemClock clock;
  InlineExecutor executor;
  SplitMix64 random(7);
  std::shared_ptr<const WarmStart> warm_start;
  for (int trial = 0; trial < 300; ++trial) {
    const auto pattern =
        static_cast<Pattern>(random.Next() % static_cast<uint64_t>(Pattern::kCount));
    const auto side = [&] {
      return 8 + static_cast<int>(random.Next() % (1 + random.Next() % 90));
    };
    const int width = side();
    const int height = side();
    constexpr double kPixelSizes[] = {0, 0, 0.02, 0.02, 0.05, 0.5, 1e4, 3e-5, 1e-3, 1e-300, 1e300};
    const double pixel_size_nm = kPixelSizes[random.Next() % std::size(kPixelSizes)];
    constexpr const char* kMaterials[] = {"auto", "graphene", "SrTiO3", "long"};

    LogStarOptions options;
    options.material = kMaterials[random.Next() % std::size(kMaterials)];
    options.custom_materials = {long_cell};
    options.max_evaluations = 1 + static_cast<int>(random.Next() % 12);
    options.window_size_px = 32 + static_cast<int>(random.Next() % 200);
    options.window_stride = 0.3 + 0.7 * random.NextUniform();
    const std::vector<std::vector<Preprocessing>> lists = {
        {Preprocessing::kNone, Preprocessing::kLattice},
        {Preprocessing::kLattice},
        {Preprocessing::kGaussian, Preprocessing::kNone}};
    options.preprocessing = lists[random.Next() % lists.size()];
    constexpr const char* kOptimizers[] = {"nsga2", "bayesian", "sobol"};
    options.optimizer = kOptimizers[random.Next() % std::size(kOptimizers)];
    if (random.Next() % 2 == 0) options.preference = random.Next() % 2;
    if (random.Next() % 3 == 0) options.window_mode = WindowMode::kMap;

    SCOPED_TRACE(testing::Message()
                 << "trial " << trial << ": pattern " << static_cast<int>(pattern) << ", " << width
                 << " x " << height << ", " << options.material << ", " << pixel_size_nm << " nm");
    const auto frame = FrameOf(Draw(pattern, width, height, random), pixel_size_nm, "");
    const auto detector = LogStar::Create(options, &clock);
    ASSERT_TRUE(detector.ok()) << detector.status();
    const auto result = (*detector)->Detect(*frame, warm_start.get(), executor);
    ASSERT_TRUE(result.ok()) << result.status();
    ExpectSound(*result, *frame);
    if (HasFailure()) return;
    // What another frame taught, whatever its size and material, does no harm either.
    if (result->next_warm_start != nullptr) warm_start = result->next_warm_start;
  }
}

}  // namespace
}  // namespace atomstream

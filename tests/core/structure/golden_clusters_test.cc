// Our principal components and mixtures against scikit-learn's on the same data; the vectors come
// from tests/golden/make_cluster_vectors.py.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "core/structure/mixture_fit.h"
#include "core/structure/principal_components.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

struct GoldenSet {
  std::string name;
  DescriptorMatrix data;
  std::vector<double> explained;
  int clusters = 0;
  double log_likelihood = 0;
  std::vector<int> labels;
  int by_bic = 0;
};

GoldenSet ReadSet(const std::filesystem::path& path) {
  std::ifstream stream(path);
  for (std::string line; stream.peek() == '#';) std::getline(stream, line);
  GoldenSet set;
  std::string word, encoded, raw, digits;
  int rows = 0, columns = 0, count = 0;
  stream >> word >> set.name >> rows >> columns >> encoded;
  EXPECT_TRUE(absl::Base64Unescape(encoded, &raw)) << path;
  EXPECT_EQ(raw.size(), static_cast<size_t>(rows) * columns) << path;
  set.data.resize(rows, columns);
  for (int i = 0; i < rows * columns; ++i) set.data.data()[i] = static_cast<uint8_t>(raw[i]);
  stream >> word >> count;
  set.explained.resize(count);
  for (double& ratio : set.explained) stream >> ratio;
  stream >> word >> set.clusters >> set.log_likelihood >> word >> digits >> word >> set.by_bic;
  EXPECT_TRUE(stream) << path;
  EXPECT_EQ(digits.size(), static_cast<size_t>(rows)) << path;
  for (char digit : digits) set.labels.push_back(digit - '0');
  return set;
}

std::vector<GoldenSet> ReadSets() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ATOMSTREAM_GOLDEN_DIR) + "/cluster")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenSet> sets;
  for (const auto& path : paths) sets.push_back(ReadSet(path));
  return sets;
}

// 1: the same partition; 0: what chance gives.
double AdjustedRandIndex(const std::vector<int>& a, const std::vector<int>& b) {
  const auto pairs = [](double n) { return n * (n - 1) / 2; };
  std::map<std::pair<int, int>, int> both;
  std::map<int, int> of_a, of_b;
  for (size_t i = 0; i < a.size(); ++i) {
    ++both[{a[i], b[i]}];
    ++of_a[a[i]];
    ++of_b[b[i]];
  }
  double together = 0, in_a = 0, in_b = 0;
  for (const auto& [key, n] : both) together += pairs(n);
  for (const auto& [key, n] : of_a) in_a += pairs(n);
  for (const auto& [key, n] : of_b) in_b += pairs(n);
  const double chance = in_a * in_b / pairs(a.size());
  return (together - chance) / ((in_a + in_b) / 2 - chance);
}

TEST(AdjustedRandIndexTest, KnowsEqualAndUnrelatedPartitions) {
  EXPECT_DOUBLE_EQ(AdjustedRandIndex({0, 0, 1, 1, 2}, {5, 5, 3, 3, 4}), 1);
  // By hand: 2 pairs together in both, 4 and 4 in each, of 15: (2 - 16 / 15) / (4 - 16 / 15).
  EXPECT_NEAR(AdjustedRandIndex({0, 0, 0, 1, 1, 2}, {0, 0, 1, 1, 1, 2}), 0.318, 0.001);
}

class GoldenClustersTest : public ::testing::Test {
 protected:
  const std::vector<GoldenSet> sets_ = ReadSets();

  static PointMatrix Project(const GoldenSet& set) {
    return FitPrincipalComponents(set.data, Eigen::VectorXf::Ones(set.data.cols()),
                                  static_cast<int>(set.explained.size()))
        .Project(set.data);
  }
};

TEST_F(GoldenClustersTest, ExplainTheSameSharesOfVariance) {
  ASSERT_GE(sets_.size(), 5u);
  for (const GoldenSet& set : sets_) {
    const PrincipalComponents p = FitPrincipalComponents(
        set.data, Eigen::VectorXf::Ones(set.data.cols()), static_cast<int>(set.explained.size()));
    for (int i = 0; i < p.count(); ++i) {
      // float32 sums of values up to 255, six decimals in the file.
      EXPECT_NEAR(p.ExplainedRatio(i), set.explained[i], 2e-6) << set.name << " " << i;
    }
  }
}

TEST_F(GoldenClustersTest, FindTheSameClusters) {
  for (const GoldenSet& set : sets_) {
    const PointMatrix points = Project(set);
    MixtureFitOptions options;
    options.min_components = options.max_components = set.clusters;
    const MixtureFit fit = *FitMixture(points, options);
    const MixtureScores scores = ScorePoints(fit.mixture, points);
    std::vector<int> labels(points.rows());
    for (int i = 0; i < points.rows(); ++i) scores.probability.row(i).maxCoeff(&labels[i]);
    EXPECT_GE(AdjustedRandIndex(labels, set.labels), 0.98) << set.name;
    // Not a worse optimum than its best of twenty; 1e-3 is what the stopping rules leave.
    EXPECT_NEAR(fit.log_likelihood, set.log_likelihood, 1e-3) << set.name;
  }
}

TEST_F(GoldenClustersTest, ChooseTheSameNumberByBic) {
  for (const GoldenSet& set : sets_) {
    EXPECT_EQ(FitMixture(Project(set), {})->mixture.size(), set.by_bic) << set.name;
  }
}

}  // namespace
}  // namespace atomstream

#include "core/structure/cluster_atoms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/structure/simulated_atoms.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Silicon in graphene with vacancies.
SpecimenOptions SiGraphene(int size_px, uint64_t seed = 5) {
  SpecimenOptions options = TestSpecimen("graphene", size_px);
  options.dopant_fraction = 0.02;
  options.vacancy_fraction = 0.005;
  options.seed = seed;
  return options;
}

ClusterOptions Fixed(int clusters) {
  ClusterOptions options;
  options.min_clusters = options.max_clusters = clusters;
  return options;
}

ClusterResult ClusterFrame(const FrameWithAtoms& frame, const ClusterOptions& options,
                           std::shared_ptr<const ClusterModel> model = nullptr) {
  return *ClusterAtoms(frame.image, frame.atoms, frame.d_nn_px, options, std::move(model));
}

// The clusters most of whose atoms are dopants. There may be one for each sublattice.
std::set<int> DopantClusters(const FrameWithAtoms& frame, const ClusterResult& result) {
  std::map<int, int> balance;
  for (size_t i = 0; i < frame.atoms.size(); ++i) {
    if (result.labels[i] >= 0) balance[result.labels[i]] += frame.IsDopant(i) ? 1 : -1;
  }
  std::set<int> clusters;
  for (const auto& [label, surplus] : balance) {
    if (surplus > 0) clusters.insert(label);
  }
  return clusters;
}

TEST(ClusterAtomsTest, RecallsSiliconInGrapheneUnderNoise) {
  for (double noise : {0.0, 0.1, 0.2, 0.4}) {
    int dopants = 0, found = 0, others = 0;
    for (int seed = 1; seed <= 3; ++seed) {
      ScanOptions scan = TestScan(448, noise);
      scan.seed = seed;
      const FrameWithAtoms frame =
          RenderAtoms(*BuildSpecimen(SiGraphene(448, seed)), scan, 1.25 * noise);
      const ClusterResult result = ClusterFrame(frame, ClusterOptions());
      const std::set<int> clusters = DopantClusters(frame, result);
      for (size_t i = 0; i < frame.atoms.size(); ++i) {
        if (result.labels[i] < 0) continue;
        dopants += frame.IsDopant(i);
        found += frame.IsDopant(i) && clusters.count(result.labels[i]) > 0;
        others += !frame.IsDopant(i) && clusters.count(result.labels[i]) > 0;
      }
    }
    ASSERT_GE(dopants, 100);
    EXPECT_GE(found, (noise <= 0.2 ? 0.99 : 0.95) * dopants) << noise;
    EXPECT_LE(others, 0.1 * dopants) << noise;
  }
}

TEST(ClusterAtomsTest, TellsTheColumnsOfStrontiumTitanateApart) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(TestSpecimen("SrTiO3", 384)), TestScan(384, 0.2), 0.4);
  const ClusterResult result = ClusterFrame(frame, Fixed(2));
  std::map<std::pair<int, int>, int> counts;
  for (size_t i = 0; i < frame.atoms.size(); ++i) {
    if (result.labels[i] >= 0) {
      ++counts[{result.labels[i], frame.simulated.atoms[i].species}];
    }
  }
  EXPECT_EQ(counts.size(), 2u);  // each cluster one species
}

TEST(ClusterAtomsTest, DescribesItsClusters) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(SiGraphene(320)), TestScan(320, 0.1), 0.1);
  const ClusterResult result = ClusterFrame(frame, Fixed(3));
  const int grid = ClusterOptions().patch_grid;
  ASSERT_EQ(result.clusters.size(), 3u);
  int atoms = 0;
  double weights = 0;
  for (const Cluster& cluster : result.clusters) {
    atoms += cluster.size;
    weights += cluster.weight;
    double intensity = 0;
    int size = 0;
    for (size_t i = 0; i < frame.atoms.size(); ++i) {
      if (result.labels[i] != cluster.id) continue;
      intensity += frame.atoms[i].intensity;
      ++size;
      EXPECT_GT(result.probability[i], 1.0 / 3 - 1e-6);
    }
    EXPECT_EQ(cluster.size, size);
    EXPECT_NEAR(cluster.mean_intensity, intensity / size, 1e-5);
    ASSERT_EQ(cluster.centroid.rows, grid);
    // The atom in the middle outshines the corners; noise of 0.1, halved by interpolation, scatters
    // each point.
    EXPECT_GT(cluster.centroid(grid / 2, grid / 2), cluster.centroid(0, 0) + 0.1);
    const double dispersion = cv::mean(cluster.dispersion)[0];
    EXPECT_GT(dispersion, 0.03);
    EXPECT_LT(dispersion, 0.2);
  }
  EXPECT_EQ(atoms, result.clustered);
  EXPECT_NEAR(weights, 1, 1e-6);
  EXPECT_EQ(result.clustered + result.dropped_at_edge, static_cast<int>(frame.atoms.size()));
  ASSERT_EQ(result.explained_variance.size(), 2u);
  EXPECT_GT(result.explained_variance[0], result.explained_variance[1]);
  EXPECT_EQ(result.components.rows(), static_cast<int>(frame.atoms.size()));
  // The first fit numbers clusters by size.
  EXPECT_GE(result.clusters[0].size, result.clusters[2].size);
  EXPECT_THAT(DopantClusters(frame, result), ElementsAre(result.clusters[2].id));
}

TEST(ClusterAtomsTest, MeasuresCentroidAndDispersionAsTheDefinitionSays) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.1), 0.1);
  const ClusterOptions options = Fixed(2);
  const ClusterResult result = ClusterFrame(frame, options);
  const Descriptors d =
      *ExtractDescriptors(frame.image, frame.atoms, frame.d_nn_px, DescriptorOptions());
  const int point = 84;  // the middle
  for (const Cluster& cluster : result.clusters) {
    double sum = 0, squares = 0;
    for (int row = 0; row < d.size(); ++row) {
      if (result.labels[d.atoms[row]] != cluster.id) continue;
      sum += d.patches(row, point);
      squares += double(d.patches(row, point)) * d.patches(row, point);
    }
    const double mean = sum / cluster.size;
    EXPECT_NEAR(cluster.centroid(6, 6), mean, 1e-5);
    EXPECT_NEAR(cluster.dispersion(6, 6), std::sqrt(squares / cluster.size - mean * mean), 1e-4);
  }
}

TEST(ClusterAtomsTest, KeepsLabelsOfAtomsOverAHundredDriftingFrames) {
  SpecimenOptions options = SiGraphene(160);
  options.margin_nm = 3;
  options.dopant_fraction = 0.05;
  const Specimen specimen = *BuildSpecimen(options);
  ScanOptions scan = TestScan(160, 0.2);
  scan.drift_x_px_per_frame = 0.7;
  scan.drift_y_px_per_frame = -0.4;
  std::shared_ptr<const ClusterModel> model;
  // An atom is known by its place on the specimen.
  std::map<std::pair<long, long>, int> last;
  int comparisons = 0, switches = 0, refits = 0;
  for (int f = 0; f < 100; ++f) {
    const FrameWithAtoms frame = RenderAtoms(specimen, scan, 0.3, f);
    const ClusterResult result = ClusterFrame(frame, Fixed(3), model);
    model = result.next_model;
    refits += f > 0 && result.refitted;
    for (size_t i = 0; i < frame.atoms.size(); ++i) {
      if (result.labels[i] < 0) continue;
      const std::pair place{
          std::lround(frame.simulated.atoms[i].x_px - frame.simulated.drift_x_px),
          std::lround(frame.simulated.atoms[i].y_px - frame.simulated.drift_y_px)};
      const auto [it, first] = last.try_emplace(place, result.labels[i]);
      if (first) continue;
      ++comparisons;
      switches += it->second != result.labels[i];
      it->second = result.labels[i];
    }
  }
  EXPECT_GT(comparisons, 20000);
  EXPECT_LE(switches, 0.005 * comparisons);
  EXPECT_EQ(refits, 0);
}

TEST(ClusterAtomsTest, AnnouncesARefitOnDriftAndKeepsWhatTheClustersMean) {
  const Specimen specimen = *BuildSpecimen(SiGraphene(320));
  const FrameWithAtoms sharp = RenderAtoms(specimen, TestScan(320, 0.1), 0.1);
  const ClusterResult first = ClusterFrame(sharp, Fixed(3));
  EXPECT_TRUE(first.refitted);
  EXPECT_EQ(first.refit_reason, "first");
  EXPECT_EQ(first.generation, 1);

  const ClusterResult same = ClusterFrame(sharp, Fixed(3), first.next_model);
  EXPECT_FALSE(same.refitted);
  EXPECT_EQ(same.refit_reason, "");
  EXPECT_EQ(same.labels, first.labels);
  EXPECT_EQ(same.next_model, first.next_model);

  // Half the contrast, a brighter ground and more noise: another likelihood, the same atoms.
  FrameWithAtoms faint = RenderAtoms(specimen, TestScan(320, 0.2), 0.1);
  faint.image = Image(faint.image * 0.5 + 0.3);
  const ClusterResult after = ClusterFrame(faint, Fixed(3), first.next_model);
  EXPECT_TRUE(after.refitted);
  EXPECT_EQ(after.refit_reason, "likelihood");
  EXPECT_EQ(after.generation, 2);
  int switches = 0;
  for (size_t i = 0; i < sharp.atoms.size(); ++i) switches += after.labels[i] != first.labels[i];
  EXPECT_LE(switches, 0.01 * first.clustered);
  EXPECT_FALSE(ClusterFrame(faint, Fixed(3), after.next_model).refitted);
}

TEST(ClusterAtomsTest, MoreNoiseAndFewerClustersLeaveTheirNumbersToSublatticesAndDopants) {
  for (uint64_t seed : {5, 6, 7, 8, 9}) {
    const Specimen specimen = *BuildSpecimen(SiGraphene(320, seed));
    const FrameWithAtoms clear = RenderAtoms(specimen, TestScan(320, 0.05), 0.1);
    const ClusterResult before = ClusterFrame(clear, ClusterOptions());
    const FrameWithAtoms noisy = RenderAtoms(specimen, TestScan(320, 0.4), 0.3);
    const ClusterResult after = ClusterFrame(noisy, Fixed(3), before.next_model);
    ASSERT_TRUE(after.refitted);
    const std::set<int> old_dopants = DopantClusters(clear, before);
    const std::set<int> new_dopants = DopantClusters(noisy, after);
    ASSERT_EQ(new_dopants.size(), 1u) << seed;
    EXPECT_EQ(old_dopants.count(*new_dopants.begin()), 1u) << seed;
    // The two sublattices, the largest clusters, were numbered first.
    for (const Cluster& cluster : after.clusters) {
      EXPECT_EQ(cluster.id <= 1, cluster.size > 400) << seed;
    }
  }
}

TEST(ClusterAtomsTest, GivesANewClusterANewNumber) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(SiGraphene(320)), TestScan(320, 0.1), 0.1);
  const ClusterResult three = ClusterFrame(frame, Fixed(3));
  const ClusterResult two = ClusterFrame(frame, Fixed(2), three.next_model);
  EXPECT_EQ(two.refit_reason, "options");
  const ClusterResult again = ClusterFrame(frame, Fixed(3), two.next_model);
  ASSERT_EQ(again.clusters.size(), 3u);
  // One of 0, 1, 2 went with the second fit; it does not come back.
  EXPECT_EQ(again.clusters[2].id, 3);
}

TEST(ClusterAtomsTest, GivesTheSameResultForTheSameSeed) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.3), 0.2);
  const ClusterResult a = ClusterFrame(frame, ClusterOptions()),
                      b = ClusterFrame(frame, ClusterOptions());
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.probability, b.probability);
}

TEST(ClusterAtomsTest, SaysWhyAResultIsEmpty) {
  const Image image = Image::zeros(64, 64);
  const ClusterOptions options;
  EXPECT_EQ(ClusterAtoms(image, {}, 7, options, nullptr)->empty_reason, "no_atoms");
  EXPECT_EQ(ClusterAtoms(image, {{30, 30}}, 0, options, nullptr)->empty_reason, "no_lattice");
  EXPECT_EQ(ClusterAtoms(image, {{1, 1}}, 7, options, nullptr)->empty_reason, "all_atoms_at_edge");
  const ClusterResult one = *ClusterAtoms(image, {{30, 30}}, 7, options, nullptr);
  EXPECT_EQ(one.empty_reason, "too_few_atoms");
  EXPECT_THAT(one.detail, HasSubstr("1 atoms for 1 clusters in 2 principal components: needs 6"));
  EXPECT_EQ(one.labels, std::vector<int>{-1});
  EXPECT_EQ(one.next_model, nullptr);
  // Enough atoms for one cluster, too few for the six that are asked for.
  std::vector<Atom> atoms;
  for (int i = 0; i < 40; ++i) atoms.push_back({10.0f + i, 30});
  EXPECT_EQ(ClusterAtoms(image, atoms, 7, Fixed(6), nullptr)->empty_reason, "too_few_atoms");
}

TEST(ClusterAtomsTest, LeavesOutWhatIsNoAtom) {
  FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.1), 0.1);
  const ClusterResult without = ClusterFrame(frame, Fixed(3));
  // Hollows of the lattice among the atoms, in front and behind.
  const Atom hollow{100, 100, 2, 0, 1};
  frame.atoms.insert(frame.atoms.begin(), hollow);
  frame.atoms.push_back(hollow);
  std::vector<bool> left_out(frame.atoms.size(), false);
  left_out.front() = left_out.back() = true;
  const ClusterResult with = *ClusterAtoms(frame.image, frame.atoms, frame.d_nn_px, Fixed(3),
                                           nullptr, Refit::kAllowed, left_out);
  EXPECT_EQ(with.left_out, 2);
  EXPECT_EQ(with.clustered, without.clustered);
  EXPECT_EQ(with.labels.front(), -1);
  EXPECT_EQ(with.labels.back(), -1);
  EXPECT_EQ(std::vector<int>(with.labels.begin() + 1, with.labels.end() - 1), without.labels);
}

TEST(ClusterAtomsTest, LabelsASingleAtomWithAKeptModel) {
  FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.1), 0.1);
  const ClusterResult all = ClusterFrame(frame, Fixed(3));
  const int inner =
      std::find_if(all.labels.begin(), all.labels.end(), [](int label) { return label >= 0; }) -
      all.labels.begin();
  frame.atoms = {frame.atoms[inner]};
  const ClusterResult one = ClusterFrame(frame, Fixed(3), all.next_model);
  EXPECT_EQ(one.empty_reason, "");
  EXPECT_EQ(one.labels[0], all.labels[inner]);
  EXPECT_EQ(one.clusters.size(), 3u);  // the others are there, empty
}

TEST(ClusterAtomsTest, KeepsTheModelWhenADriftedFrameHasTooFewAtoms) {
  FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.1), 0.1);
  const ClusterResult all = ClusterFrame(frame, Fixed(3));
  frame.image = Image(frame.image * 3 + 5);
  std::vector<Atom> few;
  for (size_t i = 0; i < frame.atoms.size() && few.size() < 5; ++i) {
    if (all.labels[i] >= 0) few.push_back(frame.atoms[i]);
  }
  frame.atoms = few;
  const ClusterResult result = ClusterFrame(frame, Fixed(3), all.next_model);
  EXPECT_FALSE(result.refitted);
  EXPECT_EQ(result.refit_reason, "likelihood");
  EXPECT_EQ(result.next_model, all.next_model);
  EXPECT_EQ(result.clustered, 5);
}

TEST(ClusterAtomsTest, FitsOnASampleOfVeryManyAtoms) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(SiGraphene(256)), TestScan(256, 0.1), 0.1);
  FrameWithAtoms many = frame;
  while (many.atoms.size() < kMaxFitAtoms + 100) {
    many.atoms.insert(many.atoms.end(), frame.atoms.begin(), frame.atoms.end());
  }
  const ClusterResult result = ClusterFrame(many, Fixed(3));
  EXPECT_EQ(result.labels.size(), many.atoms.size());
  EXPECT_EQ(result.labels[many.atoms.size() - 1], result.labels[frame.atoms.size() - 1]);
}

TEST(ClusterAtomsTest, NamesTheWrongOption) {
  const auto message = [](ClusterOptions options) {
    return std::string(
        ClusterAtoms(Image::zeros(8, 8), {}, 7, options, nullptr).status().message());
  };
  ClusterOptions options;
  options.max_clusters = 17;
  EXPECT_THAT(message(options), HasSubstr("max_clusters = 17"));
  options = {};
  options.principal_components = 0;
  EXPECT_THAT(message(options), HasSubstr("principal_components = 0"));
  options = {};
  options.drift_log_likelihood = NAN;
  EXPECT_THAT(message(options), HasSubstr("drift_log_likelihood = nan"));
  options = {};
  options.patch_side_d_nn = 0;
  EXPECT_THAT(message(options), HasSubstr("side_d_nn = 0"));
}

}  // namespace
}  // namespace atomstream

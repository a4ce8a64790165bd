// The pure parts of the structure and targets benchmarks: what is counted, and what misses an aim.
#include <cmath>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/aim_tally.h"
#include "tests/bench/cluster_speed.h"
#include "tests/bench/commands.h"
#include "tests/bench/dopant_recall.h"
#include "tests/bench/label_stability.h"
#include "tests/bench/silicon_run.h"
#include "tests/bench/stage_costs.h"
#include "tests/bench/target_accuracy.h"

namespace atomstream::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(AimTallyTest, CountsRowsNotLines) {
  AimTally tally;
  tally.Add({});
  tally.Add({"too slow", "too dark"});
  tally.Add({});
  EXPECT_EQ(tally.Report(false), "1 of 3 rows miss an aim\n  too slow\n  too dark\n");
  EXPECT_EQ(
      tally.Report(true),
      "{\"rows\": 3, \"rows_missing_an_aim\": 1, \"missed\": [\"too slow\", \"too dark\"]}\n");
}

TEST(DriftPathTest, StepsAreAsLongAsTheyMayBe) {
  for (const DriftPath path : {DriftPath::kStraight, DriftPath::kCircling, DriftPath::kWandering}) {
    const std::vector<PointPx> places = MakeDriftPath(path, 5, 200, 3);
    ASSERT_EQ(places.size(), 200u);
    EXPECT_EQ(places[0].x_px, 0);
    for (size_t i = 1; i < places.size(); ++i) {
      const double step =
          std::hypot(places[i].x_px - places[i - 1].x_px, places[i].y_px - places[i - 1].y_px);
      EXPECT_LE(step, 5 + 1e-9);
      if (path != DriftPath::kWandering) {
        EXPECT_NEAR(step, 5, 1e-9);
      }
    }
  }
  // Sixty steps of a circle lead back.
  const std::vector<PointPx> circle = MakeDriftPath(DriftPath::kCircling, 5, 61, 3);
  EXPECT_NEAR(std::hypot(circle[60].x_px, circle[60].y_px), 0, 1e-6);
  EXPECT_GT(std::hypot(circle[30].x_px, circle[30].y_px), 90);  // the diameter: 300 / pi
}

TEST(SiliconRunTest, AnAtomKeepsItsIdAndKindWhereverTheDriftTakesIt) {
  SiliconRunOptions options;
  options.frames = 12;
  options.size_px = 96;
  options.silicon_fraction = 0.05;
  options.speed_px = 4;
  const SiliconRun run = *SiliconRun::Create(options);
  const SiliconFrame first = *run.At(0);
  std::map<int, KnownAtom> known;
  for (const KnownAtom& atom : first.atoms) known[atom.id] = atom;
  ASSERT_EQ(known.size(), first.atoms.size());  // no id comes twice
  PointPx drift;
  for (int i = 1; i < 12; ++i) {
    drift.x_px += run.StepInto(i).x_px;
    drift.y_px += run.StepInto(i).y_px;
  }
  EXPECT_NEAR(std::hypot(drift.x_px, drift.y_px), 44, 1e-6);
  int met = 0, silicon = 0;
  const SiliconFrame last = *run.At(11);
  for (const KnownAtom& atom : last.atoms) {
    const auto before = known.find(atom.id);
    if (before == known.end()) continue;
    ++met;
    silicon += atom.silicon;
    EXPECT_EQ(atom.silicon, before->second.silicon);
    EXPECT_NEAR(atom.place.x_px - before->second.place.x_px, drift.x_px, 1e-6);
    EXPECT_NEAR(atom.place.y_px - before->second.place.y_px, drift.y_px, 1e-6);
  }
  EXPECT_GT(met, 20);
  EXPECT_GT(silicon, 0);
}

Cluster ClusterOf(int id, int size, double intensity) {
  Cluster cluster;
  cluster.id = id;
  cluster.size = size;
  cluster.mean_intensity = intensity;
  return cluster;
}

TEST(BrightClustersTest, TakesTheBrightestAndThoseLikeIt) {
  EXPECT_THAT(BrightClusters({}), IsEmpty());
  // Silicon of either sublattice, carbon of either, vacancies; an empty cluster says nothing.
  EXPECT_THAT(BrightClusters({ClusterOf(0, 900, 0.6), ClusterOf(1, 890, 0.61), ClusterOf(3, 9, 1.0),
                              ClusterOf(4, 20, 0.3), ClusterOf(5, 8, 1.05), ClusterOf(6, 0, 2)}),
              ElementsAre(3, 5));
  EXPECT_THAT(BrightClusters({ClusterOf(7, 900, 0.6)}), ElementsAre(7));
}

TEST(NameCountsTest, AddsUpFrames) {
  NameCounts counts{10, 9, 1};
  counts.Add({10, 10, 0});
  EXPECT_DOUBLE_EQ(counts.Recall(), 0.95);
  EXPECT_DOUBLE_EQ(counts.Precision(), 0.95);
  EXPECT_EQ(NameCounts().Recall(), 1);
}

TEST(MissedAimsTest, OneNameIsEnoughForDopants) {
  DopantRow row;
  row.noise = 0.2;
  row.by_kind = {100, 98, 0};
  row.by_cluster = {100, 99, 50};
  EXPECT_THAT(MissedAims(row), IsEmpty());
  row.by_cluster.found = 98;
  EXPECT_THAT(MissedAims(row), ElementsAre(HasSubstr("0.9800 by kind")));
  row.noise = 0.4;
  EXPECT_THAT(MissedAims(row), IsEmpty());
  row.by_kind.found = row.by_cluster.found = 94;
  EXPECT_THAT(MissedAims(row), ElementsAre(HasSubstr("< 0.95")));
}

TEST(SwitchCounterTest, CountsAtomsThatHaveALabelInBothFrames) {
  SwitchCounter counter;
  counter.Add({{1, 0}, {2, 0}, {3, 1}});
  EXPECT_EQ(counter.chances(), 0);
  counter.Add({{1, 0}, {2, 1}, {4, 1}});  // 2 switches; 3 left, 4 came
  EXPECT_EQ(counter.chances(), 2);
  EXPECT_EQ(counter.switches(), 1);
  counter.Add({{1, 0}, {2, 1}, {3, 0}, {4, 1}});  // 3 was out of sight: no chance
  EXPECT_EQ(counter.chances(), 5);
  EXPECT_EQ(counter.switches(), 1);
  EXPECT_DOUBLE_EQ(counter.Share(), 0.2);
}

TEST(MissedAimsTest, HalfAPerCentOfLabelsMaySwitch) {
  LabelRow row;
  row.switch_share = 0.005;
  EXPECT_THAT(MissedAims(row), IsEmpty());
  row.switch_share = 0.006;
  EXPECT_THAT(MissedAims(row), ElementsAre(HasSubstr("clusters by BIC: 0.60 %")));
}

TEST(MissedAimsTest, AStageMayTakeATenthOfTheDetector) {
  EXPECT_THAT(MissedAims(StageCost{"drift", 8, 0.1}), IsEmpty());
  EXPECT_THAT(MissedAims(StageCost{"drift", 9, 0.11}),
              ElementsAre(HasSubstr("drift takes 11.0 %")));
}

TEST(MissedAimsTest, ClustersMustBeQuickAndQuickerThanScikitLearn) {
  ClusterSpeedRow row;
  row.warm_ms = 5;
  EXPECT_THAT(MissedAims(row), IsEmpty());  // without a reference there is nothing to compare
  row.sklearn_fit_ms = 60;
  EXPECT_THAT(MissedAims(row), IsEmpty());
  row.sklearn_fit_ms = 40;
  EXPECT_THAT(MissedAims(row), ElementsAre(HasSubstr("8.0 times")));
  row.warm_ms = 21;
  EXPECT_EQ(MissedAims(row).size(), 2u);
}

TEST(NearestAtomTest, LooksNoFartherThanItShould) {
  const std::vector<KnownAtom> atoms = {{7, {0, 0}, false}, {8, {10, 0}, true}};
  EXPECT_EQ(NearestAtom(atoms, {6, 0}, 100), 1);
  EXPECT_EQ(NearestAtom(atoms, {4, 0}, 100), 0);
  EXPECT_EQ(NearestAtom(atoms, {6, 0}, 3), -1);
  EXPECT_EQ(NearestAtom({}, {6, 0}, 3), -1);
}

TEST(MissedAimsTest, NoVisitMayHitAnotherAtom) {
  TargetRow row;
  row.atom_sigma_px = 2;
  row.error_px = 0.6;
  row.visits = 1000;
  EXPECT_THAT(MissedAims(row), IsEmpty());
  row.wrong_site = 1;
  EXPECT_THAT(MissedAims(row), ElementsAre(HasSubstr("1 of 1000 visits")));
  row.error_px = 0.61;
  EXPECT_EQ(MissedAims(row).size(), 2u);
}

// A short run without noise: every target stays on its atom.
TEST(TargetsCommandTest, FollowsTargetsThroughADriftingRun) {
  EXPECT_TRUE(RunTargets({"--paths=straight", "--noise=0", "--frames=4", "--size=160",
                          "--silicon=0.03", "--format=json"})
                  .ok());
}

TEST(TargetsCommandTest, MistakesAreRefused) {
  EXPECT_THAT(MessageOf(RunTargets({"--paths=zigzag"})), HasSubstr("\"zigzag\""));
  EXPECT_THAT(MessageOf(RunTargets({"--frames=1"})), HasSubstr("--frames"));
  EXPECT_THAT(MessageOf(RunTargets({"--criteria=gold"})), HasSubstr("--criteria"));
}

TEST(StructureCommandTest, MistakesAreRefused) {
  EXPECT_THAT(MessageOf(RunStructure({"--parts=lunch"})), HasSubstr("\"lunch\""));
  EXPECT_THAT(MessageOf(RunStructure({"--repeats=0"})), HasSubstr("--repeats"));
  EXPECT_THAT(MessageOf(RunStructure({"--seeds=0"})), HasSubstr("--seeds"));
  EXPECT_THAT(MessageOf(RunStructure({"--cost-frames=1"})), HasSubstr("--cost-frames"));
  EXPECT_THAT(MessageOf(RunStructure({"--label-clusters=-1"})), HasSubstr("--label-clusters"));
}

}  // namespace
}  // namespace atomstream::bench

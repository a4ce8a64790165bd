#include "server/structure/structure_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "tests/fakes/fake_clock.h"
#include "tests/server/structure/structure_fixture.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using StructurePtr = std::shared_ptr<const StructureRecord>;

class StructureStageTest : public testing::Test {
 protected:
  void Make(const StructureOptions& options) {
    stage_ = std::make_unique<StructureStage>(
        options,
        StructureDependencies{.steady_clock = &clock_, .metrics = &metrics_, .log = &log_});
  }
  void SetUp() override {
    StructureOptions options;
    options.clusters.min_clusters = options.clusters.max_clusters = 3;
    Make(options);
  }

  StructurePtr Live(const Detected& detected, int64_t live_index) {
    return stage_->Analyse(*detected.frame, detected.detector, live_index);
  }
  StructurePtr Alone(const Detected& detected) {
    return stage_->Analyse(*detected.frame, detected.detector, std::nullopt);
  }
  int64_t Refits(const char* reason, const char* detector = "log_star") {
    return metrics_.Structure(detector).Refits(reason)->value();
  }
  // One frame of 256 px with these atoms, 7 px apart on average.
  StructurePtr OfAtoms(std::vector<Atom> atoms, double d_nn_px = 7) {
    return Live(Detect(DetectorKind::kLogStar, DetectedGraphene(0.1, 0).frame->image(),
                       std::move(atoms), d_nn_px),
                0);
  }

  FakeClock clock_;
  RecordingLog log_;
  MetricRegistry registry_;
  DaemonMetrics metrics_{registry_};
  std::unique_ptr<StructureStage> stage_;
};

TEST_F(StructureStageTest, DescribesEveryAtom) {
  const Detected detected = DetectedGraphene(0.1, 0);
  const StructurePtr record = Live(detected, 0);
  const size_t atoms = detected.detector.atoms().size();
  EXPECT_EQ(record->clusters.labels.size(), atoms);
  EXPECT_EQ(record->clusters.clusters.size(), 3u);
  EXPECT_EQ(record->patch_grid, 13);
  EXPECT_NEAR(record->patch_side_px, 2.4 * 7.1, 0.1);  // d_NN of graphene at 0.02 nm a pixel
  EXPECT_EQ(record->clusters.next_model, nullptr);
  ASSERT_EQ(record->sites.sites.size(), atoms);
  EXPECT_EQ(record->sites.usual_coordination, 3);
  EXPECT_GT(CountSiteKinds(record->sites)[static_cast<size_t>(SiteKind::kDopant)], 0);
  EXPECT_EQ(record->sites_error, "");
}

TEST_F(StructureStageTest, LiveFramesShareOneModelSoThatLabelsStay) {
  const StructurePtr first = Live(DetectedGraphene(0.1, 0), 0);
  EXPECT_TRUE(first->clusters.refitted);
  EXPECT_EQ(first->clusters.refit_reason, "first");
  int switches = 0, labelled = 0;
  for (int i = 1; i < 6; ++i) {
    const StructurePtr next = Live(DetectedGraphene(0.1, i), i);
    EXPECT_EQ(next->clusters.generation, 1);
    EXPECT_FALSE(next->clusters.refitted);
    ASSERT_EQ(next->clusters.labels.size(), first->clusters.labels.size());
    for (size_t a = 0; a < first->clusters.labels.size(); ++a) {
      if (first->clusters.labels[a] < 0 || next->clusters.labels[a] < 0) continue;
      ++labelled;
      switches += first->clusters.labels[a] != next->clusters.labels[a];
    }
  }
  // Places are 0.1 px off and noise is 0.1: next to nothing beside an atom of 2.2 px.
  EXPECT_LE(switches, 0.005 * labelled);
  EXPECT_EQ(Refits("first"), 1);
  EXPECT_THAT(log_.infos(), ElementsAre(HasSubstr("model 1 has 3 clusters")));
}

TEST_F(StructureStageTest, ARefitIsAnnouncedInTheResultTheLogAndTheMetrics) {
  Live(DetectedGraphene(0.05, 0), 0);
  const StructurePtr noisy = Live(DetectedGraphene(0.4, 1), 10);
  EXPECT_TRUE(noisy->clusters.refitted);
  EXPECT_EQ(noisy->clusters.generation, 2);
  const std::string reason = noisy->clusters.refit_reason;
  ASSERT_TRUE(reason == "likelihood" || reason == "residual") << reason;
  EXPECT_EQ(Refits(reason.c_str()), 1);
  EXPECT_THAT(log_.infos(),
              ElementsAre(HasSubstr("first"), HasSubstr(reason + ": model 2 has 3 clusters")));
  EXPECT_FALSE(Live(DetectedGraphene(0.4, 2), 11)->clusters.refitted);
}

TEST_F(StructureStageTest, ARefitWaitsForSomeFramesAndTheOldModelStandsMeanwhile) {
  Live(DetectedGraphene(0.05, 0), 0);
  const StructurePtr waiting = Live(DetectedGraphene(0.4, 1), 4);
  EXPECT_FALSE(waiting->clusters.refitted);
  EXPECT_NE(waiting->clusters.refit_reason, "");
  EXPECT_EQ(waiting->clusters.generation, 1);
  EXPECT_EQ(waiting->clusters.clusters.size(), 3u);
  EXPECT_TRUE(Live(DetectedGraphene(0.4, 2), 5)->clusters.refitted);
}

TEST_F(StructureStageTest, OptionsThatChangeMakeTheNextLiveFrameFitAnewAndIdsNeverComeAgain) {
  const StructurePtr before = Live(DetectedGraphene(0.1, 0), 0);
  StructureOptions options;
  options.clusters.min_clusters = options.clusters.max_clusters = 2;
  options.clusters.patch_grid = 9;
  options.clusters.patch_side_d_nn = 2;
  stage_->SetOptions(options);
  const StructurePtr after = Live(DetectedGraphene(0.1, 1), 1);  // long before a refit may be
  EXPECT_TRUE(after->clusters.refitted);
  EXPECT_EQ(after->clusters.refit_reason, "options");
  EXPECT_EQ(after->clusters.generation, 2);
  ASSERT_EQ(after->clusters.clusters.size(), 2u);
  EXPECT_EQ(after->patch_grid, 9);
  EXPECT_EQ(after->clusters.clusters[0].centroid.cols, 9);
  EXPECT_NEAR(after->patch_side_px, 2 * 7.1, 0.1);
  for (const Cluster& cluster : after->clusters.clusters) {
    EXPECT_GT(cluster.id, before->clusters.clusters.back().id);
  }
  EXPECT_FALSE(Live(DetectedGraphene(0.1, 2), 2)->clusters.refitted);
}

TEST_F(StructureStageTest, OptionsOfSitesLeaveTheModel) {
  Live(DetectedGraphene(0.1, 0), 0);
  StructureOptions options;
  options.clusters.min_clusters = options.clusters.max_clusters = 3;
  options.sites.dopant_sigmas = 100;
  options.sites.dopant_contrast = 10;
  stage_->SetOptions(options);
  const StructurePtr record = Live(DetectedGraphene(0.1, 1), 1);
  EXPECT_EQ(record->clusters.generation, 1);
  EXPECT_EQ(CountSiteKinds(record->sites)[static_cast<size_t>(SiteKind::kDopant)], 0);
}

TEST_F(StructureStageTest, SwitchedOffItSaysNothingAndOnAgainItKnowsItsModel) {
  StructureOptions options;
  options.clusters.min_clusters = options.clusters.max_clusters = 3;
  Live(DetectedGraphene(0.1, 0), 0);
  stage_->SetOptions(std::nullopt);
  EXPECT_EQ(Live(DetectedGraphene(0.1, 1), 1), nullptr);
  EXPECT_EQ(Alone(DetectedGraphene(0.1, 1)), nullptr);
  stage_->SetOptions(options);
  const StructurePtr record = Live(DetectedGraphene(0.1, 2), 2);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->clusters.generation, 1);
}

TEST_F(StructureStageTest, AnOlderFrameThatFinishesLateReplacesNothing) {
  Live(DetectedGraphene(0.05, 0), 20);
  EXPECT_FALSE(Live(DetectedGraphene(0.4, 1), 3)->clusters.refitted);
  EXPECT_EQ(Live(DetectedGraphene(0.05, 2), 21)->clusters.generation, 1);
}

TEST_F(StructureStageTest, AFrameThatStandsAloneDependsOnNothingElseAndTeachesNobody) {
  const Detected noisy = DetectedGraphene(0.4, 1);
  const StructurePtr before = Alone(noisy);
  Live(DetectedGraphene(0.05, 0), 0);
  const StructurePtr after = Alone(noisy);
  EXPECT_EQ(before->clusters.labels, after->clusters.labels);
  EXPECT_EQ(after->clusters.generation, 1);
  EXPECT_EQ(after->clusters.refit_reason, "first");
  EXPECT_FALSE(Live(DetectedGraphene(0.05, 2), 30)->clusters.refitted);
  EXPECT_EQ(Refits("first"), 1);
  EXPECT_EQ(log_.infos().size(), 1u);
}

TEST_F(StructureStageTest, EachDetectorAndMaterialHasAModelOfItsOwn) {
  Live(DetectedGraphene(0.1, 0), 0);
  EXPECT_EQ(Live(DetectedGraphene(0.1, 1, DetectorKind::kUnet), 1)->clusters.refit_reason, "first");
  EXPECT_EQ(
      Live(DetectedGraphene(0.1, 2, DetectorKind::kLogStar, "graphene"), 2)->clusters.refit_reason,
      "first");
  EXPECT_EQ(Live(DetectedGraphene(0.1, 3), 3)->clusters.refit_reason, "");
  EXPECT_EQ(Refits("first"), 2);
  EXPECT_EQ(Refits("first", "unet"), 1);
}

TEST_F(StructureStageTest, SaysWhyThereAreNoClusters) {
  const StructurePtr none = OfAtoms({});
  EXPECT_EQ(none->clusters.empty_reason, "no_atoms");
  EXPECT_EQ(none->sites_error, "");
  EXPECT_THAT(none->sites.sites, IsEmpty());

  const StructurePtr one = OfAtoms({{.x_px = 100, .y_px = 100}});
  EXPECT_EQ(one->clusters.empty_reason, "too_few_atoms");
  EXPECT_THAT(one->clusters.labels, ElementsAre(-1));
  ASSERT_EQ(one->sites.sites.size(), 1u);
  EXPECT_EQ(one->sites.sites[0].kind, SiteKind::kUnknown);

  EXPECT_EQ(OfAtoms({{.x_px = 1, .y_px = 1}})->clusters.empty_reason, "all_atoms_at_edge");
  EXPECT_EQ(OfAtoms({{.x_px = 100, .y_px = 100}}, 0)->clusters.empty_reason, "no_lattice");
  EXPECT_EQ(metrics_.Structure("log_star").clusters_failed->value(), 0);
}

TEST_F(StructureStageTest, TooFewAtomsForAFirstFitDoNotSpoilTheNextFrame) {
  OfAtoms({{.x_px = 100, .y_px = 100}});
  EXPECT_EQ(Live(DetectedGraphene(0.1, 0), 1)->clusters.generation, 1);
}

TEST_F(StructureStageTest, WhatFailsIsSaidAndCostsNoAtom) {
  Detected broken = DetectedGraphene(0.1, 0);
  std::get<LogStarResult>(broken.detector.result).atoms[4].x_px =
      std::numeric_limits<float>::quiet_NaN();
  const StructurePtr record = Live(broken, 0);
  EXPECT_EQ(record->clusters.empty_reason, "failed");
  EXPECT_THAT(record->clusters.detail, HasSubstr("atoms[4]"));
  EXPECT_EQ(record->clusters.labels, std::vector<int>(broken.detector.atoms().size(), -1));
  EXPECT_THAT(record->sites_error, HasSubstr("atoms[4]"));
  EXPECT_THAT(record->sites.sites, IsEmpty());
  EXPECT_EQ(metrics_.Structure("log_star").clusters_failed->value(), 1);
  EXPECT_EQ(metrics_.Structure("log_star").sites_failed->value(), 1);
  EXPECT_EQ(log_.warnings().size(), 2u);
  EXPECT_EQ(Live(DetectedGraphene(0.1, 1), 1)->clusters.empty_reason, "");
}

TEST_F(StructureStageTest, MoreAtomsThanTheBoundAreNotAnalysed) {
  const StructurePtr record = OfAtoms(std::vector<Atom>(StructureStage::kMaxAtoms + 1));
  EXPECT_EQ(record->clusters.empty_reason, "too_many_atoms");
  EXPECT_THAT(record->sites_error, HasSubstr("500001 atoms"));
}

TEST_F(StructureStageTest, AtomsOnTopOfOneAnotherHaveNoSites) {
  // Asking 100,000 atoms at one place for their neighbours would take minutes.
  const StructurePtr record =
      OfAtoms(std::vector<Atom>(100'000, Atom{.x_px = 100, .y_px = 90, .sigma_px = 2}));
  EXPECT_THAT(record->sites_error, HasSubstr("more than 64 atoms on 4 x 4 px around (100, 90)"));
  EXPECT_EQ(record->clusters.labels.size(), 100'000u);
  EXPECT_NE(record->clusters.empty_reason, "failed") << record->clusters.detail;
  // Also outside the frame.
  EXPECT_NE(OfAtoms(std::vector<Atom>(65, Atom{.x_px = -1e30f, .y_px = 1e30f}))->sites_error, "");
}

TEST_F(StructureStageTest, FramesWorkedOnAtOnceAgreeOnOneModel) {
  constexpr int kThreads = 4, kFrames = 3;
  std::vector<Detected> frames;
  for (int i = 0; i < kThreads; ++i) frames.push_back(DetectedGraphene(0.1, i));
  std::atomic<int> refitted = 0, of_another_generation = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFrames; ++i) {
        const StructurePtr record = Live(frames[t], i * kThreads + t);
        refitted += record->clusters.refitted;
        of_another_generation += record->clusters.generation != 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refitted, 1);
  EXPECT_EQ(of_another_generation, 0);
  EXPECT_EQ(Refits("first"), 1);
}

TEST_F(StructureStageTest, OptionsMayChangeWhileFramesAreWorkedOn) {
  constexpr int kThreads = 3, kFrames = 6;
  StructureOptions options[2];
  options[0].clusters.min_clusters = options[0].clusters.max_clusters = 3;
  options[1].clusters.min_clusters = options[1].clusters.max_clusters = 2;
  options[1].clusters.patch_grid = 7;
  const Detected frame = DetectedGraphene(0.1, 0);
  std::atomic<int> working = kThreads, mixed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFrames; ++i) {
        const StructurePtr record = Live(frame, i * kThreads + t);
        const int clusters = static_cast<int>(record->clusters.clusters.size());
        mixed += record->patch_grid != record->clusters.clusters[0].centroid.cols;
        mixed += record->patch_grid != (clusters == 3 ? 13 : 7);
      }
      --working;
    });
  }
  for (int i = 0; working > 0; ++i) {
    stage_->SetOptions(options[i % 2]);
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(mixed, 0);
}

TEST(ValidateStructureOptionsTest, NamesTheOption) {
  const auto message = [](auto change) {
    StructureOptions options;
    change(options);
    return std::string(ValidateStructureOptions(options).message());
  };
  EXPECT_EQ(message([](StructureOptions&) {}), "");
  EXPECT_EQ(message([](StructureOptions& o) { o.clusters.patch_grid = 2; }),
            "patch_grid = 2: must be in [3, 64]");
  EXPECT_EQ(message([](StructureOptions& o) { o.clusters.max_clusters = 0; }),
            "max_clusters = 0: must be in [1, 16]");
  EXPECT_EQ(message([](StructureOptions& o) { o.sites.dopant_sigmas = 0; }),
            "dopant_sigmas = 0: must be in [1, 100]");
  EXPECT_EQ(message([](StructureOptions& o) { o.sites.bonds.cutoff_d_nn = 3; }),
            "cutoff_d_nn = 3: must be in (0.5, 2]");
  EXPECT_EQ(message([](StructureOptions& o) { o.min_frames_between_refits = 0; }),
            "min_frames_between_refits = 0: must be in [1, 100000]");
}

TEST_F(StructureStageTest, TellsThatItGetsOnBetweenItsParts) {
  const Detected detected = DetectedGraphene(0.1, 0);
  int steps = 0;
  bool clusters_were_missing = false;
  const StructurePtr record = stage_->Analyse(*detected.frame, detected.detector, 0, "", [&] {
    ++steps;
    clusters_were_missing = Refits("first") == 0;
  });
  EXPECT_EQ(record->sites_error, "");
  EXPECT_EQ(Refits("first"), 1);
  EXPECT_EQ(steps, 6);  // five of the site kinds, and all of them
  EXPECT_TRUE(clusters_were_missing);
}

}  // namespace
}  // namespace atomstream

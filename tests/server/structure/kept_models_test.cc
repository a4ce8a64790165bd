#include "server/structure/kept_models.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

const ModelKey kGraphene{DetectorKind::kLogStar, "graphene"};

ClusterModelPtr Model() { return std::make_shared<const ClusterModel>(); }

// Fits in frame `live_index`; what was kept.
ClusterModelPtr Fit(KeptModels& models, const ModelKey& key, int64_t live_index) {
  KeptModels::Loan loan = models.Borrow(key, live_index);
  EXPECT_TRUE(loan.may_fit());
  const ClusterModelPtr model = Model();
  loan.Keep(model);
  return model;
}

TEST(KeptModelsTest, WithoutAModelAFrameMayFitOne) {
  KeptModels models({}, 5);
  const KeptModels::Loan loan = models.Borrow(kGraphene, 0);
  EXPECT_EQ(loan.model(), nullptr);
  EXPECT_TRUE(loan.may_fit());
}

TEST(KeptModelsTest, LendsWhatWasKept) {
  KeptModels models({}, 5);
  const ClusterModelPtr model = Fit(models, kGraphene, 0);
  EXPECT_EQ(models.Borrow(kGraphene, 1).model(), model);
  EXPECT_EQ(models.Borrow({DetectorKind::kUnet, "graphene"}, 1).model(), nullptr);
  EXPECT_EQ(models.Borrow({DetectorKind::kLogStar, ""}, 1).model(), nullptr);
}

TEST(KeptModelsTest, AFrameThatFitsNothingLeavesTheTaskToTheNext) {
  KeptModels models({}, 5);
  EXPECT_TRUE(models.Borrow(kGraphene, 0).may_fit());
  EXPECT_TRUE(models.Borrow(kGraphene, 1).may_fit());
}

TEST(KeptModelsTest, AFrameMayRefitOnlySomeFramesAfterTheLastFitAndNeverBeforeIt) {
  KeptModels models({}, 5);
  Fit(models, kGraphene, 10);
  EXPECT_FALSE(models.Borrow(kGraphene, 2).may_fit());
  EXPECT_FALSE(models.Borrow(kGraphene, 14).may_fit());
  EXPECT_TRUE(models.Borrow(kGraphene, 15).may_fit());
}

TEST(KeptModelsTest, OneFrameAtATimeMayRefitAndTheOthersGoOnWithWhatIsThere) {
  KeptModels models({}, 1);
  const ClusterModelPtr first = Fit(models, kGraphene, 0);
  std::optional<KeptModels::Loan> fitting = models.Borrow(kGraphene, 5);
  EXPECT_TRUE(fitting->may_fit());
  const KeptModels::Loan beside = models.Borrow(kGraphene, 6);
  EXPECT_EQ(beside.model(), first);
  EXPECT_FALSE(beside.may_fit());
  fitting.reset();
  EXPECT_TRUE(models.Borrow(kGraphene, 7).may_fit());
}

TEST(KeptModelsTest, OthersWaitForTheFirstModel) {
  KeptModels models({}, 5);
  std::optional<KeptModels::Loan> first = models.Borrow(kGraphene, 0);
  ClusterModelPtr lent;
  std::thread other([&] { lent = models.Borrow(kGraphene, 1).model(); });
  const ClusterModelPtr model = Model();
  first->Keep(model);
  first.reset();
  other.join();
  EXPECT_EQ(lent, model);
}

TEST(KeptModelsTest, ForgetsTheModelThatWasNotUsedForLongest) {
  KeptModels models({}, 5);
  const auto key = [](size_t i) {
    return ModelKey{DetectorKind::kLogStar, absl::StrCat("material-", i)};
  };
  for (size_t i = 0; i < KeptModels::kMaxModels; ++i) Fit(models, key(i), 0);
  EXPECT_NE(models.Borrow(key(0), 1).model(), nullptr);  // now used last
  Fit(models, key(99), 0);
  EXPECT_NE(models.Borrow(key(0), 1).model(), nullptr);
  EXPECT_NE(models.Borrow(key(2), 1).model(), nullptr);
  EXPECT_EQ(models.Borrow(key(1), 1).model(), nullptr);
}

TEST(KeptModelsTest, WhatIsLentToFitIsNotForgotten) {
  KeptModels models({}, 5);
  KeptModels::Loan loan = models.Borrow(kGraphene, 0);
  for (size_t i = 0; i < 2 * KeptModels::kMaxModels; ++i) {
    Fit(models, {DetectorKind::kUnet, absl::StrCat("material-", i)}, 0);
  }
  const ClusterModelPtr model = Model();
  loan.Keep(model);
  EXPECT_EQ(models.Borrow(kGraphene, 1).model(), model);
}

TEST(KeptModelsTest, WithOtherOptionsTheNextFrameFitsAndOnlyOneDoes) {
  KeptModels models({}, 5);
  const ClusterModelPtr first = Fit(models, kGraphene, 0);
  std::optional<KeptModels::Loan> before = models.Borrow(kGraphene, 1);
  ClusterOptions options;
  options.max_clusters = 3;
  models.SetOptions(options, 5);
  EXPECT_EQ(before->options(), ClusterOptions());  // it goes on as it began
  EXPECT_FALSE(before->may_fit());
  before.reset();
  std::optional<KeptModels::Loan> fitting = models.Borrow(kGraphene, 2);
  EXPECT_EQ(fitting->options(), options);
  EXPECT_EQ(fitting->model(), first);  // generations go on from it
  ASSERT_TRUE(fitting->may_fit());
  auto second = std::make_shared<ClusterModel>();
  second->options = options;
  std::thread other([&] {
    const KeptModels::Loan loan = models.Borrow(kGraphene, 3);  // waits for it
    EXPECT_EQ(loan.model(), second);
    EXPECT_FALSE(loan.may_fit());
  });
  fitting->Keep(second);
  fitting.reset();
  other.join();
}

TEST(KeptModelsTest, AnOlderFrameMayFitOtherOptionsAndTheNextFitStaysAsFarAway) {
  KeptModels models({}, 5);
  Fit(models, kGraphene, 10);
  ClusterOptions options;
  options.max_clusters = 3;
  models.SetOptions(options, 5);
  auto second = std::make_shared<ClusterModel>();
  second->options = options;
  {
    KeptModels::Loan older = models.Borrow(kGraphene, 9);
    ASSERT_TRUE(older.may_fit());
    older.Keep(second);
  }
  const KeptModels::Loan next = models.Borrow(kGraphene, 14);
  EXPECT_EQ(next.model(), second);
  EXPECT_FALSE(next.may_fit()) << "four frames after the newest that made a model";
  EXPECT_TRUE(models.Borrow(kGraphene, 15).may_fit());
}

TEST(KeptModelsTest, AModelOfTheOptionsBeforeIsFittedAnewAtOnce) {
  KeptModels models({}, 5);
  {
    KeptModels::Loan fitting = models.Borrow(kGraphene, 0);
    ClusterOptions options;
    options.seed = 2;
    models.SetOptions(options, 5);
    fitting.Keep(Model());
  }
  EXPECT_TRUE(models.Borrow(kGraphene, 1).may_fit());
}

TEST(KeptModelsTest, TheFramesBetweenFitsCanChange) {
  KeptModels models({}, 5);
  Fit(models, kGraphene, 0);
  EXPECT_FALSE(models.Borrow(kGraphene, 3).may_fit());
  models.SetOptions({}, 2);
  EXPECT_TRUE(models.Borrow(kGraphene, 3).may_fit());
}

}  // namespace
}  // namespace atomstream

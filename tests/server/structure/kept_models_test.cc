#include "server/structure/kept_models.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

const ModelKey kGraphene{DetectorKind::kLogStar, "graphene"};

std::shared_ptr<const ClusterModel> Model() { return std::make_shared<const ClusterModel>(); }

TEST(KeptModelsTest, WithoutAModelEveryFrameMayFitOne) {
  KeptModels models(5);
  EXPECT_EQ(models.For(kGraphene, 0).model, nullptr);
  EXPECT_TRUE(models.For(kGraphene, 0).may_refit);
}

TEST(KeptModelsTest, LendsWhatWasTakenIn) {
  KeptModels models(5);
  const auto model = Model();
  EXPECT_TRUE(models.Replace(kGraphene, 0, nullptr, model));
  EXPECT_EQ(models.For(kGraphene, 1).model, model);
  EXPECT_EQ(models.For({DetectorKind::kUnet, "graphene"}, 1).model, nullptr);
  EXPECT_EQ(models.For({DetectorKind::kLogStar, ""}, 1).model, nullptr);
}

TEST(KeptModelsTest, OfTwoFitsTheOneBasedOnThePresentModelWins) {
  KeptModels models(1);
  const auto first = Model(), second = Model(), late = Model();
  EXPECT_TRUE(models.Replace(kGraphene, 0, nullptr, first));
  EXPECT_FALSE(models.Replace(kGraphene, 1, nullptr, late));
  EXPECT_TRUE(models.Replace(kGraphene, 2, first.get(), second));
  EXPECT_FALSE(models.Replace(kGraphene, 3, first.get(), late));
  EXPECT_EQ(models.For(kGraphene, 4).model, second);
}

TEST(KeptModelsTest, AFrameMayRefitOnlySomeFramesAfterTheLastFitAndNeverBeforeIt) {
  KeptModels models(5);
  EXPECT_TRUE(models.Replace(kGraphene, 10, nullptr, Model()));
  EXPECT_FALSE(models.For(kGraphene, 2).may_refit);
  EXPECT_FALSE(models.For(kGraphene, 14).may_refit);
  EXPECT_TRUE(models.For(kGraphene, 15).may_refit);
}

TEST(KeptModelsTest, ForgetsTheModelThatWasNotUsedForLongest) {
  KeptModels models(5);
  const auto key = [](size_t i) {
    return ModelKey{DetectorKind::kLogStar, absl::StrCat("material-", i)};
  };
  for (size_t i = 0; i < KeptModels::kMaxModels; ++i) {
    EXPECT_TRUE(models.Replace(key(i), 0, nullptr, Model()));
  }
  EXPECT_NE(models.For(key(0), 1).model, nullptr);  // now used last
  EXPECT_TRUE(models.Replace(key(99), 0, nullptr, Model()));
  EXPECT_NE(models.For(key(0), 1).model, nullptr);
  EXPECT_EQ(models.For(key(1), 1).model, nullptr);
  EXPECT_NE(models.For(key(2), 1).model, nullptr);
}

}  // namespace
}  // namespace atomstream

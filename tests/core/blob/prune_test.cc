#include "core/blob/prune.h"

#include <cmath>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(BlobOverlapTest, DisjointTouchingInsideAndSame) {
  const float r = std::sqrt(2.0f);  // radius of sigma 1
  EXPECT_EQ(BlobOverlap({0, 0, 1, 0}, {2 * r + 0.01f, 0, 1, 0}), 0);
  EXPECT_EQ(BlobOverlap({0, 0, 4, 0}, {1, 0, 1, 0}), 1);
  EXPECT_EQ(BlobOverlap({3, 4, 2, 0}, {3, 4, 2, 0}), 1);
}

TEST(BlobOverlapTest, EqualDisksAtOneRadiusDistance) {
  // Lens of two unit disks at distance 1: 2 pi / 3 - sqrt(3) / 2, over pi.
  const double expected = (2 * M_PI / 3 - std::sqrt(3.0) / 2) / M_PI;
  EXPECT_NEAR(BlobOverlap({0, 0, 1, 0}, {std::sqrt(2.0f), 0, 1, 0}), expected, 1e-6);
}

TEST(PruneLikeScikitImageTest, SmallerSigmaOfAPairGoes) {
  const auto kept = PruneLikeScikitImage({{10, 10, 1, 0.9f}, {10, 11, 3, 0.5f}}, 0.5);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].sigma_px, 3);
}

TEST(PruneLikeScikitImageTest, OfEqualSigmasTheEarlierGoes) {
  const auto kept = PruneLikeScikitImage({{10, 10, 2, 0.9f}, {10, 11, 2, 0.5f}}, 0.5);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].response, 0.5f);
}

TEST(PruneLikeScikitImageTest, LittleOverlapIsLeftAlone) {
  EXPECT_EQ(PruneLikeScikitImage({{10, 10, 2, 0.9f}, {10, 15, 2, 0.5f}}, 0.5).size(), 2u);
}

TEST(PruneLikeScikitImageTest, ABlobThatIsGoneRemovesNothing) {
  // The large blob removes the middle one, which can then not remove the small one.
  const std::vector<Blob> blobs = {{10, 10, 4, 0.9f}, {13, 10, 2, 0.8f}, {16.5f, 10, 1, 0.7f}};
  ASSERT_GT(BlobOverlap(blobs[1], blobs[2]), 0.17);
  ASSERT_LT(BlobOverlap(blobs[0], blobs[2]), 0.17);
  const auto kept = PruneLikeScikitImage(blobs, 0.17);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].sigma_px, 4);
  EXPECT_EQ(kept[1].sigma_px, 1);
}

TEST(PruneBrightestFirstTest, KeepsTheBrightestOfACrowd) {
  const auto kept =
      PruneBrightestFirst({{10, 10, 2, 0.9f}, {12, 10, 2, 0.8f}, {14, 10, 2, 0.7f}}, 1, 3);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].x_px, 10);
  EXPECT_EQ(kept[1].x_px, 14);  // 4 px from the one that stayed; its nearer neighbour is gone
}

TEST(PruneBrightestFirstTest, SpacingItselfIsAllowed) {
  EXPECT_EQ(PruneBrightestFirst({{10, 10, 2, 0.9f}, {13, 10, 2, 0.8f}}, 1, 3).size(), 2u);
}

TEST(PruneBrightestFirstTest, OverlapAppliesToo) {
  EXPECT_EQ(PruneBrightestFirst({{10, 10, 2, 0.9f}, {11, 10, 2, 0.8f}}, 0.5, 0).size(), 1u);
}

TEST(PruneTest, EmptyStaysEmpty) {
  EXPECT_TRUE(PruneLikeScikitImage({}, 0.5).empty());
  EXPECT_TRUE(PruneBrightestFirst({}, 0.5, 3).empty());
}

}  // namespace
}  // namespace atomstream

#include "server/codec/target_codec.h"

#include <gtest/gtest.h>

#include "server/codec/drift_codec.h"

namespace atomstream {
namespace {

SelectionUpdate AnUpdate() {
  SelectionUpdate update;
  update.selection_id = "selection-3";
  update.scene.frame = {.epoch = "epoch",
                        .frame_id = "frame-9",
                        .sequence = 9,
                        .acquisition_time = absl::FromUnixSeconds(100),
                        .width_px = 200,
                        .height_px = 100,
                        .pixel_size_nm = 0.5,
                        .d_nn_px = 7};
  update.scene.arrival = absl::FromUnixSeconds(5);
  update.sites = 12;
  Target& target = update.update.targets.emplace_back();
  target.where.id = 4;
  target.where.x_px = 49.5;
  target.where.y_px = 24.5;
  target.where.uncertainty_px = 0.25;
  target.where.site.confidence = 0.5;
  target.where.site.cluster = 2;
  target.where.site.cluster_probability = 0.5;
  target.where.site.kind = "dopant";
  target.where.site.coordination = 3;
  target.where.seen_frame_id = "frame-8";
  target.frames_doubtful = 1;
  target.frames_sure = 0;
  target.drift_x_px = 1.5;
  update.update.added = {4};
  update.update.withdrawn = {{7, WithdrawalReason::kLeftFrame, "frame-9"}};
  update.update.identities_lost = true;
  update.update.drift_state = DriftState::kAmbiguous;
  update.update.drift_quality = 0.25;
  update.frames_skipped = 5;
  update.error = "criteria.where.cluster = 9: …";
  return update;
}

TargetContext AContext() {
  return {.now = absl::FromUnixSeconds(102),
          .steady_now = absl::FromUnixSeconds(8),
          .site_dose_s = [](int64_t id) { return id == 4 ? 0.75 : 0; }};
}

TEST(TargetCodecTest, CarriesFrameAndTargets) {
  const v1::SelectTargetsResponse response = SelectResponseOf(AnUpdate(), AContext());
  EXPECT_EQ(response.selection_id(), "selection-3");
  EXPECT_EQ(response.sites(), 12);
  EXPECT_EQ(response.frame().position().epoch(), "epoch");
  EXPECT_EQ(response.frame().position().sequence(), 9);
  EXPECT_EQ(response.frame().frame_id(), "frame-9");
  EXPECT_EQ(response.frame().acquisition_time().seconds(), 100);
  EXPECT_EQ(response.frame().age().seconds(), 3);  // by our clock, which says more
  EXPECT_EQ(response.frame().width_px(), 200);
  EXPECT_EQ(response.frame().drift_state(), v1::DRIFT_STATE_AMBIGUOUS);
  EXPECT_EQ(response.frame().drift_quality(), 0.25);
  ASSERT_EQ(response.targets_size(), 1);
  const v1::Target& target = response.targets(0);
  EXPECT_EQ(target.id(), 4);
  EXPECT_EQ(target.x_px(), 49.5);
  EXPECT_EQ(target.x_nm(), 24.75);
  EXPECT_EQ(target.x_fraction(), 0.25);
  EXPECT_EQ(target.y_fraction(), 0.25);
  EXPECT_EQ(target.uncertainty_nm(), 0.125);
  EXPECT_EQ(target.drift_x_px(), 1.5);
  EXPECT_EQ(target.score(), 0.25);
  EXPECT_EQ(target.cluster(), 2);
  EXPECT_EQ(target.kind(), v1::SITE_KIND_DOPANT);
  EXPECT_EQ(target.coordination(), 3);
  EXPECT_FALSE(target.has_hole_edge_px());
  EXPECT_EQ(target.frames_doubtful(), 1);
  EXPECT_EQ(target.frames_sure(), 0);
  EXPECT_EQ(target.seen_frame_id(), "frame-8");
  EXPECT_EQ(target.dose_s(), 0.75);
}

TEST(TargetCodecTest, CarriesWhatChanged) {
  const v1::WatchTargetsResponse response = WatchResponseOf(AnUpdate(), AContext());
  ASSERT_EQ(response.added_size(), 1);
  EXPECT_EQ(response.added(0), 4);
  ASSERT_EQ(response.withdrawn_size(), 1);
  EXPECT_EQ(response.withdrawn(0).id(), 7);
  EXPECT_EQ(response.withdrawn(0).reason(), v1::WITHDRAWAL_REASON_LEFT_FRAME);
  EXPECT_EQ(response.withdrawn(0).frame_id(), "frame-9");
  EXPECT_TRUE(response.identities_lost());
  EXPECT_EQ(response.frames_skipped(), 5);
  EXPECT_EQ(response.error(), "criteria.where.cluster = 9: …");
}

TEST(TargetCodecTest, CarriesAVisit) {
  const v1::Visit proto = VisitToProto({.number = 3,
                                        .epoch = "epoch",
                                        .site = 4,
                                        .holder = "ana",
                                        .leased = absl::FromUnixSeconds(10),
                                        .ended = absl::FromUnixMillis(10500),
                                        .exposed = true,
                                        .planned_dose = 0.5,
                                        .dose = 0.25,
                                        .outcome = VisitOutcome::kCancelled,
                                        .note = "the caller has gone",
                                        .x_fraction = 0.1,
                                        .y_fraction = 0.2});
  EXPECT_EQ(proto.number(), 3);
  EXPECT_EQ(proto.target_id(), 4);
  EXPECT_EQ(proto.end_time().nanos(), 500'000'000);
  EXPECT_TRUE(proto.exposed());
  EXPECT_EQ(proto.planned_dose_s(), 0.5);
  EXPECT_EQ(proto.dose_s(), 0.25);
  EXPECT_EQ(proto.outcome(), v1::VISIT_OUTCOME_CANCELLED);
  EXPECT_EQ(proto.note(), "the caller has gone");
  EXPECT_EQ(proto.y_fraction(), 0.2);
}

TEST(TargetCodecTest, CarriesTheDrift) {
  const v1::Drift proto = DriftToProto({.earlier_sequence = 8,
                                        .estimate = {.state = DriftState::kMeasured,
                                                     .x_px = 1,
                                                     .y_px = -2,
                                                     .uncertainty_px = 0.1,
                                                     .probability = 1,
                                                     .coherence = 1,
                                                     .quality = 0.9,
                                                     .rivals = {}}});
  EXPECT_EQ(proto.state(), v1::DRIFT_STATE_MEASURED);
  EXPECT_EQ(proto.earlier_sequence(), 8);
  EXPECT_EQ(proto.y_px(), -2);
  EXPECT_EQ(proto.quality(), 0.9);
}

}  // namespace
}  // namespace atomstream

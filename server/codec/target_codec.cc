#include "server/codec/target_codec.h"

#include <string>

#include "core/structure/site_kinds.h"
#include "core/target/site_selection.h"
#include "server/codec/drift_codec.h"
#include "server/codec/result_codec.h"
#include "server/codec/structure_codec.h"

namespace atomstream {
namespace {

v1::SiteKind KindOf(const std::string& name) {
  for (const SiteKind kind : kSiteKinds) {
    if (SiteKindName(kind) == name) return SiteKindToProto(kind);
  }
  return v1::SITE_KIND_UNSPECIFIED;
}

void FillFrame(const SelectionUpdate& update, const TargetContext& context,
               v1::TargetFrame& proto) {
  const TargetFrame& frame = update.scene.frame;
  proto.mutable_position()->set_epoch(frame.epoch);
  proto.mutable_position()->set_sequence(frame.sequence);
  proto.set_frame_id(frame.frame_id);
  *proto.mutable_acquisition_time() = TimeToProto(frame.acquisition_time);
  *proto.mutable_age() = DurationToProto(AgeOf(update.scene, context.now, context.steady_now));
  proto.set_width_px(frame.width_px);
  proto.set_height_px(frame.height_px);
  proto.set_pixel_size_nm(frame.pixel_size_nm);
  proto.set_drift_state(DriftStateToProto(update.update.drift_state));
  proto.set_drift_quality(update.update.drift_quality);
}

void FillTarget(const Target& target, const TargetFrame& frame, const TargetContext& context,
                v1::Target& proto) {
  const TrackedSite& where = target.where;
  const PointNm nm = PositionNm(where, frame);
  const ScanPoint scan = ScanFraction(where, frame);
  proto.set_id(where.id);
  proto.set_x_px(where.x_px);
  proto.set_y_px(where.y_px);
  proto.set_x_nm(nm.x_nm);
  proto.set_y_nm(nm.y_nm);
  proto.set_x_fraction(scan.x_fraction);
  proto.set_y_fraction(scan.y_fraction);
  proto.set_uncertainty_px(where.uncertainty_px);
  proto.set_uncertainty_nm(where.uncertainty_px * frame.pixel_size_nm);
  proto.set_drift_x_px(target.drift_x_px);
  proto.set_drift_y_px(target.drift_y_px);
  proto.set_score(Score(where.site));
  proto.set_confidence(where.site.confidence);
  if (where.site.cluster) proto.set_cluster(*where.site.cluster);
  proto.set_cluster_probability(where.site.cluster_probability);
  proto.set_kind(KindOf(where.site.kind));
  if (where.site.coordination) proto.set_coordination(*where.site.coordination);
  proto.set_intensity(where.site.intensity);
  if (where.site.hole_edge_px) proto.set_hole_edge_px(*where.site.hole_edge_px);
  proto.set_frames_doubtful(target.frames_doubtful);
  proto.set_frames_sure(target.frames_sure);
  proto.set_seen_frame_id(where.seen_frame_id);
  *proto.mutable_seen_time() = TimeToProto(where.seen_time);
  proto.set_dose_s(context.site_dose_s(where.id));
}

template <typename Response>
void FillTargets(const SelectionUpdate& update, const TargetContext& context, Response& response) {
  response.set_selection_id(update.selection_id);
  FillFrame(update, context, *response.mutable_frame());
  for (const Target& target : update.update.targets) {
    FillTarget(target, update.scene.frame, context, *response.add_targets());
  }
  response.set_empty_reason(update.empty_reason);
}

v1::WithdrawalReason ReasonOf(WithdrawalReason reason) {
  switch (reason) {
    case WithdrawalReason::kVanished:
      return v1::WITHDRAWAL_REASON_VANISHED;
    case WithdrawalReason::kMoved:
      return v1::WITHDRAWAL_REASON_MOVED;
    case WithdrawalReason::kNoLongerMeets:
      return v1::WITHDRAWAL_REASON_NO_LONGER_MEETS;
    case WithdrawalReason::kLeftFrame:
      return v1::WITHDRAWAL_REASON_LEFT_FRAME;
    case WithdrawalReason::kDriftUnknown:
      return v1::WITHDRAWAL_REASON_DRIFT_UNKNOWN;
    case WithdrawalReason::kViewChanged:
      return v1::WITHDRAWAL_REASON_VIEW_CHANGED;
    case WithdrawalReason::kEpochChanged:
      return v1::WITHDRAWAL_REASON_EPOCH_CHANGED;
  }
  return v1::WITHDRAWAL_REASON_UNSPECIFIED;
}

v1::VisitOutcome OutcomeOf(VisitOutcome outcome) {
  switch (outcome) {
    case VisitOutcome::kCompleted:
      return v1::VISIT_OUTCOME_COMPLETED;
    case VisitOutcome::kFailed:
      return v1::VISIT_OUTCOME_FAILED;
    case VisitOutcome::kAbandoned:
      return v1::VISIT_OUTCOME_ABANDONED;
    case VisitOutcome::kExpired:
      return v1::VISIT_OUTCOME_EXPIRED;
    case VisitOutcome::kCancelled:
      return v1::VISIT_OUTCOME_CANCELLED;
    case VisitOutcome::kWithdrawn:
      return v1::VISIT_OUTCOME_WITHDRAWN;
    case VisitOutcome::kEpochChanged:
      return v1::VISIT_OUTCOME_EPOCH_CHANGED;
    case VisitOutcome::kShutdown:
      return v1::VISIT_OUTCOME_SHUTDOWN;
  }
  return v1::VISIT_OUTCOME_UNSPECIFIED;
}

}  // namespace

v1::SelectTargetsResponse SelectResponseOf(const SelectionUpdate& update,
                                           const TargetContext& context) {
  v1::SelectTargetsResponse response;
  FillTargets(update, context, response);
  response.set_sites(update.sites);
  return response;
}

v1::WatchTargetsResponse WatchResponseOf(const SelectionUpdate& update,
                                         const TargetContext& context) {
  v1::WatchTargetsResponse response;
  FillTargets(update, context, response);
  *response.mutable_added() = {update.update.added.begin(), update.update.added.end()};
  for (const Withdrawal& withdrawal : update.update.withdrawn) {
    v1::Withdrawal& proto = *response.add_withdrawn();
    proto.set_id(withdrawal.id);
    proto.set_reason(ReasonOf(withdrawal.reason));
    proto.set_frame_id(withdrawal.frame_id);
  }
  response.set_identities_lost(update.update.identities_lost);
  response.set_frames_skipped(update.frames_skipped);
  response.set_error(update.error);
  return response;
}

v1::Visit VisitToProto(const Visit& visit) {
  v1::Visit proto;
  proto.set_number(visit.number);
  proto.set_epoch(visit.epoch);
  proto.set_target_id(visit.site);
  proto.set_holder(visit.holder);
  *proto.mutable_start_time() = TimeToProto(visit.leased);
  *proto.mutable_end_time() = TimeToProto(visit.ended);
  proto.set_exposed(visit.exposed);
  proto.set_planned_dose_s(visit.planned_dose);
  proto.set_dose_s(visit.dose);
  proto.set_outcome(OutcomeOf(visit.outcome));
  proto.set_note(visit.note);
  proto.set_x_fraction(visit.x_fraction);
  proto.set_y_fraction(visit.y_fraction);
  return proto;
}

}  // namespace atomstream

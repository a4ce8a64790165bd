#include "server/simulator/specimen_service.h"

#include <algorithm>
#include <vector>

#include "server/simulator/call_status.h"

namespace atomstream {
namespace {

constexpr int kMaxPage = 1000;

v1::ExposureEnd ToProto(ExposureEnd end) {
  switch (end) {
    case ExposureEnd::kCompleted:
      return v1::EXPOSURE_END_COMPLETED;
    case ExposureEnd::kCancelled:
      return v1::EXPOSURE_END_CANCELLED;
    case ExposureEnd::kBlanked:
      return v1::EXPOSURE_END_BLANKED;
    case ExposureEnd::kStopped:
      return v1::EXPOSURE_END_STOPPED;
  }
  return v1::EXPOSURE_END_UNSPECIFIED;
}

void SetDuration(absl::Duration duration, google::protobuf::Duration& out) {
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

void ToProto(const ExposureRecord& record, const std::vector<std::string>& species,
             v1::Exposure& out) {
  out.set_number(record.number);
  const BeamPlacement& placement = record.placement;
  out.set_x_fraction(placement.x_fraction);
  out.set_y_fraction(placement.y_fraction);
  out.set_frame_number(placement.frame_number);
  out.set_x_px(placement.place_px.x_px);
  out.set_y_px(placement.place_px.y_px);
  out.set_x_nm(placement.place_nm.x);
  out.set_y_nm(placement.place_nm.y);
  const int64_t nanos = absl::ToUnixNanos(record.started);
  out.mutable_start_time()->set_seconds(nanos / 1000000000);
  out.mutable_start_time()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  SetDuration(placement.dwell_time, *out.mutable_dwell_time());
  SetDuration(record.on_time, *out.mutable_on_time());
  out.set_end(ToProto(record.end));
  out.set_electrons(record.report.electrons);
  std::vector<ExposedAtom> atoms = record.report.atoms;
  std::stable_sort(atoms.begin(), atoms.end(), [](const ExposedAtom& a, const ExposedAtom& b) {
    return a.distance_nm < b.distance_nm;
  });
  for (const ExposedAtom& atom : atoms) {
    v1::ExposedAtom& exposed = *out.add_atoms();
    exposed.set_atom_id(atom.atom_id);
    exposed.set_element(species[atom.species]);
    exposed.set_distance_nm(atom.distance_nm);
    exposed.set_dose_per_nm2(atom.dose);
  }
  for (const BeamEvent& event : record.report.events) {
    v1::SpecimenEvent& change = *out.add_events();
    change.set_kind(event.kind == BeamEvent::Kind::kHop ? v1::SPECIMEN_EVENT_KIND_HOP
                                                        : v1::SPECIMEN_EVENT_KIND_KNOCK_OUT);
    change.set_atom_id(event.atom_id);
    change.set_element(species[event.species]);
    change.set_partner_atom_id(event.partner_id);
  }
}

}  // namespace

SpecimenService::SpecimenService(const SimulatorOptions& options, const FrameRenderer* renderer,
                                 const ScanEngine* engine, const BeamStage* stage)
    : pixel_size_nm_(options.pixel_size_nm),
      renderer_(*renderer),
      engine_(*engine),
      stage_(*stage) {}

grpc::ServerUnaryReactor* SpecimenService::GetSpecimen(grpc::CallbackServerContext* context,
                                                       const v1::GetSpecimenRequest* request,
                                                       v1::GetSpecimenResponse* response) {
  const ScanEngine::Newest newest = engine_.newest();
  const BeamAccount account = stage_.Account();
  std::vector<Vector2> places_nm;
  std::vector<const StageAtom*> wanted;
  for (const StageAtom& atom : account.atoms) {
    const std::string& element = account.specimen->species[atom.species];
    if (!request->element().empty() && element != request->element()) continue;
    if (request->exposed_only() && atom.dose <= 0) continue;
    wanted.push_back(&atom);
    places_nm.push_back(atom.place_nm);
  }
  const absl::StatusOr<std::vector<PointPx>> places =
      renderer_.PlacesPx(newest.number, newest.size_px, places_nm);
  if (!places.ok()) return Done(context, ToGrpc(places.status()));
  for (size_t i = 0; i < wanted.size(); ++i) {
    v1::SimulatedAtom& atom = *response->add_atoms();
    atom.set_atom_id(wanted[i]->id);
    atom.set_element(account.specimen->species[wanted[i]->species]);
    atom.set_x_px((*places)[i].x_px);
    atom.set_y_px((*places)[i].y_px);
    atom.set_x_nm(wanted[i]->place_nm.x);
    atom.set_y_nm(wanted[i]->place_nm.y);
    atom.set_dose_per_nm2(wanted[i]->dose);
    atom.set_present(wanted[i]->present);
  }
  response->set_frame_number(newest.number);
  response->set_size_px(newest.size_px);
  response->set_pixel_size_nm(pixel_size_nm_);
  response->set_total_electrons(account.total_electrons);
  response->set_placements(account.placements);
  response->set_refused_placements(account.refused);
  response->set_blankings(account.blankings);
  response->set_events(account.events);
  response->set_beam_blanked(account.blanked);
  response->set_beam_placed(account.placed);
  return Done(context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* SpecimenService::ListExposures(grpc::CallbackServerContext* context,
                                                         const v1::ListExposuresRequest* request,
                                                         v1::ListExposuresResponse* response) {
  if (request->after_number() < 0) {
    return Done(context, Refuse("after_number", request->after_number(), "must not be negative"));
  }
  if (request->max_exposures() < 0) {
    return Done(context, Refuse("max_exposures", request->max_exposures(), "must not be negative"));
  }
  const int count =
      request->max_exposures() == 0 ? kMaxPage : std::min(request->max_exposures(), kMaxPage);
  const ExposurePage page = stage_.ExposuresAfter(request->after_number(), count);
  const std::vector<std::string>& species = renderer_.specimen()->species;
  for (const ExposureRecord& record : page.exposures) {
    ToProto(record, species, *response->add_exposures());
  }
  response->set_more(page.more);
  response->set_forgotten(page.forgotten);
  return Done(context, grpc::Status::OK);
}

}  // namespace atomstream

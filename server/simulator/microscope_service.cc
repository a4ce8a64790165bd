#include "server/simulator/microscope_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/simulator/call_status.h"

namespace atomstream {
namespace {

// One StreamFrames call. One write is in flight; behind it waits the newest frame only. Deletes
// itself when gRPC is done with it.
class FrameStream final : public grpc::ServerWriteReactor<v1::StreamFramesResponse>,
                          public FrameReceiver {
 public:
  // `max_frames` 0: no end.
  FrameStream(ScanEngine* engine, int64_t max_frames) : engine_(*engine), left_(max_frames) {
    engine_.Add(this);
  }

  void Offer(std::shared_ptr<const v1::StreamFramesResponse> frame) override {
    MutexLock lock(&mutex_);
    if (finished_ || end_) return;
    waiting_ = std::move(frame);
    WriteNext();
  }

  bool IsIdle() override {
    MutexLock lock(&mutex_);
    return !finished_ && !end_ && writing_ == nullptr;
  }

  void End(const absl::Status& why) override {
    MutexLock lock(&mutex_);
    if (!end_) end_ = ToGrpc(why);
    // A good end waits for the frames that are on their way.
    if (!why.ok()) waiting_ = nullptr;
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(&mutex_);
      writing_ = nullptr;
      if (!ok) FinishOnce(grpc::Status::CANCELLED);
      if (left_ > 0 && --left_ == 0) FinishOnce(grpc::Status::OK);
      WriteNext();
    }
    engine_.OnIdle();
  }

  // Without a Finish here the server's Shutdown would wait for a stalled reader for ever.
  void OnCancel() override {
    MutexLock lock(&mutex_);
    FinishOnce(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    engine_.Remove(this);
    delete this;
  }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || writing_ != nullptr) return;
    if (waiting_ != nullptr) {
      writing_ = std::exchange(waiting_, nullptr);
      StartWrite(writing_.get());
    } else if (end_) {
      FinishOnce(*end_);
    }
  }

  void FinishOnce(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  ScanEngine& engine_;

  Mutex mutex_;
  int64_t left_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  // gRPC reads it until OnWriteDone.
  std::shared_ptr<const v1::StreamFramesResponse> writing_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const v1::StreamFramesResponse> waiting_ ABSL_GUARDED_BY(mutex_);
};

// A call that is refused at once.
class RefusedStream final : public grpc::ServerWriteReactor<v1::StreamFramesResponse> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

// One PlaceBeam call. No thread waits for the end of the dwell: the stage answers. Deletes itself
// when gRPC is done with it, which is after the answer and after OnCancel.
class BeamCall final : public grpc::ServerUnaryReactor {
 public:
  BeamCall(BeamStage* stage, const BeamPlacement& placement) : stage_(*stage) {
    const absl::StatusOr<int64_t> id =
        stage_.Place(placement, [this](const absl::Status& status) { Finish(ToGrpc(status)); });
    if (id.ok()) {
      id_ = *id;  // nobody cancels before this reactor is gRPC's
    } else {
      Finish(ToGrpc(id.status()));
    }
  }

  void OnCancel() override { stage_.Cancel(id_); }
  void OnDone() override { delete this; }

 private:
  BeamStage& stage_;
  int64_t id_ = 0;  // 0: refused
};

}  // namespace

MicroscopeService::MicroscopeService(const SimulatorOptions& options, const FrameRenderer* renderer,
                                     ScanEngine* engine, BeamStage* stage, const Clock* clock)
    : options_(options), renderer_(*renderer), engine_(*engine), stage_(*stage), clock_(*clock) {}

grpc::Status MicroscopeService::ApplyScan(const v1::ScanSettings& scan) {
  if (scan.size_px() != 0 && (scan.size_px() < 8 || scan.size_px() > options_.size_px)) {
    return Refuse(
        "scan.size_px", scan.size_px(),
        absl::StrCat("must be 0 or in [8, ", options_.size_px, "], the simulator's --size_px"));
  }
  if (scan.dwell_time().seconds() < 0 || scan.dwell_time().nanos() < 0) {
    return Refuse("scan.dwell_time", absl::StrCat(scan.dwell_time().seconds(), " s"),
                  "must not be negative");
  }
  if (!scan.detector().empty() && scan.detector() != "HAADF") {
    return Refuse("scan.detector", scan.detector(), "the simulator has HAADF only");
  }
  if (scan.size_px() != 0) engine_.SetSizePx(scan.size_px());
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* MicroscopeService::GetMicroscopeInfo(
    grpc::CallbackServerContext* context, const v1::GetMicroscopeInfoRequest*,
    v1::GetMicroscopeInfoResponse* response) {
  response->set_name("Simulated microscope");
  response->set_software("atomstream-sim");
  response->set_simulated(true);
  response->mutable_scan()->set_size_px(engine_.size_px());
  response->mutable_scan()->set_detector("HAADF");
  response->mutable_scan()->mutable_dwell_time()->set_nanos(
      static_cast<int32_t>(options_.dwell_time_us * 1e3));
  response->set_pixel_size_nm(renderer_.stated_pixel_size_nm());
  response->set_beam_blanked(stage_.blanked());
  return Done(context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* MicroscopeService::AcquireFrame(grpc::CallbackServerContext* context,
                                                          const v1::AcquireFrameRequest* request,
                                                          v1::AcquireFrameResponse* response) {
  const grpc::Status applied = ApplyScan(request->scan());
  if (!applied.ok()) return Done(context, applied);
  const ScanEngine::Newest acquired = engine_.Acquire();
  absl::StatusOr<v1::Frame> frame =
      renderer_.Render(acquired.number, acquired.size_px, acquired.time);
  if (!frame.ok()) return Done(context, ToGrpc(frame.status()));
  *response->mutable_frame() = *std::move(frame);
  return Done(context, grpc::Status::OK);
}

grpc::ServerWriteReactor<v1::StreamFramesResponse>* MicroscopeService::StreamFrames(
    grpc::CallbackServerContext*, const v1::StreamFramesRequest* request) {
  if (request->max_frames() < 0) {
    return new RefusedStream(
        Refuse("max_frames", request->max_frames(), "must not be negative (0: no end)"));
  }
  const grpc::Status applied = ApplyScan(request->scan());
  if (!applied.ok()) return new RefusedStream(applied);
  return new FrameStream(&engine_, request->max_frames());
}

grpc::ServerUnaryReactor* MicroscopeService::PlaceBeam(grpc::CallbackServerContext* context,
                                                       const v1::PlaceBeamRequest* request,
                                                       v1::PlaceBeamResponse*) {
  for (const auto& [name, value] : {std::pair("x_fraction", request->x_fraction()),
                                    std::pair("y_fraction", request->y_fraction())}) {
    if (!(value >= 0 && value <= 1)) {
      return Done(context, Refuse(name, value, "must be in [0, 1]"));
    }
  }
  const ScanEngine::Newest newest = engine_.newest();
  const absl::StatusOr<Vector2> place_nm =
      renderer_.PlaceNm(newest.number, newest.Progress(clock_.Now()), newest.size_px,
                        request->x_fraction(), request->y_fraction());
  if (!place_nm.ok()) return Done(context, ToGrpc(place_nm.status()));
  const absl::StatusOr<std::vector<PointPx>> place_px =
      renderer_.PlacesPx(newest.number, newest.size_px, {*place_nm});
  if (!place_px.ok()) return Done(context, ToGrpc(place_px.status()));
  BeamPlacement placement;
  placement.place_nm = *place_nm;
  placement.dwell_time = absl::Seconds(request->dwell_time().seconds()) +
                         absl::Nanoseconds(request->dwell_time().nanos());
  placement.x_fraction = request->x_fraction();
  placement.y_fraction = request->y_fraction();
  placement.place_px = place_px->front();
  placement.frame_number = newest.number;
  return new BeamCall(&stage_, placement);
}

grpc::ServerUnaryReactor* MicroscopeService::BlankBeam(grpc::CallbackServerContext* context,
                                                       const v1::BlankBeamRequest* request,
                                                       v1::BlankBeamResponse*) {
  stage_.SetBlanked(request->blanked());
  return Done(context, grpc::Status::OK);
}

}  // namespace atomstream

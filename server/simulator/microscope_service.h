// MicroscopeService: the Microscope service of the simulator, a thin shell over ScanEngine,
// FrameRenderer and BeamStage. Called by gRPC's threads.
//
// PlaceBeam takes its fractions in the field of view as it is at that moment: the specimen has
// drifted on since the newest frame, evenly, by the share of a frame's period that has passed.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_MICROSCOPE_SERVICE_H_
#define ATOMSTREAM_SERVER_SIMULATOR_MICROSCOPE_SERVICE_H_

#include "atomstream/v1/microscope.grpc.pb.h"
#include "core/base/clock.h"
#include "server/simulator/beam_stage.h"
#include "server/simulator/frame_renderer.h"
#include "server/simulator/scan_engine.h"
#include "server/simulator/simulator_options.h"

namespace atomstream {

class MicroscopeService final : public v1::Microscope::CallbackService {
 public:
  // The pointers outlive the service; the service outlives the server's calls.
  MicroscopeService(const SimulatorOptions& options, const FrameRenderer* renderer,
                    ScanEngine* engine, BeamStage* stage, const Clock* clock);

  grpc::ServerUnaryReactor* GetMicroscopeInfo(grpc::CallbackServerContext* context,
                                              const v1::GetMicroscopeInfoRequest* request,
                                              v1::GetMicroscopeInfoResponse* response) override;
  grpc::ServerUnaryReactor* AcquireFrame(grpc::CallbackServerContext* context,
                                         const v1::AcquireFrameRequest* request,
                                         v1::AcquireFrameResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamFramesResponse>* StreamFrames(
      grpc::CallbackServerContext* context, const v1::StreamFramesRequest* request) override;
  grpc::ServerUnaryReactor* PlaceBeam(grpc::CallbackServerContext* context,
                                      const v1::PlaceBeamRequest* request,
                                      v1::PlaceBeamResponse* response) override;
  grpc::ServerUnaryReactor* BlankBeam(grpc::CallbackServerContext* context,
                                      const v1::BlankBeamRequest* request,
                                      v1::BlankBeamResponse* response) override;

 private:
  // Checks the wanted settings and makes them the instrument's.
  grpc::Status ApplyScan(const v1::ScanSettings& scan);

  const SimulatorOptions options_;
  const FrameRenderer& renderer_;
  ScanEngine& engine_;
  BeamStage& stage_;
  const Clock& clock_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_MICROSCOPE_SERVICE_H_

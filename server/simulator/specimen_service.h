// SpecimenService: the SimulatedSpecimen service, a thin shell over BeamStage and FrameRenderer.
// Called by gRPC's threads.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_SPECIMEN_SERVICE_H_
#define ATOMSTREAM_SERVER_SIMULATOR_SPECIMEN_SERVICE_H_

#include "atomstream/v1/simulator.grpc.pb.h"
#include "server/simulator/beam_stage.h"
#include "server/simulator/frame_renderer.h"
#include "server/simulator/scan_engine.h"
#include "server/simulator/simulator_options.h"

namespace atomstream {

class SpecimenService final : public v1::SimulatedSpecimen::CallbackService {
 public:
  // The pointers outlive the service; the service outlives the server's calls.
  SpecimenService(const SimulatorOptions& options, const FrameRenderer* renderer,
                  const ScanEngine* engine, const BeamStage* stage);

  grpc::ServerUnaryReactor* GetSpecimen(grpc::CallbackServerContext* context,
                                        const v1::GetSpecimenRequest* request,
                                        v1::GetSpecimenResponse* response) override;
  grpc::ServerUnaryReactor* ListExposures(grpc::CallbackServerContext* context,
                                          const v1::ListExposuresRequest* request,
                                          v1::ListExposuresResponse* response) override;

 private:
  const double pixel_size_nm_;
  const FrameRenderer& renderer_;
  const ScanEngine& engine_;
  const BeamStage& stage_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_SPECIMEN_SERVICE_H_

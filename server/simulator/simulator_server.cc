#include "server/simulator/simulator_server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/simulator/beam_flags.h"
#include "server/simulator/beam_stage.h"
#include "server/simulator/fault_plan.h"
#include "server/simulator/frame_renderer.h"
#include "server/simulator/microscope_service.h"
#include "server/simulator/scan_engine.h"
#include "server/simulator/simulator_credentials.h"
#include "server/simulator/specimen_service.h"

namespace atomstream {
namespace {

constexpr std::chrono::milliseconds kShutdownGrace{500};

class GrpcSimulatorServer final : public SimulatorServer {
 public:
  GrpcSimulatorServer(const SimulatorOptions& options, const FaultPlan& faults,
                      std::unique_ptr<FrameRenderer> renderer,
                      std::unique_ptr<SteadyClock> steady_clock, std::unique_ptr<BeamStage> stage,
                      const Clock* clock)
      : renderer_(std::move(renderer)),
        engine_({options.rate_hz, options.frames, options.size_px, faults}, renderer_.get(), clock),
        steady_clock_(std::move(steady_clock)),
        stage_(std::move(stage)),
        microscope_(options, renderer_.get(), &engine_, stage_.get(), clock),
        specimen_(options, renderer_.get(), &engine_, stage_.get()) {}

  ~GrpcSimulatorServer() override { Stop(); }

  absl::Status Listen(const SimulatorOptions& options) {
    const std::string& address = options.address;
    ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                     MakeSimulatorCredentials(options));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, credentials, &port);
    builder.RegisterService(&microscope_);
    builder.RegisterService(&specimen_);
    builder.SetMaxReceiveMessageSize(1 << 20);  // requests are small
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(absl::StrCat("address = ", address, ": cannot listen there"));
    }
    address_ = absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
    engine_.Start();
    stage_->Start();
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void Stop() override {
    engine_.Stop();
    stage_->Stop();
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  }

 private:
  const std::unique_ptr<FrameRenderer> renderer_;
  ScanEngine engine_;
  const std::unique_ptr<SteadyClock> steady_clock_;
  const std::unique_ptr<BeamStage> stage_;
  MicroscopeService microscope_;
  SpecimenService specimen_;
  std::unique_ptr<grpc::Server> server_;  // destroyed first: its calls use all of the above
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SimulatorServer>> SimulatorServer::Start(
    const SimulatorOptions& options, const Clock* clock) {
  RETURN_IF_ERROR(ValidateSimulatorOptions(options));
  ASSIGN_OR_RETURN(const FaultPlan faults, ParseFaultPlan(options.fault));
  const std::string run_id =
      options.run_id.empty() ? absl::FormatTime("%Y%m%dT%H%M%S", clock->Now(), absl::UTCTimeZone())
                             : options.run_id;
  ASSIGN_OR_RETURN(std::unique_ptr<FrameRenderer> renderer, FrameRenderer::Create(options, run_id));
  BeamOptions beam;
  beam.current_pa = options.beam_current_pa;
  ASSIGN_OR_RETURN(beam.damage, ParseBeamDamage(options.beam_damage));
  beam.seed = static_cast<uint64_t>(options.seed);
  auto steady_clock = std::make_unique<SteadyClock>();
  ASSIGN_OR_RETURN(std::unique_ptr<BeamStage> stage,
                   BeamStage::Create(
                       beam, faults.beam, renderer->specimen(),
                       [shown = renderer.get()](std::shared_ptr<const Specimen> specimen) {
                         shown->SetSpecimen(std::move(specimen));
                       },
                       steady_clock.get(), clock));
  auto server = std::make_unique<GrpcSimulatorServer>(
      options, faults, std::move(renderer), std::move(steady_clock), std::move(stage), clock);
  RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace atomstream

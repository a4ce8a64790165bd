#include "server/source/microscope_beam.h"

#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "atomstream/v1/microscope.grpc.pb.h"
#include "client/cpp/rpc_status.h"
#include "core/base/status_macros.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "server/source/microscope_link.h"

namespace atomstream {
namespace {

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

class MicroscopeBeam final : public BeamControl {
 public:
  explicit MicroscopeBeam(std::unique_ptr<MicroscopeLink> link) : link_(std::move(link)) {}

  absl::Status Place(const ScanPoint& place, absl::Duration dwell, absl::Duration timeout,
                     std::stop_token cancel) override {
    v1::PlaceBeamRequest request;
    request.set_x_fraction(place.x_fraction);
    request.set_y_fraction(place.y_fraction);
    const int64_t seconds = absl::ToInt64Seconds(dwell);
    request.mutable_dwell_time()->set_seconds(seconds);
    request.mutable_dwell_time()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(dwell - absl::Seconds(seconds))));
    v1::PlaceBeamResponse response;
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    // No waiting for a connection: a beam must not be placed later than it was asked for.
    const std::stop_callback cancelled(cancel, [&context] { context.TryCancel(); });
    return Ended(FromGrpcStatus(Stub()->PlaceBeam(&context, request, &response)));
  }

  absl::Status Blank(absl::Duration timeout) override {
    v1::BlankBeamRequest request;
    request.set_blanked(true);
    v1::BlankBeamResponse response;
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    context.set_wait_for_ready(true);  // a connection that was just lost is dialled again
    return Ended(FromGrpcStatus(Stub()->BlankBeam(&context, request, &response)));
  }

 private:
  std::unique_ptr<v1::Microscope::Stub> Stub() { return v1::Microscope::NewStub(link_->Channel()); }
  absl::Status Ended(absl::Status status) {
    link_->CallEnded(status);
    return status;
  }

  const std::unique_ptr<MicroscopeLink> link_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BeamControl>> MakeMicroscopeBeam(const std::string& address,
                                                                const ChannelSecurity& security) {
  ASSIGN_OR_RETURN(std::unique_ptr<MicroscopeLink> link, MicroscopeLink::Create(address, security));
  return std::make_unique<MicroscopeBeam>(std::move(link));
}

}  // namespace atomstream

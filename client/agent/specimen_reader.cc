#include "client/agent/specimen_reader.h"

#include <utility>

#include "atomstream/v1/simulator.grpc.pb.h"
#include "client/cpp/unary_call.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(20);

class GrpcSpecimenReader final : public SpecimenReader {
 public:
  GrpcSpecimenReader(std::shared_ptr<grpc::Channel> channel, absl::Duration timeout)
      : channel_(std::move(channel)),
        stub_(v1::SimulatedSpecimen::NewStub(channel_)),
        timeout_(timeout) {}

  absl::StatusOr<int64_t> Placements() override {
    ASSIGN_OR_RETURN(const v1::GetSpecimenResponse specimen, Look());
    return specimen.placements();
  }

  absl::Status AwaitBeamFree() override {
    const absl::Time deadline = absl::Now() + timeout_;
    while (true) {
      ASSIGN_OR_RETURN(const v1::GetSpecimenResponse specimen, Look());
      if (!specimen.beam_placed()) return absl::OkStatus();
      if (absl::Now() >= deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat("the beam is on a place still, after ", absl::FormatDuration(timeout_)));
      }
      absl::SleepFor(kLook);
    }
  }

  absl::StatusOr<std::vector<v1::Exposure>> ExposuresAfter(int64_t number) override {
    std::vector<v1::Exposure> exposures;
    v1::ListExposuresRequest request;
    request.set_after_number(number);
    while (true) {
      grpc::ClientContext context;
      v1::ListExposuresResponse page;
      RETURN_IF_ERROR(UnaryCall(*channel_, *stub_, &v1::SimulatedSpecimen::Stub::ListExposures,
                                request, timeout_, context, page));
      exposures.insert(exposures.end(), page.exposures().begin(), page.exposures().end());
      if (!page.more()) return exposures;
      request.set_after_number(exposures.back().number());
    }
  }

 private:
  // Everything but the atoms.
  absl::StatusOr<v1::GetSpecimenResponse> Look() {
    v1::GetSpecimenRequest request;
    request.set_element("none");
    grpc::ClientContext context;
    v1::GetSpecimenResponse response;
    RETURN_IF_ERROR(UnaryCall(*channel_, *stub_, &v1::SimulatedSpecimen::Stub::GetSpecimen, request,
                              timeout_, context, response));
    return response;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::SimulatedSpecimen::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<SpecimenReader> SpecimenReader::Create(std::shared_ptr<grpc::Channel> channel,
                                                       absl::Duration timeout) {
  return std::make_unique<GrpcSpecimenReader>(std::move(channel), timeout);
}

}  // namespace atomstream

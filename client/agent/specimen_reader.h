// SpecimenReader: the simulator's SimulatedSpecimen service as plain blocking calls. Thread-safe.
// Errors: UNAVAILABLE or DEADLINE_EXCEEDED if the simulator does not answer in time, others as it
// says.
#ifndef ATOMSTREAM_CLIENT_AGENT_SPECIMEN_READER_H_
#define ATOMSTREAM_CLIENT_AGENT_SPECIMEN_READER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/simulator.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

class SpecimenReader {
 public:
  static std::unique_ptr<SpecimenReader> Create(std::shared_ptr<grpc::Channel> channel,
                                                absl::Duration timeout);

  virtual ~SpecimenReader() = default;

  // How many placements of the beam there were so far; the number of the newest.
  virtual absl::StatusOr<int64_t> Placements() = 0;
  // DEADLINE_EXCEEDED: the beam was not blanked within the timeout.
  virtual absl::Status AwaitBeamFree() = 0;
  virtual absl::StatusOr<std::vector<v1::Exposure>> ExposuresAfter(int64_t number) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_AGENT_SPECIMEN_READER_H_

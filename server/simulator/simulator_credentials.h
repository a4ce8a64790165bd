// MakeSimulatorCredentials: how atomstream-sim encrypts, so that a daemon's link to a microscope
// can be tried with certificates on both sides.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_CREDENTIALS_H_
#define ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/simulator/simulator_options.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace atomstream {

// Reads the files, once. InvalidArgument names the flag and the file.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeSimulatorCredentials(
    const SimulatorOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_CREDENTIALS_H_

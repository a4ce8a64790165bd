// SimulatorServer: atomstream-sim without its main(): a gRPC server with a simulated microscope,
// health and reflection. Thread-safe.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_SERVER_H_
#define ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "server/simulator/simulator_options.h"

namespace atomstream {

class SimulatorServer {
 public:
  // Renders ahead, then serves. InvalidArgument or NotFound names the flag and its value;
  // UNAVAILABLE if the address cannot be listened on. `clock` outlives the server.
  static absl::StatusOr<std::unique_ptr<SimulatorServer>> Start(const SimulatorOptions& options,
                                                                const Clock* clock);

  virtual ~SimulatorServer() = default;  // stops

  // With the port that was chosen.
  virtual std::string address() const = 0;

  // Ends all calls within about a second. Again: no effect.
  virtual void Stop() = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_SERVER_H_

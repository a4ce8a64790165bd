// FrameRenderer: makes the simulator's frames as the contract's messages. Frame `number` always
// shows the same: it depends on the options and the number alone. Immutable after Create: any
// thread.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_
#define ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/frame.pb.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "server/simulator/simulator_options.h"

namespace atomstream {

class FrameRenderer {
 public:
  // Builds the specimen and renders ahead. InvalidArgument or NotFound names the flag and its
  // value.
  static absl::StatusOr<std::unique_ptr<FrameRenderer>> Create(const SimulatorOptions& options,
                                                               const std::string& run_id);

  // `number` >= 1. `size_px` <= options.size_px: the middle of the field, at the same pixel size.
  absl::StatusOr<v1::Frame> Render(int64_t number, int size_px, absl::Time time) const;

  double stated_pixel_size_nm() const;

 private:
  FrameRenderer(const SimulatorOptions& options, const std::string& run_id, Specimen specimen,
                const ScanOptions& scan);

  // What does not change with the number that a frame is sent under.
  absl::StatusOr<v1::Frame> RenderContent(int64_t index, int size_px) const;

  const SimulatorOptions options_;
  const std::string run_id_;
  const Specimen specimen_;
  const ScanOptions scan_;
  std::vector<v1::Frame> ahead_;  // frames 1 … render_ahead at the full size
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_

// FrameRenderer: makes the simulator's frames as the contract's messages. What frame `number` shows
// depends on the options, the number and the specimen alone. Any thread. The specimen is exchanged
// as a whole when the beam has changed it; a frame shows the one that was there when its rendering
// began.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_
#define ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/frame.pb.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
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

  std::shared_ptr<const Specimen> specimen() const;
  // From the next frame on; not for frames that were rendered ahead.
  void SetSpecimen(std::shared_ptr<const Specimen> specimen);

  // The place of the specimen at a fraction of the field of view, `progress` [0, 1] of the way from
  // frame `number` to the next: the specimen drifts evenly between frames. A number below 1 means
  // the first frame. InvalidArgument: fractions outside [0, 1].
  absl::StatusOr<Vector2> PlaceNm(int64_t number, double progress, int size_px, double x_fraction,
                                  double y_fraction) const;
  // Where places of the specimen lie in frame `number`.
  absl::StatusOr<std::vector<PointPx>> PlacesPx(int64_t number, int size_px,
                                                const std::vector<Vector2>& places_nm) const;

 private:
  FrameRenderer(const SimulatorOptions& options, const std::string& run_id, Specimen specimen,
                const ScanOptions& scan);

  ScanOptions ScanOf(int size_px) const;
  // Of the frame's drift and noise.
  int64_t IndexOf(int64_t number, int size_px) const;

  // What does not change with the number that a frame is sent under.
  absl::StatusOr<v1::Frame> RenderContent(int64_t index, int size_px) const;

  const SimulatorOptions options_;
  const std::string run_id_;
  const ScanOptions scan_;
  mutable Mutex mutex_;
  std::shared_ptr<const Specimen> specimen_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Frame> ahead_;  // frames 1 … render_ahead at the full size
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_FRAME_RENDERER_H_

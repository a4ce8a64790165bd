// SceneInput: what following sites needs of one frame, made on the frame's own thread, so that the
// thread that keeps the frames in order has little left to do. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_TARGETING_SCENE_INPUT_H_
#define ATOMSTREAM_SERVER_TARGETING_SCENE_INPUT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/image/frame.h"
#include "core/structure/drift_view.h"
#include "core/target/site.h"
#include "server/record/frame_record.h"

namespace atomstream {

struct SceneInput {
  std::shared_ptr<const DriftView> view;  // null: the drift cannot be measured with this frame
  std::vector<Site> sites;                // one an atom
  std::vector<int> clusters;              // ids of all that the frame's model knows
  int64_t cluster_generation = 0;         // of that model
  double d_nn_px = 0;                     // 0: no lattice; the frame is passed over
  double pixel_size_nm = 0;               // 0: unknown
};

// `detector`: LoG*'s record of the frame, which did not fail.
SceneInput MakeSceneInput(const Frame& frame, const DetectorRecord& detector,
                          const DriftOptions& options);

// Site::confidence is the atom's response over the median atom's, at most 1: LoG knows no
// probabilities. Site::hole_edge_px is the distance to the nearest site of kind "hole_edge".
std::vector<Site> MakeSites(const DetectorRecord& detector, int width_px, int height_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_SCENE_INPUT_H_

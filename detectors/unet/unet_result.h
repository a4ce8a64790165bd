// UnetResult: everything the U-Net branch says about one frame. Plain data, immutable once
// published.
#ifndef ATOMSTREAM_DETECTORS_UNET_UNET_RESULT_H_
#define ATOMSTREAM_DETECTORS_UNET_UNET_RESULT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/lattice/lattice_summary.h"
#include "core/structure/atom.h"
#include "detectors/unet/segmenter.h"

namespace atomstream {

// Wall time of each stage.
struct UnetTimings {
  absl::Duration normalise, lattice, rescale, transfer, compute, locate, total;
};

struct UnetResult {
  // By falling response, which here is the probability at the atom (as `confidence`). sigma_px is
  // the scale of the blob in the probability map, frame pixels.
  std::vector<Atom> atoms;
  std::vector<float>
      confidence;             // of each atom: the ensemble's mean probability at its peak, (0, 1]
  std::vector<float> spread;  // of each atom: standard deviation of the members there
  LatticeSummary lattice;
  double scale = 1;  // network pixels per frame pixel
  // F1 to expect by the network's own confidence (probability_atoms.h), [0, 1]; 0: the model does
  // not say.
  double expected_f1 = 0;
  double mean_variance = 0;  // of the members' probabilities, over the atoms; 0: no atoms
  std::string model_id;      // as ModelInfo
  int members = 0;
  std::string device;
  std::string precision;
  int tiles = 0;
  std::vector<int> batches;  // the tiles of each pass of a member
  SegmentationMemory memory;
  UnetTimings timings;
  // Machine-readable remarks: those of Segmentation, and
  // "constant_frame"      every pixel has the same value; nothing was searched
  // "no_lattice"          no periodicity was found; the metadata's scale was used with a known
  //                       material, else the frame's own (scale = 1)
  // "scale_limited"       the frame was enlarged less than the network asks for: it would have had
  //                       more than kMaxNetworkPixels (frame_scaling.h)
  // "lattice_filtered"    the network was unsure of the frame and surer of what the lattice filter
  //                       shows of it: the atoms are those; confidence is then too high over
  //                       defects
  // "metadata_disagrees"  the pixel size measured from the lattice was used, not the metadata's
  std::vector<std::string> flags;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_UNET_RESULT_H_

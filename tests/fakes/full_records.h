// Records with every field set to a value of its own, one of each detector, of the same frame.
#ifndef ATOMSTREAM_TESTS_FAKES_FULL_RECORDS_H_
#define ATOMSTREAM_TESTS_FAKES_FULL_RECORDS_H_

#include "server/record/frame_record.h"

namespace atomstream {

// What LoG* says.
inline FrameRecord FullRecord() {
  FrameRecord record;
  record.position = {"epoch", 5};
  record.frame_id = "id";
  record.frame_number = 6;
  record.acquisition_time = absl::FromUnixMillis(-1500);
  record.result_time = absl::FromUnixMillis(2500);
  record.width_px = 7;
  record.height_px = 8;
  record.origin = FrameOrigin::kAnalyze;
  record.timings = {{"queue", absl::Milliseconds(1)}, {"total", absl::Milliseconds(2250)}};
  record.frames_dropped_before = 9;
  record.evaluation = {1.5, 10, 11, 12, 0.5, 0.25};
  record.summary.resize(2);
  record.summary[0] = {DetectorKind::kLogStar, DetectorState::kDone, "", 5};
  record.summary[1] = {DetectorKind::kUnet, DetectorState::kPending, "", 0};

  auto& result = record.detector.result.emplace<LogStarResult>();
  result.atoms = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}};
  FrontPoint point;
  point.qc = 0.125;
  point.er = 0.25;
  point.params.min_sigma_px = 1.5;
  point.params.max_sigma_px = 2.5;
  point.params.num_sigma = 3;
  point.params.threshold = 0.01;
  point.params.overlap = 0.75;
  point.params.min_spacing_px = 4.5;
  point.params.preprocessing = Preprocessing::kLattice;
  result.front = {point};
  result.chosen = 0;
  result.chosen_by = "knee";
  result.qc = 0.375;
  result.er = 0.0625;
  result.hypervolume = 0.9;
  result.lattice.found = true;
  result.lattice.d_nn_px = 7.1;
  result.lattice.pixel_size_nm_metadata = 0.02;
  result.lattice.pixel_size_nm_measured = 0.025;
  result.lattice.pixel_size_nm_used = 0.026;
  result.lattice.metadata_disagrees = true;
  result.lattice.orientation_rad = 0.3;
  result.lattice.expected_atoms = 99;
  result.lattice.material_area_fraction = 0.8;
  result.lattice.material = "graphene";
  WindowResult window;
  window.x_px = 1;
  window.y_px = 2;
  window.width_px = 3;
  window.height_px = 4;
  window.front = {point};
  window.chosen = 0;
  window.evaluations = 17;
  window.hypervolume = 0.7;
  result.windows = {window};
  result.timings.lattice = absl::Milliseconds(3);
  result.timings.total = absl::Milliseconds(30);
  result.evaluations = 350;
  result.infeasible = 4;
  result.flags = {"metadata_disagrees"};
  return record;
}

// What the U-Net says about the same frame, later.
inline FrameRecord UnetRecord() {
  FrameRecord record = FullRecord();
  record.position.sequence = 8;
  record.result_time = absl::FromUnixSeconds(3);
  record.frames_dropped_before = 0;
  record.evaluation = {1.5, 20, 21, 22, 0.75, 0.125};
  record.summary[1] = {DetectorKind::kUnet, DetectorState::kDone, "", 8};
  auto& result = record.detector.result.emplace<UnetResult>();
  result.atoms = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}};
  result.confidence = {0.5f, 0.25f};
  result.spread = {0.125f, 0.0625f};
  result.lattice.d_nn_px = 7.1;
  result.mean_variance = 0.03125;
  result.expected_f1 = 0.875;
  result.model_id = "lattice@0123456789ab";
  result.members = 3;
  result.device = "cuda:0";
  result.precision = "float16";
  result.tiles = 4;
  result.timings.compute = absl::Milliseconds(50);
  result.timings.total = absl::Milliseconds(60);
  result.flags = {"smaller_tiles"};
  return record;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FULL_RECORDS_H_

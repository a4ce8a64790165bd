// BeamAccount and ExposureRecord: what the simulated beam has done, for tests and for whoever
// checks an agent. Plain data.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_BEAM_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SIMULATOR_BEAM_ACCOUNT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "core/image/frame.h"
#include "core/lattice/material.h"
#include "core/simulate/beam_exposure.h"
#include "core/simulate/specimen.h"

namespace atomstream {

// A place to put the beam on, and for how long.
struct BeamPlacement {
  Vector2 place_nm;  // of the specimen
  absl::Duration dwell_time;
  // How it was asked for: fractions of the field of view at that moment; and where the place lies
  // in the frame that was the newest then.
  double x_fraction = 0;
  double y_fraction = 0;
  PointPx place_px;
  int64_t frame_number = 0;  // 0: there was none
};

enum class ExposureEnd {
  kCompleted,  // the whole dwell
  kCancelled,  // by the caller, or with its connection
  kBlanked,    // by BlankBeam
  kStopped,    // with the simulator
};

// One placement that is over.
struct ExposureRecord {
  int64_t number = 0;  // of the placement, from 1
  BeamPlacement placement;
  absl::Time started;      // wall clock
  absl::Duration on_time;  // how long the beam was on; the dose is that of this time
  ExposureEnd end = ExposureEnd::kCompleted;
  ExposureReport report;
};

struct ExposurePage {
  std::vector<ExposureRecord> exposures;
  bool more = false;
  int64_t forgotten = 0;  // oldest ones that are not kept any more, in all
};

struct StageAtom {
  int id = 0;
  int species = 0;
  Vector2 place_nm;  // where it is, or was last
  double dose = 0;   // of all exposures, electrons per nm^2
  bool present = true;
};

struct BeamAccount {
  std::shared_ptr<const Specimen> specimen;
  std::vector<StageAtom> atoms;  // by id; those that are gone, too
  double total_electrons = 0;    // of all placements that are over
  int64_t placements = 0;        // that began
  int64_t refused = 0;           // because the beam was on another place
  int64_t blankings = 0;         // calls that blanked the beam, also one that was blanked
  int64_t events = 0;            // changes of the specimen
  bool blanked = false;
  bool placed = false;  // the beam is on a place now
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_BEAM_ACCOUNT_H_

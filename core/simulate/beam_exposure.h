// BeamExposure: what a beam parked on the specimen does: a dose for each atom near it, and changes
// of the specimen that the dose may bring about: an atom knocked out, a dopant that changes places
// with a neighbour.
//
// The model is a simulator's, not a measurement: the probe is a Gaussian; damage is a Poisson
// process in the dose, so after the mean dose D0 of an event a share of 1 - 1/e of the atoms has
// had it; nothing relaxes, and an atom has at most one event in an exposure.
//
// Owned by one thread, or guarded by its owner. Snapshots of the specimen are immutable: a renderer
// keeps the one it took while an exposure makes the next. Deterministic: the same specimen, options
// and exposures give the same doses and events.
#ifndef ATOMSTREAM_CORE_SIMULATE_BEAM_EXPOSURE_H_
#define ATOMSTREAM_CORE_SIMULATE_BEAM_EXPOSURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/lattice/material.h"
#include "core/simulate/specimen.h"

namespace atomstream {

// How a species answers to the beam. Doses in electrons per nm^2, >= 0; 0: never.
struct BeamDamage {
  std::string species;        // one of Specimen::species
  double knock_out_dose = 0;  // mean dose until an atom is gone
  double hop_dose = 0;        // mean dose until it changes places with a neighbour of another
                              // species, one of those within 1.3 d_NN
};

struct BeamOptions {
  double current_pa = 50;          // > 0; 1 pA is 6.24e6 electrons a second
  double probe_sigma_nm = 0;       // 0: DefaultProbeSigmaNm of the specimen's material
  std::vector<BeamDamage> damage;  // a species that is not listed stays as it is
  uint64_t seed = 1;
};

struct BeamEvent {
  enum class Kind { kKnockOut, kHop };
  Kind kind = Kind::kKnockOut;
  int atom_id = 0;
  int species = 0;      // of the atom
  Vector2 from_nm;      // where the atom was
  Vector2 to_nm;        // kHop: where it is now
  int partner_id = -1;  // kHop: the atom that it changed places with
};

// An atom within the probe's reach, as it was before the exposure.
struct ExposedAtom {
  int atom_id = 0;
  int species = 0;
  double distance_nm = 0;  // from the probe's centre
  double dose = 0;         // of this exposure, electrons per nm^2
};

// What one placement of the beam did.
struct ExposureReport {
  double electrons = 0;            // that left the probe
  int atoms_exposed = 0;           // within the probe's reach
  double peak_dose = 0;            // of the atom that got most, electrons per nm^2
  std::vector<ExposedAtom> atoms;  // those within reach, by atom id
  std::vector<BeamEvent> events;   // by atom id
};

class BeamExposure {
 public:
  // InvalidArgument names the option and its value; an unknown species is one of them.
  static absl::StatusOr<BeamExposure> Create(const BeamOptions& options,
                                             std::shared_ptr<const Specimen> specimen);

  // Parks the beam at a place of the specimen. InvalidArgument: dwell_time_s not finite, not
  // positive or above 3600; a place that is not finite. A place without atoms is exposed to no
  // effect.
  absl::StatusOr<ExposureReport> Expose(Vector2 place_nm, double dwell_time_s);

  // The specimen as it is now. The pointer changes only when an event changed the specimen.
  const std::shared_ptr<const Specimen>& specimen() const { return specimen_; }

  // Ids of the present specimen's atoms, by their index in it. An atom keeps the index it had in
  // the first specimen as its id, wherever it hops.
  const std::vector<int>& atom_ids() const { return atom_ids_; }

  // Dose that the atom has got in all exposures, electrons per nm^2, also if it is gone; 0 for an
  // id that no atom has.
  double DoseOf(int atom_id) const;
  // By atom id; of atoms within the probe's reach of an exposure alone it is not 0.
  const std::vector<double>& doses() const { return doses_; }

  double total_electrons() const { return total_electrons_; }
  int64_t exposures() const { return exposures_; }

 private:
  struct Damage {
    double knock_out_dose = 0;
    double hop_dose = 0;
  };
  // An atom in reach.
  struct Exposed {
    int index = 0;
    double distance_nm = 0;
    double dose = 0;  // of this exposure
  };

  BeamExposure(const BeamOptions& options, std::shared_ptr<const Specimen> specimen,
               double probe_sigma_nm, std::vector<Damage> damage);

  std::vector<Exposed> FindExposed(Vector2 place_nm, double electrons) const;
  void Change(const std::vector<Exposed>& exposed, std::vector<BeamEvent>& events);

  BeamOptions options_;
  std::shared_ptr<const Specimen> specimen_;
  double probe_sigma_nm_;
  std::vector<Damage> damage_;  // by species
  std::vector<int> atom_ids_;
  std::vector<double> doses_;
  double total_electrons_ = 0;
  int64_t exposures_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_BEAM_EXPOSURE_H_

#include "core/simulate/beam_exposure.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/simulate/random.h"
#include "core/simulate/scan.h"

namespace atomstream {
namespace {

constexpr double kElectronsPerPicoampereSecond = 6.241509074e6;
constexpr double kReachInSigmas = 5;  // beyond, the dose is below 4e-6 of the centre's
constexpr double kNeighbour = 1.3;    // d_NN: between the first and the second shell
constexpr double kMaxDwellTimeS = 3600;

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("beam.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

double Distance(const SpecimenAtom& atom, double x_nm, double y_nm) {
  return std::hypot(atom.x_nm - x_nm, atom.y_nm - y_nm);
}

// Neighbours that the atom can change places with, none of which has had its event.
std::vector<int> Partners(const Specimen& specimen, const std::vector<char>& done, int index,
                          double reach_nm) {
  const std::vector<SpecimenAtom>& atoms = specimen.atoms;
  // By name: a material with two sites of one element lists it twice.
  const auto species = [&](int i) -> const std::string& {
    return specimen.species[atoms[i].species];
  };
  std::vector<int> partners;
  for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
    if (done[i] || species(i) == species(index)) continue;
    if (Distance(atoms[i], atoms[index].x_nm, atoms[index].y_nm) <= reach_nm) partners.push_back(i);
  }
  return partners;
}

}  // namespace

absl::StatusOr<BeamExposure> BeamExposure::Create(const BeamOptions& options,
                                                  std::shared_ptr<const Specimen> specimen) {
  RETURN_IF_ERROR(CheckRange("current_pa", options.current_pa, 1e-6, 1e6));
  RETURN_IF_ERROR(CheckRange("probe_sigma_nm", options.probe_sigma_nm, 0, 100));
  std::vector<Damage> damage(specimen->species.size());
  for (const BeamDamage& d : options.damage) {
    bool known = false;
    for (size_t i = 0; i < specimen->species.size(); ++i) {
      if (specimen->species[i] != d.species) continue;
      known = true;
      damage[i] = {d.knock_out_dose, d.hop_dose};
    }
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat(
          "beam.damage.species = \"", d.species, "\": the specimen has ",
          absl::StrJoin(std::set<std::string>(specimen->species.begin(), specimen->species.end()),
                        ", ")));
    }
    RETURN_IF_ERROR(CheckRange("damage.knock_out_dose", d.knock_out_dose, 0, 1e30));
    RETURN_IF_ERROR(CheckRange("damage.hop_dose", d.hop_dose, 0, 1e30));
  }
  const double sigma_nm =
      options.probe_sigma_nm > 0 ? options.probe_sigma_nm : DefaultProbeSigmaNm(specimen->material);
  return BeamExposure(options, std::move(specimen), sigma_nm, std::move(damage));
}

BeamExposure::BeamExposure(const BeamOptions& options, std::shared_ptr<const Specimen> specimen,
                           double probe_sigma_nm, std::vector<Damage> damage)
    : options_(options),
      specimen_(std::move(specimen)),
      probe_sigma_nm_(probe_sigma_nm),
      damage_(std::move(damage)),
      atom_ids_(specimen_->atoms.size()),
      doses_(specimen_->atoms.size(), 0.0) {
  for (size_t i = 0; i < atom_ids_.size(); ++i) atom_ids_[i] = static_cast<int>(i);
}

absl::StatusOr<ExposureReport> BeamExposure::Expose(Vector2 place_nm, double dwell_time_s) {
  if (!(dwell_time_s > 0 && dwell_time_s <= kMaxDwellTimeS)) {
    return absl::InvalidArgumentError(
        absl::StrCat("dwell_time_s = ", dwell_time_s, ": must be in (0, ", kMaxDwellTimeS, "]"));
  }
  if (!std::isfinite(place_nm.x) || !std::isfinite(place_nm.y)) {
    return absl::InvalidArgumentError(
        absl::StrCat("place_nm = (", place_nm.x, ", ", place_nm.y, "): must be finite"));
  }
  ExposureReport report;
  report.electrons = options_.current_pa * kElectronsPerPicoampereSecond * dwell_time_s;
  const std::vector<Exposed> exposed = FindExposed(place_nm, report.electrons);
  report.atoms_exposed = static_cast<int>(exposed.size());
  for (const Exposed& atom : exposed) {
    const int id = atom_ids_[atom.index];
    doses_[id] += atom.dose;
    report.atoms.push_back({id, specimen_->atoms[atom.index].species, atom.distance_nm, atom.dose});
    report.peak_dose = std::max(report.peak_dose, atom.dose);
  }
  Change(exposed, report.events);
  total_electrons_ += report.electrons;
  ++exposures_;
  return report;
}

std::vector<BeamExposure::Exposed> BeamExposure::FindExposed(Vector2 place_nm,
                                                             double electrons) const {
  const double variance = probe_sigma_nm_ * probe_sigma_nm_;
  const double reach = kReachInSigmas * probe_sigma_nm_;
  std::vector<Exposed> exposed;
  for (size_t i = 0; i < specimen_->atoms.size(); ++i) {
    const double r = Distance(specimen_->atoms[i], place_nm.x, place_nm.y);
    if (r > reach) continue;
    exposed.push_back(
        {static_cast<int>(i), r,
         electrons * std::exp(-0.5 * r * r / variance) / (2 * std::numbers::pi * variance)});
  }
  return exposed;
}

void BeamExposure::Change(const std::vector<Exposed>& exposed, std::vector<BeamEvent>& events) {
  // Each atom draws from its own sequence: what happens to one never depends on how many others
  // there are.
  const uint64_t seed = DeriveSeed(options_.seed, static_cast<uint64_t>(exposures_));
  const double reach_nm = kNeighbour * specimen_->material.NearestNeighbourDistanceNm();
  std::shared_ptr<Specimen> changed;  // a copy, made at the first event
  std::vector<char> done, gone;
  for (const Exposed& atom : exposed) {
    const Damage& damage = damage_[specimen_->atoms[atom.index].species];
    const double knock_outs = damage.knock_out_dose > 0 ? atom.dose / damage.knock_out_dose : 0;
    const double hops = damage.hop_dose > 0 ? atom.dose / damage.hop_dose : 0;
    Random random(DeriveSeed(seed, static_cast<uint64_t>(atom_ids_[atom.index])));
    if (random.Uniform() >= -std::expm1(-(knock_outs + hops))) continue;
    if (changed == nullptr) {
      changed = std::make_shared<Specimen>(*specimen_);
      done.assign(changed->atoms.size(), 0);
      gone.assign(changed->atoms.size(), 0);
    }
    if (done[atom.index]) continue;
    SpecimenAtom& hit = changed->atoms[atom.index];
    BeamEvent event;
    event.atom_id = atom_ids_[atom.index];
    event.species = hit.species;
    event.from_nm = event.to_nm = {hit.x_nm, hit.y_nm};
    if (random.Uniform() * (knock_outs + hops) < knock_outs) {
      done[atom.index] = gone[atom.index] = 1;
      events.push_back(event);
      continue;
    }
    const std::vector<int> partners = Partners(*changed, done, atom.index, reach_nm);
    if (partners.empty()) continue;
    const int partner = partners[random.Index(static_cast<int>(partners.size()))];
    SpecimenAtom& other = changed->atoms[partner];
    std::swap(hit.x_nm, other.x_nm);
    std::swap(hit.y_nm, other.y_nm);
    done[atom.index] = done[partner] = 1;
    event.kind = BeamEvent::Kind::kHop;
    event.to_nm = {hit.x_nm, hit.y_nm};
    event.partner_id = atom_ids_[partner];
    events.push_back(event);
  }
  if (events.empty()) return;
  size_t kept = 0;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) continue;
    changed->atoms[kept] = changed->atoms[i];
    atom_ids_[kept++] = atom_ids_[i];
  }
  changed->atoms.resize(kept);
  atom_ids_.resize(kept);
  specimen_ = std::move(changed);
}

double BeamExposure::DoseOf(int atom_id) const {
  return atom_id >= 0 && atom_id < static_cast<int>(doses_.size()) ? doses_[atom_id] : 0;
}

}  // namespace atomstream

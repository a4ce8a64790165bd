#include "server/simulator/simulator_options.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/simulator/beam_flags.h"
#include "server/simulator/fault_plan.h"

namespace atomstream {
namespace {

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

}  // namespace

void AddSimulatorFlags(FlagSet& flags, SimulatorOptions& o) {
  flags.Add("address", &o.address, "where to serve, host:port; port 0: any free port");
  flags.Add("tls_certificate", &o.tls_certificate, "PEM file: serve over TLS with it");
  flags.Add("tls_key", &o.tls_key, "PEM file: its key");
  flags.Add("client_ca", &o.client_ca, "PEM file: clients need a certificate that this CA signed");
  flags.Add("material", &o.material, "graphene or SrTiO3");
  flags.Add("rotation_deg", &o.rotation_deg, "of the lattice against the frame, degrees");
  flags.Add("vacancies", &o.vacancies, "fraction of atoms that are missing, [0, 1]");
  flags.Add("dopants", &o.dopants, "fraction of atoms that are replaced by Si, [0, 1]");
  flags.Add("hole", &o.hole, "fraction of the field that is a hole, [0, 0.5]");
  flags.Add("grain_boundary", &o.grain_boundary, "two grains instead of one crystal");
  flags.Add("contamination", &o.contamination,
            "slow background, peak to peak, in units of the brightest column");
  flags.Add("margin_nm", &o.margin_nm,
            "specimen around the field of view; where drift would leave it, drift turns back");
  flags.Add("size_px", &o.size_px, "rows and columns of a frame, 8 to 4096");
  flags.Add("pixel_size_nm", &o.pixel_size_nm, "true side of a pixel, nm");
  flags.Add("metadata_scale", &o.metadata_scale,
            "stated over true pixel size; 0: the frames do not state it");
  flags.Add("pixel_type", &o.pixel_type, "f32 or u16");
  flags.Add("dwell_time_us", &o.dwell_time_us, "stated time on a pixel, microseconds");
  flags.Add("noise", &o.noise, "standard deviation of Gaussian noise over the frame's range");
  flags.Add("dose", &o.dose, "Poisson noise: mean counts of the brightest pixel; 0: none");
  flags.Add("drift_px", &o.drift_px, "drift from frame to frame, pixels");
  flags.Add("jitter_px", &o.jitter_px, "standard deviation of the shift of a row, pixels");
  flags.Add("seed", &o.seed, "of specimen and noise");
  flags.Add("beam_current_pa", &o.beam_current_pa, "of a beam that is placed, picoamperes");
  flags.Add("beam_damage", &o.beam_damage,
            "what a placed beam does: comma-separated SPECIES:hop=DOSE and SPECIES:knock_out=DOSE, "
            "mean doses in electrons per nm^2; empty: nothing");
  flags.Add("rate_hz", &o.rate_hz, "frames per second; 0: as fast as the reader takes them");
  flags.Add("frames", &o.frames, "end the streams after this many frames; 0: never");
  flags.Add("render_ahead", &o.render_ahead,
            "render this many frames at the start and send them in turn; 0: render as it goes");
  flags.Add("truth", &o.truth, "send the exact positions with each frame");
  flags.Add("run_id", &o.run_id, "part of the frame ids; empty: the time of the start");
  flags.Add("fault", &o.fault,
            "comma-separated: drop_link_every_N, bad_frame_every_N, duplicate_number_every_N, "
            "stall_after_N, stall, beam_fails_every_N, beam_hangs_every_N, beam_late_every_N, "
            "beam_late_ms_N");
}

absl::Status ValidateSimulatorOptions(const SimulatorOptions& o) {
  RETURN_IF_ERROR(CheckRange("size_px", o.size_px, 8, 4096));
  RETURN_IF_ERROR(CheckRange("pixel_size_nm", o.pixel_size_nm, 1e-4, 10));
  RETURN_IF_ERROR(CheckRange("margin_nm", o.margin_nm, 0, 100));
  RETURN_IF_ERROR(CheckRange("rotation_deg", o.rotation_deg, -360, 360));
  RETURN_IF_ERROR(CheckRange("metadata_scale", o.metadata_scale, 0, 100));
  RETURN_IF_ERROR(CheckRange("dwell_time_us", o.dwell_time_us, 0, 1e6));
  RETURN_IF_ERROR(CheckRange("drift_px", o.drift_px, 0, 1000));
  RETURN_IF_ERROR(CheckRange("rate_hz", o.rate_hz, 0, 1e4));
  RETURN_IF_ERROR(CheckRange("frames", static_cast<double>(o.frames), 0, 1e15));
  RETURN_IF_ERROR(CheckRange("render_ahead", o.render_ahead, 0, 1000));
  if (o.pixel_type != "f32" && o.pixel_type != "u16") {
    return absl::InvalidArgumentError(
        absl::StrCat("pixel_type = ", o.pixel_type, ": must be f32 or u16"));
  }
  if (o.run_id.size() > 80) {
    return absl::InvalidArgumentError(
        absl::StrCat("run_id: ", o.run_id.size(), " bytes, at most 80 are allowed"));
  }
  RETURN_IF_ERROR(CheckRange("beam_current_pa", o.beam_current_pa, 1e-6, 1e6));
  ASSIGN_OR_RETURN(const std::vector<BeamDamage> damage, ParseBeamDamage(o.beam_damage));
  if (!damage.empty() && o.render_ahead > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "render_ahead = ", o.render_ahead, " with beam_damage = ", o.beam_damage,
        ": frames that were rendered ahead would not show what the beam changed; set one only"));
  }
  return ParseFaultPlan(o.fault).status();
}

}  // namespace atomstream

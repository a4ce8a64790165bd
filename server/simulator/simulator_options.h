// SimulatorOptions: everything that atomstream-sim can be told. Plain data, filled from its flags.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_OPTIONS_H_
#define ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "core/base/flag_set.h"

namespace atomstream {

struct SimulatorOptions {
  std::string address = "127.0.0.1:50060";
  // PEM files; empty: in the clear. With a client_ca clients need a certificate that it signed.
  std::string tls_certificate;
  std::string tls_key;
  std::string client_ca;

  // The specimen.
  std::string material = "graphene";
  double rotation_deg = 5;
  double vacancies = 0;
  double dopants = 0;
  double hole = 0;
  bool grain_boundary = false;
  double contamination = 0;
  double margin_nm = 2;

  // The scan.
  int size_px = 512;
  double pixel_size_nm = 0.02;
  double metadata_scale = 1;
  std::string pixel_type = "f32";
  double dwell_time_us = 1;
  double noise = 0.2;
  double dose = 0;
  double drift_px = 0;
  double jitter_px = 0;
  int64_t seed = 1;

  // The beam.
  double beam_current_pa = 50;
  std::string beam_damage;  // as ParseBeamDamage reads it

  // The stream.
  double rate_hz = 10;
  int64_t frames = 0;
  int render_ahead = 0;
  bool truth = true;
  std::string run_id;
  std::string fault;
};

void AddSimulatorFlags(FlagSet& flags, SimulatorOptions& options);

// What the simulation itself does not check. InvalidArgument names the flag and its value.
absl::Status ValidateSimulatorOptions(const SimulatorOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_SIMULATOR_OPTIONS_H_

#include "core/base/status_macros.h"
#include "tests/bench/commands.h"
#include "tests/bench/delivery/delivery_load.h"
#include "tests/bench/flags.h"

namespace atomstream::bench {

absl::Status RunDelivery(const Arguments& arguments) {
  Flags flags(arguments, {"serve"});
  DeliveryLoadOptions o;
  const bool serve = flags.Switch("serve");
  o.daemon.rate_hz = flags.Number("rate", o.daemon.rate_hz);
  o.daemon.atoms = flags.Integer("atoms", o.daemon.atoms);
  o.daemon.history = flags.Integer("history", o.daemon.history);
  o.daemon.store = flags.Text("store", "");
  o.live = flags.Integer("live", o.live);
  o.stalled = flags.Integer("stalled", o.stalled);
  o.rounds = flags.Integer("rounds", o.rounds);
  o.seconds = flags.Number("seconds", o.seconds);
  o.stall_seconds = flags.Number("stall-seconds", o.stall_seconds);
  o.json = flags.Choice("format", {"text", "json"}, "text") == "json";
  RETURN_IF_ERROR(flags.Finish(0));
  if (o.daemon.rate_hz <= 0) return absl::InvalidArgumentError("--rate: must be above 0");
  if (o.daemon.atoms < 0) return absl::InvalidArgumentError("--atoms: must not be negative");
  if (o.daemon.history < 1) return absl::InvalidArgumentError("--history: must be at least 1");
  if (o.live < 1) return absl::InvalidArgumentError("--live: must be at least 1");
  if (o.stalled < 0) return absl::InvalidArgumentError("--stalled: must not be negative");
  if (o.rounds < 1) return absl::InvalidArgumentError("--rounds: must be at least 1");
  if (o.seconds <= 0) return absl::InvalidArgumentError("--seconds: must be above 0");
  return serve ? BenchDaemon::Serve(o.daemon) : MeasureDelivery(o);
}

}  // namespace atomstream::bench

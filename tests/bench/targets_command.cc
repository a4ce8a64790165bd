#include <string>

#include "core/base/status_macros.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"
#include "tests/bench/target_accuracy.h"

namespace atomstream::bench {

absl::Status RunTargets(const Arguments& arguments) {
  Flags flags(arguments, {});
  TargetAccuracyOptions o;
  const std::vector<std::string> paths = flags.TextList("paths", "straight,circling,wandering");
  o.speeds_px = flags.NumberList("drift", "5");
  o.noise = flags.Number("noise", o.noise);
  o.frames = flags.Integer("frames", o.frames);
  o.size_px = flags.Integer("size", o.size_px);
  o.silicon_fraction = flags.Number("silicon", o.silicon_fraction);
  o.criteria = flags.Choice("criteria", {"dopant", "cluster", "any"}, o.criteria);
  o.patience_frames = flags.Integer("patience", o.patience_frames);
  o.sure_frames = flags.Integer("sure", o.sure_frames);
  o.budget_ms = flags.Number("budget-ms", o.budget_ms);
  o.seed = static_cast<uint64_t>(flags.Integer("seed", 1));
  o.json = flags.Choice("format", {"text", "json"}, "text") == "json";
  RETURN_IF_ERROR(flags.Finish(0));
  o.paths.clear();
  for (const std::string& name : paths) {
    ASSIGN_OR_RETURN(const DriftPath path, ParseDriftPath(name));
    o.paths.push_back(path);
  }
  if (o.frames < 2) return absl::InvalidArgumentError("--frames: must be at least 2");
  return MeasureTargetAccuracy(o);
}

}  // namespace atomstream::bench

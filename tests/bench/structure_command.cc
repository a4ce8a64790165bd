#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"
#include "tests/bench/stage_costs.h"

namespace atomstream::bench {

absl::Status RunStructure(const Arguments& arguments) {
  Flags flags(arguments, {});
  const std::vector<std::string> parts = flags.TextList("parts", "costs");
  StageCostOptions costs;
  costs.frames = flags.Integer("cost-frames", costs.frames);
  costs.noise = flags.Number("cost-noise", costs.noise);
  costs.budget_ms = flags.Number("budget-ms", costs.budget_ms);
  costs.json = flags.Choice("format", {"text", "json"}, "text") == "json";
  RETURN_IF_ERROR(flags.Finish(0));
  const auto wanted = [&](const char* part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  if (wanted("costs")) RETURN_IF_ERROR(MeasureStageCosts(costs));
  return absl::OkStatus();
}

}  // namespace atomstream::bench

#include "core/optimize/optimizer.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/optimize/bayesian_optimizer.h"
#include "core/optimize/nsga2_optimizer.h"
#include "core/optimize/sobol_optimizer.h"

namespace atomstream {

absl::StatusOr<std::unique_ptr<Optimizer>> MakeOptimizer(absl::string_view name) {
  if (name == "nsga2") return std::make_unique<Nsga2Optimizer>();
  if (name == "bayesian") return std::make_unique<BayesianOptimizer>();
  if (name == "sobol") return std::make_unique<SobolOptimizer>();
  return absl::InvalidArgumentError(
      absl::StrCat("optimizer is \"", name, "\"; known: nsga2, bayesian, sobol"));
}

}  // namespace atomstream

// ParseBeamDamage: the flag --beam_damage of atomstream-sim. Pure function; any thread.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_BEAM_FLAGS_H_
#define ATOMSTREAM_SERVER_SIMULATOR_BEAM_FLAGS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/simulate/beam_exposure.h"

namespace atomstream {

// A comma-separated list of "species:hop=DOSE" and "species:knock_out=DOSE": the mean dose, in
// electrons per nm^2, until that happens to an atom of the species. Each once for a species; what
// is not named never happens. Empty: no damage. InvalidArgument names what it does not know; the
// species are checked against the specimen by BeamExposure.
absl::StatusOr<std::vector<BeamDamage>> ParseBeamDamage(absl::string_view text);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_BEAM_FLAGS_H_

// SpecimenAudit: what a simulator's account says about an agent's visits: hits, misses, atoms that
// were visited twice, dose that went elsewhere. Pure functions.
#ifndef ATOMSTREAM_CLIENT_AGENT_SPECIMEN_AUDIT_H_
#define ATOMSTREAM_CLIENT_AGENT_SPECIMEN_AUDIT_H_

#include <string>
#include <vector>

#include "atomstream/v1/simulator.pb.h"
#include "atomstream/v1/targeting.pb.h"

namespace atomstream {

struct AuditOptions {
  std::string element = "Si";  // the agent's targets
  // An exposure farther than this from the nearest atom hit none. Half of graphene's 0.142 nm.
  double hit_nm = 0.071;
};

struct SpecimenAudit {
  int exposures = 0;             // the agent's
  int others = 0;                // of everybody else meanwhile
  int misses = 0;                // nearest atom of another element, or none within hit_nm
  int double_visits = 0;         // exposures of an atom that had one of the agent's before
  int changed_atoms = 0;         // of the element: knocked out or hopped, by the agent's exposures
  double electrons = 0;          // of the agent's exposures
  double electrons_outside = 0;  // of its misses
  double median_error_nm = 0;    // from the beam to the atom hit
  double max_error_nm = 0;
  std::vector<std::string> notes;  // on misses, for people
};

// `visits`: the agent's, from the ledger. An exposure is the agent's if one of them was placed at
// the same fractions.
SpecimenAudit AuditSpecimen(const std::vector<v1::Exposure>& exposures,
                            const std::vector<v1::Visit>& visits, const AuditOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_AGENT_SPECIMEN_AUDIT_H_

// RolePolicy: which certificates have which role, from a file of lines
//
//   cn=ana                  operator
//   san=agent1.lab.example  agent
//
// cn is the subject's common name, san one of the subject's alternative names (a host name, an URI,
// an e-mail or an IP address). The first line that fits counts; a certificate that no line fits has
// no role. Immutable; any thread.
#ifndef ATOMSTREAM_SERVER_SECURITY_ROLE_POLICY_H_
#define ATOMSTREAM_SERVER_SECURITY_ROLE_POLICY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/security/role.h"

namespace atomstream {

// Of a certificate that the transport has verified; nothing else may be put here.
struct PeerCertificate {
  std::string common_name = "";
  std::vector<std::string> alternative_names = {};
};

class RolePolicy {
 public:
  RolePolicy() = default;  // no certificate has a role

  // InvalidArgument reads "<file>:<line>: why".
  static absl::StatusOr<RolePolicy> Parse(absl::string_view file, absl::string_view text);

  std::optional<Role> RoleOf(const PeerCertificate& certificate) const;

  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    bool common_name;  // else an alternative name
    std::string name;
    Role role;
  };
  std::vector<Rule> rules_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_ROLE_POLICY_H_

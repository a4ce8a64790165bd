#include "server/security/role_policy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/security/credential_file.h"

namespace atomstream {

absl::StatusOr<RolePolicy> RolePolicy::Parse(absl::string_view file, absl::string_view text) {
  RolePolicy policy;
  std::map<std::pair<bool, std::string>, int> lines;
  for (const CredentialLine& line : CredentialLines(text)) {
    // A common name may hold blanks; the role never does.
    const std::string who = absl::StrJoin(line.words.begin(), line.words.end() - 1, " ");
    absl::string_view name = who;
    const bool common_name = absl::ConsumePrefix(&name, "cn=");
    if (!common_name && !absl::ConsumePrefix(&name, "san=")) {
      return LineError(file, line.number,
                       absl::StrCat("\"", absl::StrJoin(line.words, " "),
                                    "\": must be cn=NAME ROLE or san=NAME ROLE"));
    }
    if (name.empty()) {
      return LineError(file, line.number, absl::StrCat(who, ": the name must not be empty"));
    }
    const absl::StatusOr<Role> role = ParseRole(line.words.back());
    if (!role.ok()) return LineError(file, line.number, role.status().message());
    const auto [place, is_new] =
        lines.emplace(std::make_pair(common_name, std::string(name)), line.number);
    if (!is_new) {
      return LineError(file, line.number,
                       absl::StrCat(who, ": is in line ", place->second, ", too"));
    }
    policy.rules_.push_back({common_name, std::string(name), *role});
  }
  return policy;
}

std::optional<Role> RolePolicy::RoleOf(const PeerCertificate& certificate) const {
  for (const Rule& rule : rules_) {
    const std::vector<std::string>& names = certificate.alternative_names;
    const bool fits = rule.common_name
                          ? certificate.common_name == rule.name
                          : std::find(names.begin(), names.end(), rule.name) != names.end();
    if (fits) return rule.role;
  }
  return std::nullopt;
}

}  // namespace atomstream

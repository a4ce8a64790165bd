#include "server/security/role.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace atomstream {

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kOperator:
      return "operator";
    case Role::kAgent:
      return "agent";
    case Role::kAdmin:
      return "admin";
  }
  return "";
}

absl::StatusOr<Role> ParseRole(absl::string_view text) {
  for (const Role role : kAllRoles) {
    if (text == RoleName(role)) return role;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("role = ", text, ": must be viewer, operator, agent or admin"));
}

std::string RoleNames(RoleSet roles) {
  std::string names;
  for (const Role role : kAllRoles) {
    if (roles.Has(role)) absl::StrAppend(&names, names.empty() ? "" : ", ", RoleName(role));
  }
  return names;
}

}  // namespace atomstream

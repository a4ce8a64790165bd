// Role: what a caller is there for, and RoleSet: whom a method is for. Plain values.
//
//   viewer    sees results, history, fronts, settings, targets; changes nothing
//   operator  a viewer who also steers, and submits frames
//   agent     a viewer who also selects and visits targets, and submits frames
//   admin     everything that an operator and an agent may do
//
// Operator and agent stand beside each other: whoever may place the beam may not by that change the
// settings, nor the other way round.
#ifndef ATOMSTREAM_SERVER_SECURITY_ROLE_H_
#define ATOMSTREAM_SERVER_SECURITY_ROLE_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

enum class Role : uint8_t { kViewer, kOperator, kAgent, kAdmin };

inline constexpr Role kAllRoles[] = {Role::kViewer, Role::kOperator, Role::kAgent, Role::kAdmin};

// "viewer", …
absl::string_view RoleName(Role role);

// InvalidArgument names the text and the roles that there are.
absl::StatusOr<Role> ParseRole(absl::string_view text);

// Admin is in every set.
class RoleSet {
 public:
  constexpr RoleSet(std::initializer_list<Role> roles) : bits_(Bit(Role::kAdmin)) {
    for (const Role role : roles) bits_ = static_cast<uint8_t>(bits_ | Bit(role));
  }

  constexpr bool Has(Role role) const { return (bits_ & Bit(role)) != 0; }

 private:
  static constexpr uint8_t Bit(Role role) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(role));
  }

  uint8_t bits_;
};

// "operator, admin"
std::string RoleNames(RoleSet roles);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_ROLE_H_

// The one table of who may call which method, and what a call counts for. A method that is not in
// it is refused to everybody; a test holds it against the service descriptors and against
// SECURITY.md. Constant data.
#ifndef ATOMSTREAM_SERVER_SECURITY_METHOD_RULES_H_
#define ATOMSTREAM_SERVER_SECURITY_METHOD_RULES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/security/role.h"

namespace atomstream {

struct MethodRule {
  absl::string_view path;     // "/package.Service/Method"
  RoleSet roles;              // who may call it
  int frames;                 // frames that a call analyses or fetches, for the rate limit
  int64_t max_request_bytes;  // 0: as large as any message may be
};

absl::Span<const MethodRule> MethodRules();

// Null: there is no such method.
const MethodRule* FindMethodRule(absl::string_view path);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_METHOD_RULES_H_

// Hashes of secrets and their comparison, in time that does not tell how much of a guess was right.
// Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_SECURITY_SECRET_HASH_H_
#define ATOMSTREAM_SERVER_SECURITY_SECRET_HASH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

inline constexpr size_t kSecretHashBytes = 32;

// SHA-256 of `salt` followed by `secret`, kSecretHashBytes long. One round is enough because the
// secrets are drawn by a machine (256 bits), not chosen by people. Empty, which equals no hash, if
// the library has no SHA-256.
std::string SecretHash(absl::string_view salt, absl::string_view secret);

// Takes the same time whatever the bytes are. False for different lengths, and for two empty texts.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_SECRET_HASH_H_

// SHA-256 of bytes, and a canonical way to write fields as bytes before they are hashed. Pure
// functions; any thread.
#ifndef ATOMSTREAM_SERVER_JOURNAL_HASH_H_
#define ATOMSTREAM_SERVER_JOURNAL_HASH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

inline constexpr size_t kSha256Bytes = 32;

// 32 bytes. Fails only where the library has no SHA-256.
absl::StatusOr<std::string> Sha256(absl::string_view bytes);

// Fields as bytes that no other fields give: each has a tag of its own and a fixed length or its
// length in front. A field that is left out adds nothing, so later versions may add fields without
// changing what the earlier ones gave.
class FieldBytes {
 public:
  FieldBytes& Add(char tag, int64_t value);
  FieldBytes& AddReal(char tag, double value);
  FieldBytes& AddText(char tag, absl::string_view value);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_HASH_H_

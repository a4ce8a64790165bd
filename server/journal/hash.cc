#include "server/journal/hash.h"

#include <openssl/evp.h>

#include <cstring>

namespace atomstream {

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1 ||
      size != kSha256Bytes) {
    return absl::InternalError("SHA-256 is not available");
  }
  return std::string(reinterpret_cast<const char*>(digest), size);
}

FieldBytes& FieldBytes::Add(char tag, int64_t value) {
  bytes_.push_back(tag);
  for (int shift = 0; shift < 64; shift += 8) {
    bytes_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
  return *this;
}

FieldBytes& FieldBytes::AddReal(char tag, double value) {
  if (value == 0) value = 0;  // SQLite forgets the sign of zero
  int64_t bits = 0;
  static_assert(sizeof(bits) == sizeof(value));
  std::memcpy(&bits, &value, sizeof(bits));
  return Add(tag, bits);
}

FieldBytes& FieldBytes::AddText(char tag, absl::string_view value) {
  Add(tag, static_cast<int64_t>(value.size()));
  bytes_.append(value.data(), value.size());
  return *this;
}

}  // namespace atomstream

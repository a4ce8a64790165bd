// The mark that versions before schema 3 wrote; never to be changed.
#ifndef ATOMSTREAM_TESTS_SERVER_JOURNAL_LEGACY_MARK_H_
#define ATOMSTREAM_TESTS_SERVER_JOURNAL_LEGACY_MARK_H_

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/journal/hash.h"

namespace atomstream {

inline std::string LegacyMark(const std::string& epoch, int64_t sequence, int64_t given) {
  const std::string text =
      absl::StrFormat("atomstream-journal %s %020d %020d ", epoch, sequence, given);
  return absl::StrCat(text, absl::BytesToHexString(Sha256(text)->substr(0, 8)), "\n");
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_JOURNAL_LEGACY_MARK_H_

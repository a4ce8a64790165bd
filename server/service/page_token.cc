#include "server/service/page_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream {
namespace {

constexpr absl::string_view kVersion = "1";
constexpr size_t kMaxShown = 64;  // of a token in a message

// FNV-1a of 64 bits: a token of another question is a mistake, not an attack, and reveals nothing.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string QuestionHash(absl::string_view question) {
  return absl::StrCat(absl::Hex(HashOf(question), absl::kZeroPad16));
}

absl::Status Refusal(absl::string_view token, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("page_token = ", absl::CEscape(token.substr(0, kMaxShown)),
                   token.size() > kMaxShown ? "…" : "", ": ", why, "; begin with the first page"));
}

}  // namespace

std::string MakePageToken(absl::string_view epoch, absl::string_view question, int64_t cursor) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(kVersion, " ", epoch, " ", QuestionHash(question), " ", cursor));
}

absl::StatusOr<int64_t> ReadPageToken(absl::string_view token, absl::string_view epoch,
                                      absl::string_view question) {
  std::string text;
  int64_t cursor = 0;
  if (!absl::WebSafeBase64Unescape(token, &text)) return Refusal(token, "is no token");
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  if (parts.size() != 4 || parts[0] != kVersion || !absl::SimpleAtoi(parts[3], &cursor) ||
      cursor < 0) {
    return Refusal(token, "is no token");
  }
  if (parts[1] != epoch) return Refusal(token, "is of another epoch");
  if (parts[2] != QuestionHash(question)) {
    return Refusal(token, "was given for another filter, order or choice of parts");
  }
  return cursor;
}

}  // namespace atomstream

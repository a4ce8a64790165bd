#include "server/security/token_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/security/credential_file.h"
#include "server/security/secret_hash.h"

namespace atomstream {
namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kShortestSalt = 16;   // hexadecimal digits
constexpr size_t kLongestToken = 512;  // longer ones are no token of ours

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

absl::StatusOr<TokenTable::Token> ParseToken(const std::vector<std::string>& words) {
  if (words.size() != 5) {
    return absl::InvalidArgumentError(
        absl::StrCat(words.size(), " words: must be NAME ROLE EXPIRES SALT HASH"));
  }
  TokenTable::Token token;
  token.name = words[0];
  if (!IsName(token.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("name = ", token.name, ": must be 1 to 64 letters, digits, - and _"));
  }
  const absl::StatusOr<Role> role = ParseRole(words[1]);
  if (!role.ok()) return role.status();
  token.role = *role;
  std::string why;
  if (!absl::ParseTime(absl::RFC3339_sec, words[2], &token.expires, &why)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expires = ", words[2], ": must be like 2027-03-01T00:00:00Z"));
  }
  token.salt = words[3];
  if (token.salt.size() < kShortestSalt || !IsHex(token.salt)) {
    return absl::InvalidArgumentError(absl::StrCat("salt = ", token.salt, ": must be ",
                                                   kShortestSalt, " hexadecimal digits or more"));
  }
  if (words[4].size() != 2 * kSecretHashBytes || !IsHex(words[4])) {
    return absl::InvalidArgumentError(absl::StrCat("hash: must be ", 2 * kSecretHashBytes,
                                                   " hexadecimal digits, not ", words[4].size(),
                                                   " characters"));
  }
  token.hash = absl::HexStringToBytes(words[4]);
  return token;
}

}  // namespace

absl::StatusOr<TokenTable> TokenTable::Parse(absl::string_view file, absl::string_view text) {
  TokenTable table;
  for (const CredentialLine& line : CredentialLines(text)) {
    absl::StatusOr<Token> token = ParseToken(line.words);
    if (!token.ok()) return LineError(file, line.number, token.status().message());
    for (const Token& earlier : table.tokens_) {
      if (earlier.name == token->name) {
        return LineError(file, line.number,
                         absl::StrCat("name = ", token->name, ": is in an earlier line, too"));
      }
    }
    table.tokens_.push_back(*std::move(token));
  }
  return table;
}

TokenTable::Answer TokenTable::Check(absl::string_view presented, absl::Time now) const {
  if (presented.size() > kLongestToken) return {};
  Token nobody;  // whom a name that is not known is compared with
  nobody.salt = std::string(32, '0');
  nobody.hash = std::string(kSecretHashBytes, '\0');
  const absl::string_view name = presented.substr(0, presented.find('.'));
  const Token* found = &nobody;
  for (const Token& token : tokens_) {
    if (token.name == name) found = &token;
  }
  const bool equal = EqualInConstantTime(SecretHash(found->salt, presented), found->hash);
  if (!equal || found == &nobody) return {};
  return {now < found->expires ? Verdict::kValid : Verdict::kExpired, found};
}

}  // namespace atomstream

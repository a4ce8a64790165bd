// TokenTable: the bearer tokens that are known, from a file of lines
//
//   # name     role    expires               salt      hash
//   night-run  agent   2027-03-01T00:00:00Z  9f2c…     4be1…
//
// A token is "NAME.SECRET"; the file holds only the SHA-256 of the salt's text followed by the
// whole token, both in hexadecimal digits. Immutable; any thread.
#ifndef ATOMSTREAM_SERVER_SECURITY_TOKEN_TABLE_H_
#define ATOMSTREAM_SERVER_SECURITY_TOKEN_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/security/role.h"

namespace atomstream {

class TokenTable {
 public:
  struct Token {
    std::string name;
    Role role = Role::kViewer;
    absl::Time expires;
    std::string salt;  // its text
    std::string hash;  // bytes
  };
  enum class Verdict { kValid, kUnknown, kExpired };

  TokenTable() = default;  // no token is valid

  // InvalidArgument reads "<file>:<line>: why".
  static absl::StatusOr<TokenTable> Parse(absl::string_view file, absl::string_view text);

  struct Answer {
    Verdict verdict = Verdict::kUnknown;
    const Token* token = nullptr;  // set unless kUnknown; lives as long as the table
  };
  // `presented` comes from the caller: any bytes. One hash is made and compared in constant time
  // whether or not there is a token of that name; only who knows a secret learns that it expired.
  Answer Check(absl::string_view presented, absl::Time now) const;

  bool empty() const { return tokens_.empty(); }

 private:
  std::vector<Token> tokens_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_TOKEN_TABLE_H_

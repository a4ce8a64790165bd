// The form that the policy file and the token file share: one entry a line, words separated by
// blanks, "#" begins a comment. Any thread.
#ifndef ATOMSTREAM_SERVER_SECURITY_CREDENTIAL_FILE_H_
#define ATOMSTREAM_SERVER_SECURITY_CREDENTIAL_FILE_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

struct CredentialLine {
  int number = 0;                  // from 1
  std::vector<std::string> words;  // at least one
};

// The lines that have words.
std::vector<CredentialLine> CredentialLines(absl::string_view text);

// InvalidArgument "<file>:<line>: <why>".
absl::Status LineError(absl::string_view file, int line, absl::string_view why);

// The whole file. InvalidArgument names `field`, the path and the reason when it cannot be read, is
// no file or holds more than a mebibyte. `mode`: that of the file that was read; may be null. Does
// not wait.
absl::StatusOr<std::string> ReadCredentialFile(absl::string_view field, const std::string& path,
                                               mode_t* mode = nullptr);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_CREDENTIAL_FILE_H_

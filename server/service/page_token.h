// Page tokens of ListFrameResults: a cursor into the history, bound to the store's epoch and to the
// question that it was given for. Opaque to callers. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_PAGE_TOKEN_H_
#define ATOMSTREAM_SERVER_SERVICE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

// `question`: everything that a page depends on, in any form that is the same for the same
// question.
std::string MakePageToken(absl::string_view epoch, absl::string_view question, int64_t cursor);

// The cursor. InvalidArgument: it is no token, of another epoch, or of another question; the
// message says which.
absl::StatusOr<int64_t> ReadPageToken(absl::string_view token, absl::string_view epoch,
                                      absl::string_view question);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_PAGE_TOKEN_H_

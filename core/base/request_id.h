// Request ids: a short name for one call, which caller and daemon both write down, so that a line
// of the log and a message on somebody's screen can be put together. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_BASE_REQUEST_ID_H_
#define ATOMSTREAM_CORE_BASE_REQUEST_ID_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

// Header of a call and of its answer.
inline constexpr char kRequestIdKey[] = "x-request-id";
inline constexpr size_t kMaxRequestIdLength = 64;
inline constexpr char kRequestIdRule[] = "must be 1 to 64 of A-Z a-z 0-9 - . _ ~ : / + = @";

// Whether it keeps the rule: nothing in it needs an escape in a log, a header or a shell.
bool IsRequestId(absl::string_view text);

// 16 hexadecimal digits.
std::string MakeRequestId(uint64_t random);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_REQUEST_ID_H_

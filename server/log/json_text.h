// Text as a JSON string, and as one printable line. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_LOG_JSON_TEXT_H_
#define ATOMSTREAM_SERVER_LOG_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

// With its quotation marks. Bytes that are no UTF-8 become U+FFFD each.
void AppendJsonString(absl::string_view text, std::string& out);

// Control characters, and bytes that are no UTF-8, as \xNN.
void AppendPrintable(absl::string_view text, std::string& out);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_JSON_TEXT_H_

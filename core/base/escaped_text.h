// Text as a JSON string, and as one printable line. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_BASE_ESCAPED_TEXT_H_
#define ATOMSTREAM_CORE_BASE_ESCAPED_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

// Characters that steer a terminal or turn a line's direction round (control characters, also those
// above 0x7f, separators of lines, marks of direction) are escaped by all of these.

// With its quotation marks. Bytes that are no UTF-8 become U+FFFD each.
void AppendJsonString(absl::string_view text, std::string& out);

// For people. Bytes as \xNN, other characters as \uNNNN.
void AppendPrintable(absl::string_view text, std::string& out);
inline std::string Printable(absl::string_view text) {
  std::string out;
  AppendPrintable(text, out);
  return out;
}

// A field's value for people: printable, and in quotation marks where without them it could be
// taken for more than one value.
void AppendValue(absl::string_view text, std::string& out);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_ESCAPED_TEXT_H_

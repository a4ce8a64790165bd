#include "server/log/json_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace atomstream {
namespace {

// Length of the UTF-8 character that `text` begins with; 0: it begins with none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;   // too long for its value
  if (first == 0xed && byte(1) >= 0xa0) return 0;  // half of a pair
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) >= 0x90) return 0;  // beyond Unicode
  return length;
}

// Printable UTF-8: everything else becomes an escape that `escape` writes.
template <typename Escape>
void AppendEscaped(absl::string_view text, const Escape& escape, std::string& out) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0 || byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
      escape(byte, length == 0, out);
      text.remove_prefix(1);
    } else {
      absl::StrAppend(&out, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

}  // namespace

void AppendPrintable(absl::string_view text, std::string& out) {
  AppendEscaped(
      text,
      [](unsigned char byte, bool, std::string& to) {
        if (byte == '"' || byte == '\\' || byte == '\t') {
          to += static_cast<char>(byte);  // harmless in text
        } else {
          absl::StrAppendFormat(&to, "\\x%02x", byte);
        }
      },
      out);
}

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  AppendEscaped(
      text,
      [](unsigned char byte, bool invalid, std::string& to) {
        if (invalid) {
          to += "\\ufffd";
        } else if (byte == '"' || byte == '\\') {
          to += '\\';
          to += static_cast<char>(byte);
        } else {
          absl::StrAppendFormat(&to, "\\u%04x", byte);
        }
      },
      out);
  out += '"';
}

}  // namespace atomstream

#include "core/base/escaped_text.h"

#include <cstdint>

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

// Code point of a UTF-8 character.
uint32_t CodeOf(absl::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  uint32_t code = byte(0) & (0xffu >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3f);
  return code;
}

// Steers a terminal, ends a line, or makes what is behind it look like something else.
bool Steers(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e ||
         code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

// Plain characters as they are. `invalid(byte)`: is no UTF-8; `steers(code)`: see above; `mark(c)`:
// a quotation mark or a backslash.
template <typename Invalid, typename Steering, typename Mark>
void AppendEscaped(absl::string_view text, const Invalid& invalid, const Steering& steers,
                   const Mark& mark, std::string& out) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      invalid(static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const absl::string_view character = text.substr(0, length);
    if (const uint32_t code = CodeOf(character); Steers(code)) {
      steers(code);
    } else if (code == '"' || code == '\\') {
      mark(character.front());
    } else {
      absl::StrAppend(&out, character);
    }
    text.remove_prefix(length);
  }
}

// `quoted`: it stands in quotation marks.
void AppendForPeople(absl::string_view text, bool quoted, std::string& out) {
  AppendEscaped(
      text, [&out](unsigned byte) { absl::StrAppendFormat(&out, "\\x%02x", byte); },
      [&out, quoted](uint32_t code) {
        if (code == '\t' && !quoted) {
          out += '\t';  // harmless there
        } else if (code < 0x80) {
          absl::StrAppendFormat(&out, "\\x%02x", code);
        } else {
          absl::StrAppendFormat(&out, "\\u%04x", code);
        }
      },
      [&out, quoted](char mark) {
        if (quoted) out += '\\';
        out += mark;
      },
      out);
}

}  // namespace

void AppendPrintable(absl::string_view text, std::string& out) {
  AppendForPeople(text, /*quoted=*/false, out);
}

void AppendValue(absl::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(" \t\"\\[]") == absl::string_view::npos) {
    AppendForPeople(text, /*quoted=*/false, out);
    return;
  }
  out += '"';
  AppendForPeople(text, /*quoted=*/true, out);
  out += '"';
}

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  AppendEscaped(
      text, [&out](unsigned) { out += "\\ufffd"; },
      [&out](uint32_t code) { absl::StrAppendFormat(&out, "\\u%04x", code); },
      [&out](char mark) {
        out += '\\';
        out += mark;
      },
      out);
  out += '"';
}

}  // namespace atomstream

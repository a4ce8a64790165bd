#include "client/cli/json_writer.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace atomstream {
namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) >= 0x90) return 0;
  return length;
}

template <typename T>
std::string Shortest(T value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end);
}

}  // namespace

JsonWriter& JsonWriter::Key(absl::string_view key) {
  Comma();
  Quote(key);
  text_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Text(absl::string_view value) {
  Comma();
  Quote(value);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Integer(int64_t value) { return Raw(Shortest(value)); }

JsonWriter& JsonWriter::Number(double value) {
  return std::isfinite(value) ? Raw(Shortest(value)) : Null();
}

JsonWriter& JsonWriter::Number(float value) {
  return std::isfinite(value) ? Raw(Shortest(value)) : Null();
}

JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Begin(char bracket) {
  Comma();
  text_.push_back(bracket);
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::End(char bracket) {
  text_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Raw(absl::string_view value) {
  Comma();
  text_.append(value.data(), value.size());
  needs_comma_ = true;
  return *this;
}

void JsonWriter::Comma() {
  if (needs_comma_) text_.push_back(',');
}

void JsonWriter::Quote(absl::string_view value) {
  text_.push_back('"');
  while (!value.empty()) {
    const size_t length = Utf8Length(value);
    const char c = value[0];
    if (length == 0) {
      text_.append("\xEF\xBF\xBD");
    } else if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      text_.append(escaped);
    } else {
      text_.append(value.data(), length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  text_.push_back('"');
}

}  // namespace atomstream

#include "client/cli/json_writer.h"

#include <charconv>
#include <cmath>

#include "core/base/escaped_text.h"

namespace atomstream {
namespace {

template <typename T>
std::string Shortest(T value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end);
}

}  // namespace

JsonWriter& JsonWriter::Key(absl::string_view key) {
  Comma();
  AppendJsonString(key, text_);
  text_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Text(absl::string_view value) {
  Comma();
  AppendJsonString(value, text_);
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

}  // namespace atomstream

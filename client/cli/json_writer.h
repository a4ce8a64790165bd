// JsonWriter: builds one line of JSON. Not thread-safe.
//
// Commas are its business, nesting is the caller's: every Begin has its End and every value in an
// object its Key. Text that is not UTF-8 is made so: each bad byte becomes U+FFFD. What would steer
// a terminal is escaped: a line of JSON may end there. NaN and infinities become null, which JSON
// has instead.
#ifndef ATOMSTREAM_CLIENT_CLI_JSON_WRITER_H_
#define ATOMSTREAM_CLIENT_CLI_JSON_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Begin('{'); }
  JsonWriter& EndObject() { return End('}'); }
  JsonWriter& BeginArray() { return Begin('['); }
  JsonWriter& EndArray() { return End(']'); }
  JsonWriter& Key(absl::string_view key);

  JsonWriter& Text(absl::string_view value);
  JsonWriter& Integer(int64_t value);
  JsonWriter& Number(double value);  // the shortest text that reads back as the same double
  JsonWriter& Number(float value);   // … as the same float
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

  const std::string& text() const { return text_; }

 private:
  JsonWriter& Begin(char bracket);
  JsonWriter& End(char bracket);
  JsonWriter& Raw(absl::string_view value);
  void Comma();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_JSON_WRITER_H_

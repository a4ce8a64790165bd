#include "tests/bench/json_number.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream::bench {
namespace {

// Where the value after "name": begins.
size_t FindValue(const std::string& json, const std::string& name) {
  const std::string key = absl::StrCat("\"", name, "\"");
  size_t at = json.find(key);
  if (at == std::string::npos) return at;
  at = json.find(':', at + key.size());
  return at == std::string::npos ? at : json.find_first_not_of(" \t\r\n", at + 1);
}

}  // namespace

std::optional<double> JsonNumber(const std::string& json, const std::string& name) {
  const size_t begin = FindValue(json, name);
  if (begin == std::string::npos) return std::nullopt;
  const size_t end = json.find_first_of(",}\r\n", begin);
  double value = 0;
  if (!absl::SimpleAtod(json.substr(begin, end - begin), &value)) return std::nullopt;
  return value;
}

std::optional<std::string> JsonText(const std::string& json, const std::string& name) {
  const size_t begin = FindValue(json, name);
  if (begin == std::string::npos || json[begin] != '"') return std::nullopt;
  const size_t end = json.find('"', begin + 1);
  if (end == std::string::npos) return std::nullopt;
  return json.substr(begin + 1, end - begin - 1);
}

std::vector<double> JsonNumbers(const std::string& json, const std::string& name) {
  const size_t begin = FindValue(json, name);
  if (begin == std::string::npos || json[begin] != '[') return {};
  const size_t end = json.find(']', begin);
  if (end == std::string::npos) return {};
  std::vector<double> values;
  const std::vector<std::string> texts =
      absl::StrSplit(json.substr(begin + 1, end - begin - 1), ',', absl::SkipWhitespace());
  for (const std::string& text : texts) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value)) return {};
    values.push_back(value);
  }
  return values;
}

}  // namespace atomstream::bench

#include "tests/server/config/config_comments.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace atomstream {

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.emplace_back(absl::StripAsciiWhitespace(line));
  }
  return lines;
}

std::map<std::string, std::string> CommentsOfProto() {
  std::map<std::string, std::string> comments;
  std::vector<std::string> comment;
  std::string message;
  for (const std::string& line : LinesOf(CONFIG_PROTO)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "//")) {
      comment.emplace_back(absl::StripAsciiWhitespace(rest));
      continue;
    }
    if (absl::ConsumePrefix(&rest, "message ")) {
      message = std::string(rest.substr(0, rest.find(' ')));
    }
    const size_t equals = line.find(" = ");
    if (equals != std::string::npos && absl::EndsWith(line, ";")) {
      const std::string before = line.substr(0, equals);
      comments[absl::StrCat(message, ".", before.substr(before.rfind(' ') + 1))] =
          absl::StrJoin(comment, " ");
    }
    comment.clear();
  }
  return comments;
}

}  // namespace atomstream

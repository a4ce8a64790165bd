// config/atomstreamd.textproto against the configuration's proto file: every field is there, set or
// behind a "#", below what the proto file says of it (its unit, range and default), word for word.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/config/config_diff.h"
#include "tests/server/config/config_comments.h"

namespace atomstream {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The fields of the file with the comment above each, by path.
std::map<std::string, std::string> FieldsOfFile() {
  std::map<std::string, std::string> fields;
  std::vector<std::pair<std::string, const Descriptor*>> blocks = {
      {"", config::v1::DaemonConfig::descriptor()}};
  std::vector<std::string> comment;
  for (const std::string& line : LinesOf(CONFIG_FOLDER "/atomstreamd.textproto")) {
    const bool behind = absl::StartsWith(line, "# ");
    const absl::string_view text = behind ? absl::string_view(line).substr(2) : line;
    const std::string name(text.substr(0, text.find_first_of(": ")));
    if (text == "}" && blocks.size() > 1) {
      blocks.pop_back();
      comment.clear();
      continue;
    }
    const bool sets = absl::StartsWith(text, absl::StrCat(name, ": ")) ||
                      absl::StartsWith(text, absl::StrCat(name, " {"));
    const FieldDescriptor* field =
        sets && !name.empty() ? blocks.back().second->FindFieldByName(name) : nullptr;
    if (field == nullptr) {
      if (behind) {
        comment.emplace_back(absl::StripAsciiWhitespace(text));
      } else {
        comment.clear();
      }
      continue;
    }
    const std::string path = absl::StrCat(blocks.back().first, name);
    fields[path] = absl::StrJoin(comment, " ");
    comment.clear();
    if (absl::EndsWith(text, "{")) blocks.emplace_back(path + ".", field->message_type());
  }
  EXPECT_EQ(blocks.size(), 1u) << "a block is not closed: " << blocks.back().first;
  return fields;
}

const Descriptor& MessageOf(const std::string& path, std::string* name) {
  const Descriptor* message = config::v1::DaemonConfig::descriptor();
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    message = message->FindFieldByName(parts[i])->message_type();
  }
  *name = parts.back();
  return *message;
}

TEST(ShippedConfigTest, HasEveryFieldBelowWhatTheProtoFileSaysOfIt) {
  const std::map<std::string, std::string> said = CommentsOfProto();
  std::map<std::string, std::string> fields = FieldsOfFile();
  const std::vector<std::string> all = ConfigFields();
  ASSERT_GT(all.size(), 100u);
  for (const std::string& path : all) {
    const auto found = fields.find(path);
    if (found == fields.end()) {
      ADD_FAILURE() << path << " is missing";
      continue;
    }
    std::string name;
    const Descriptor& message = MessageOf(path, &name);
    const auto comment = said.find(absl::StrCat(message.name(), ".", name));
    ASSERT_NE(comment, said.end()) << path;
    EXPECT_EQ(found->second, comment->second) << path;
  }
}

// Every field of the proto file says its default, or that it is required.
TEST(ShippedConfigTest, EveryFieldSaysItsDefault) {
  for (const auto& [field, comment] : CommentsOfProto()) {
    std::vector<std::string> parts = absl::StrSplit(field, '.');
    const Descriptor* message =
        config::v1::DaemonConfig::descriptor()->file()->FindMessageTypeByName(parts[0]);
    if (message == nullptr) continue;  // values of an enum
    const FieldDescriptor* of = message->FindFieldByName(parts[1]);
    // Blocks, and what a custom material consists of.
    if (of == nullptr || of->message_type() != nullptr || !of->has_presence()) continue;
    EXPECT_TRUE(absl::StrContains(comment, "Default ") || absl::StrContains(comment, "Default:") ||
                absl::StrContains(comment, "Required."))
        << field << ": " << comment;
  }
}

}  // namespace
}  // namespace atomstream

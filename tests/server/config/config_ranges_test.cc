// The range in the comment of every numeric field of the configuration is the one that is enforced:
// its ends are accepted or refused as it says, and what lies just beyond is refused by name.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "server/config/config.h"
#include "tests/server/config/config_comments.h"

namespace atomstream {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct End {
  double value = 0;
  bool included = true;
};

// What a comment says; an end that is another field, or that it does not name, is not there.
struct Range {
  std::optional<End> low = {};
  std::optional<End> high = {};
  bool is_any = false;               // any number
  bool zero_too = false;             // besides
  std::vector<double> choices = {};  // nothing else
};

std::optional<End> EndOf(const std::string& text, bool included) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return std::nullopt;
  return End{value, included};
}

// nullopt: it names none.
std::optional<Range> RangeOf(const std::string& comment) {
  static const std::regex any(R"(\bany (whole )?number\b)");
  static const std::regex choices(R"((\d+), (\d+) or (\d+)\b)");
  static const std::regex open(R"(\babove ([\d.]*\d)(?:, (below|at most) ([\d.]*\d))?)");
  static const std::regex half_open(R"(\bat least ([\d.]*\d)(?:, below ([\d.]*\d))?)");
  static const std::regex closed(R"(([\d.]*\d|\b\w+_\w+) to ([\d.]*\d)\b)");
  static const std::regex zero_too(R"(; 0: )");
  Range range;
  std::smatch found;
  if (std::regex_search(comment, found, any)) {
    range.is_any = true;
  } else if (std::regex_search(comment, found, choices)) {
    for (int i = 1; i <= 3; ++i) range.choices.push_back(EndOf(found[i], true)->value);
  } else if (std::regex_search(comment, found, open)) {
    range.low = EndOf(found[1], false);
    if (found[2].matched) range.high = EndOf(found[3], found[2] == "at most");
  } else if (std::regex_search(comment, found, half_open)) {
    range.low = EndOf(found[1], true);
    if (found[2].matched) range.high = EndOf(found[2], false);
  } else if (std::regex_search(comment, found, closed)) {
    range.low = EndOf(found[1], true);
    range.high = EndOf(found[2], true);
  } else {
    return std::nullopt;
  }
  range.zero_too = std::regex_search(comment, zero_too);
  return range;
}

// A field of one number somewhere in DaemonConfig; of a repeated message the first entry.
struct NumberField {
  std::string path;      // as in an error
  std::string declared;  // "Message.field"
  std::vector<const FieldDescriptor*> steps;

  bool is_whole() const { return steps.back()->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE; }
};

void Collect(const Descriptor& message, const NumberField& prefix,
             std::vector<NumberField>& fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    NumberField found = prefix;
    found.steps.push_back(field);
    absl::StrAppend(&found.path, found.path.empty() ? "" : ".", field->name());
    found.declared = absl::StrCat(message.name(), ".", field->name());
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field->is_repeated()) found.path += "[0]";
        Collect(*field->message_type(), found, fields);
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        fields.push_back(found);
        break;
      default:
        break;
    }
  }
}

std::vector<NumberField> NumberFields() {
  std::vector<NumberField> fields;
  Collect(*config::v1::DaemonConfig::descriptor(), {}, fields);
  return fields;
}

// A configuration in which any value of one more field is accepted that its comment allows.
config::v1::DaemonConfig ConfigFor(const NumberField& field) {
  const bool is_replay = absl::StartsWith(field.path, "source.replay");
  config::v1::DaemonConfig config;
  EXPECT_TRUE(TextFormat::ParseFromString(
      absl::StrCat(is_replay ? R"(source { replay { path: "p" } })"
                             : R"(source { microscope { address: "h:1" } })",
                   R"(
      log_star {
        window_size_px: 4096  # a stride is a number of pixels
        custom_materials { name: "mine" vector_a_nm { x: 0.3 } vector_b_nm { y: 0.3 }
                           basis { species: "X" } } }
      clusters { max_clusters: 16 patch_grid: 4 }
      targeting { max_lease_s: 86400 }
      history { path: "results" }
      security { tls { certificate: "c" key: "k" client_ca: "a" } policy_file: "p" })"),
      &config));
  return config;
}

absl::Status Try(const NumberField& field, double value) {
  config::v1::DaemonConfig config = ConfigFor(field);
  Message* message = &config;
  for (const FieldDescriptor* step : field.steps) {
    const auto* reflection = message->GetReflection();
    if (step->is_repeated()) {
      message = reflection->MutableRepeatedMessage(message, step, 0);
    } else if (step->message_type() != nullptr) {
      message = reflection->MutableMessage(message, step);
    } else if (step->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      reflection->SetDouble(message, step, value);
    } else {
      EXPECT_EQ(step->cpp_type(), FieldDescriptor::CPPTYPE_INT32) << field.path;
      reflection->SetInt32(message, step, static_cast<int32_t>(value));
    }
  }
  return OptionsFromConfig(config).status();
}

void ExpectAccepted(const NumberField& field, double value) {
  const absl::Status status = Try(field, value);
  EXPECT_TRUE(status.ok()) << field.path << " = " << value << ": " << status;
}

void ExpectRefused(const NumberField& field, double value) {
  const absl::Status status = Try(field, value);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << field.path << " = " << value << ": " << status;
  // Of a material the message names the field in words.
  const std::string named = absl::StrContains(field.path, "custom_materials[0]")
                                ? "log_star.custom_materials[0]"
                                : absl::StrCat(field.path, " = ");
  EXPECT_TRUE(absl::StartsWith(status.message(), named)) << field.path << ": " << status;
}

double NextTo(const NumberField& field, double value, double towards) {
  if (field.is_whole()) return towards > value ? value + 1 : value - 1;
  // What is next to 0 is smaller than any duration.
  return value == 0 && towards > 0 ? 1e-3 : std::nextafter(value, towards);
}

void TryEnd(const NumberField& field, const Range& range, const End& end, double outwards) {
  const bool zero_counts = range.zero_too && end.value == 0;
  if (end.included || zero_counts) {
    ExpectAccepted(field, end.value);
    const double beyond = NextTo(field, end.value, outwards);
    if (!(range.zero_too && beyond == 0)) ExpectRefused(field, beyond);
  } else {
    ExpectRefused(field, end.value);
    ExpectAccepted(field, NextTo(field, end.value, -outwards));
  }
}

TEST(ConfigRangesTest, EveryNumberHasARangeInItsComment) {
  const auto comments = CommentsOfProto();
  const std::vector<NumberField> fields = NumberFields();
  ASSERT_GT(fields.size(), 70u);
  for (const NumberField& field : fields) {
    const std::string& comment = comments.at(field.declared);
    EXPECT_TRUE(RangeOf(comment).has_value()) << field.declared << ": " << comment;
  }
}

TEST(ConfigRangesTest, TheRangeInTheCommentIsTheOneThatIsEnforced) {
  const auto comments = CommentsOfProto();
  for (const NumberField& field : NumberFields()) {
    const std::optional<Range> range = RangeOf(comments.at(field.declared));
    if (!range || range->is_any) continue;
    if (range->zero_too) ExpectAccepted(field, 0);
    if (range->low) TryEnd(field, *range, *range->low, -kInfinity);
    if (range->high) TryEnd(field, *range, *range->high, kInfinity);
    for (const double choice : range->choices) {
      ExpectAccepted(field, choice);
      ExpectRefused(field, choice - 1);
      ExpectRefused(field, choice + 1);
    }
    if (field.is_whole()) continue;
    ExpectRefused(field, kInfinity);
    ExpectRefused(field, -kInfinity);
    ExpectRefused(field, std::nan(""));
  }
}

// The ends that are other fields.
TEST(ConfigRangesTest, AnEndThatIsAnotherFieldIsEnforcedToo) {
  const std::pair<const char*, bool> cases[] = {
      {"clusters { min_clusters: 3 max_clusters: 3 }", true},
      {"clusters { min_clusters: 3 max_clusters: 2 }", false},
      {"targeting { max_dwell_ms: 2000 max_lease_s: 2 }", true},
      {"targeting { max_dwell_ms: 2000 max_lease_s: 1.999 }", false}};
  for (const auto& [text, is_valid] : cases) {
    EXPECT_EQ(ParseConfig(text).ok(), is_valid) << text;
  }
}

// The reading of comments, so that none is passed over in silence.
TEST(ConfigRangesTest, CommentsAreReadAsPeopleReadThem) {
  EXPECT_EQ(RangeOf("Threads, 1 to 1024; 0: one a core.")->low->value, 1);
  EXPECT_EQ(RangeOf("Threads, 1 to 1024; 0: one a core.")->high->value, 1024);
  EXPECT_TRUE(RangeOf("Threads, 1 to 1024; 0: one a core.")->zero_too);
  EXPECT_FALSE(RangeOf("Share, above 0, at most 1. Default 0.2.")->low->included);
  EXPECT_TRUE(RangeOf("Share, above 0, at most 1. Default 0.2.")->high->included);
  EXPECT_FALSE(RangeOf("Share, at least 0, below 1.")->high->included);
  EXPECT_FALSE(RangeOf("Greatest number, min_clusters to 16. Default 6.")->low.has_value());
  EXPECT_EQ(RangeOf("Greatest number, min_clusters to 16. Default 6.")->high->value, 16);
  EXPECT_EQ(RangeOf("Tile: 128, 256 or 512. Default 512.")->choices.size(), 3u);
  EXPECT_FALSE(RangeOf("Side of one pixel. Default 0.").has_value());
}

}  // namespace
}  // namespace atomstream

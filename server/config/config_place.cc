#include "server/config/config_place.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "atomstream/config/v1/daemon_config.pb.h"

namespace atomstream {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// Names of the parts of a fault inside a status.
constexpr char kFile[] = "atomstream/file";
constexpr char kLine[] = "atomstream/line";
constexpr char kColumn[] = "atomstream/column";
constexpr char kField[] = "atomstream/field";
constexpr char kValue[] = "atomstream/value";

std::string PartOf(const absl::Status& status, const char* name) {
  const auto part = status.GetPayload(name);
  return part ? std::string(*part) : "";
}

int NumberOf(const absl::Status& status, const char* name) {
  int number = 0;
  return absl::SimpleAtoi(PartOf(status, name), &number) ? number : 0;
}

}  // namespace

ConfigPlace FindPlace(const TextFormat::ParseInfoTree& places, absl::string_view field) {
  ConfigPlace place;
  const Descriptor* message = config::v1::DaemonConfig::descriptor();
  const TextFormat::ParseInfoTree* tree = &places;
  for (const absl::string_view part : absl::StrSplit(field, '.')) {
    if (message == nullptr || tree == nullptr) break;
    const size_t bracket = part.find('[');
    const FieldDescriptor* of = message->FindFieldByName(std::string(part.substr(0, bracket)));
    if (of == nullptr) break;
    int index = of->is_repeated() ? 0 : -1;
    if (of->is_repeated() && bracket != absl::string_view::npos) {
      (void)absl::SimpleAtoi(absl::StripSuffix(part.substr(bracket + 1), "]"), &index);
    }
    const TextFormat::ParseLocation at = tree->GetLocation(of, index);
    if (at.line < 0) break;
    place = {at.line + 1, at.column + 1};
    message = of->message_type();
    tree = message == nullptr ? nullptr : tree->GetTreeForNested(of, index);
  }
  return place;
}

absl::Status WithFault(const absl::Status& why, const ConfigFault& fault) {
  std::string where = fault.file;
  if (fault.place.line > 0) {
    absl::StrAppend(&where, ":", fault.place.line, ":", fault.place.column);
  }
  absl::Status status(why.code(), absl::StrCat(where, ": ", why.message()));
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) status.SetPayload(name, absl::Cord(text));
  };
  add(kFile, fault.file);
  if (fault.place.line > 0) {
    add(kLine, absl::StrCat(fault.place.line));
    add(kColumn, absl::StrCat(fault.place.column));
  }
  add(kField, fault.field);
  add(kValue, fault.value);
  return status;
}

ConfigFault FaultOf(const absl::Status& status) {
  return {.file = PartOf(status, kFile),
          .place = {NumberOf(status, kLine), NumberOf(status, kColumn)},
          .field = PartOf(status, kField),
          .value = PartOf(status, kValue)};
}

}  // namespace atomstream

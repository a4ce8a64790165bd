#include "server/config/config_diff.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;

bool IsLeaf(const FieldDescriptor& field) {
  return field.is_repeated() || field.message_type() == nullptr;
}

void CollectFields(const Descriptor& message, const std::string& prefix,
                   std::vector<std::string>& fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string path = absl::StrCat(prefix, field.name());
    if (IsLeaf(field)) {
      fields.push_back(path);
    } else {
      CollectFields(*field.message_type(), absl::StrCat(path, "."), fields);
    }
  }
}

// A message with nothing but this field of `from`.
std::unique_ptr<Message> Only(const Message& from, const FieldDescriptor& field) {
  std::unique_ptr<Message> only(from.New());
  only->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != &field) only->GetReflection()->ClearField(only.get(), other);
  }
  return only;
}

void CollectDifferences(const Message& a, const Message& b, const std::string& prefix,
                        std::vector<std::string>& fields) {
  const Descriptor& message = *a.GetDescriptor();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string path = absl::StrCat(prefix, field.name());
    if (!IsLeaf(field)) {
      CollectDifferences(a.GetReflection()->GetMessage(a, &field),
                         b.GetReflection()->GetMessage(b, &field), absl::StrCat(path, "."), fields);
    } else if (!MessageDifferencer::Equals(*Only(a, field), *Only(b, field))) {
      fields.push_back(path);
    }
  }
}

void CopyField(absl::string_view path, const Message& from, Message& to) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(path, absl::MaxSplits('.', 1));
  const FieldDescriptor& field = *from.GetDescriptor()->FindFieldByName(std::string(parts.first));
  if (!IsLeaf(field)) {
    if (!from.GetReflection()->HasField(from, &field) &&
        !to.GetReflection()->HasField(to, &field)) {
      return;
    }
    CopyField(parts.second, from.GetReflection()->GetMessage(from, &field),
              *to.GetReflection()->MutableMessage(&to, &field));
    return;
  }
  to.GetReflection()->ClearField(&to, &field);
  to.MergeFrom(*Only(from, field));
}

}  // namespace

std::vector<std::string> ConfigFields() {
  std::vector<std::string> fields;
  CollectFields(*config::v1::DaemonConfig::descriptor(), "", fields);
  std::sort(fields.begin(), fields.end());
  return fields;
}

std::vector<std::string> DifferingFields(const config::v1::DaemonConfig& a,
                                         const config::v1::DaemonConfig& b) {
  std::vector<std::string> fields;
  CollectDifferences(a, b, "", fields);
  std::sort(fields.begin(), fields.end());
  return fields;
}

bool IsWithin(absl::string_view field, absl::string_view group) {
  return absl::StartsWith(field, group) &&
         (field.size() == group.size() || field[group.size()] == '.');
}

FieldEffect EffectOf(absl::string_view field) {
  for (const absl::string_view group : {
           "history.path", "history.check_time_s",  // of the opening of the store
           "targeting.enabled",                     // has threads, and a beam to look after
           "unet.cpu_niceness",  // the inference thread may not raise its priority again
       }) {
    if (IsWithin(field, group)) return FieldEffect::kAtRestart;
  }
  for (const absl::string_view group :
       {"log_star", "unet", "clusters", "targeting", "history", "pipeline.shutdown_deadline_s",
        "security.policy_file", "security.token_file", "security.limits", "service.max_subscribers",
        "log", "health", "trace"}) {
    if (IsWithin(field, group)) return FieldEffect::kAtReload;
  }
  return FieldEffect::kAtRestart;
}

void CopyConfigFields(const std::vector<std::string>& fields, const config::v1::DaemonConfig& from,
                      config::v1::DaemonConfig& to) {
  for (const std::string& field : fields) CopyField(field, from, to);
}

}  // namespace atomstream

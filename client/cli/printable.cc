#include "client/cli/printable.h"

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace atomstream {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void MakeTextsPrintable(const FieldDescriptor* field, const Reflection& reflection,
                        Message& message) {
  if (!field->is_repeated()) {
    reflection.SetString(&message, field, Printable(reflection.GetString(message, field)));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    reflection.SetRepeatedString(&message, field, i,
                                 Printable(reflection.GetRepeatedString(message, field, i)));
  }
}

void MakeMessagesPrintable(const FieldDescriptor* field, const Reflection& reflection,
                           Message& message) {
  if (!field->is_repeated()) {
    MakePrintable(*reflection.MutableMessage(&message, field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    MakePrintable(*reflection.MutableRepeatedMessage(&message, field, i));
  }
}

}  // namespace

void MakePrintable(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      MakeTextsPrintable(field, reflection, message);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      MakeMessagesPrintable(field, reflection, message);
    }
  }
}

}  // namespace atomstream

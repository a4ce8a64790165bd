// Lines of spans as a reader of OTLP JSON sees them: the field names and types of
// opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest.
#include "server/trace/otlp_json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "tests/server/trace/traced_results.h"

namespace atomstream {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

Struct Parse(const std::string& json) {
  Struct parsed;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &parsed);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  return parsed;
}

const Value& Get(const Struct& object, const std::string& name) {
  static const Value missing;
  const auto found = object.fields().find(name);
  EXPECT_NE(found, object.fields().end()) << name;
  return found == object.fields().end() ? missing : found->second;
}

std::set<std::string> Names(const Struct& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.fields()) names.insert(name);
  return names;
}

const Struct& First(const Struct& object, const std::string& name) {
  return Get(object, name).list_value().values(0).struct_value();
}

TEST(OtlpJsonTest, ALineIsAnExportTraceServiceRequest) {
  const std::string line =
      OtlpJsonLine({.version = "1.2.3", .instance = "epoch-1"},
                   SpansOf(MakeTracedResult("f\"7", kTraceParent), CountingRandom()));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Struct request = Parse(line);
  EXPECT_EQ(Names(request), std::set<std::string>{"resourceSpans"});
  const Struct& resource_spans = First(request, "resourceSpans");
  EXPECT_EQ(Names(resource_spans), (std::set<std::string>{"resource", "scopeSpans"}));
  const ListValue& about =
      Get(Get(resource_spans, "resource").struct_value(), "attributes").list_value();
  EXPECT_EQ(Get(about.values(0).struct_value(), "key").string_value(), "service.name");
  EXPECT_EQ(Get(Get(about.values(0).struct_value(), "value").struct_value(), "stringValue")
                .string_value(),
            "atomstreamd");
  const Struct& scope_spans = First(resource_spans, "scopeSpans");
  EXPECT_EQ(Names(scope_spans), (std::set<std::string>{"scope", "spans"}));
  EXPECT_EQ(Get(Get(scope_spans, "scope").struct_value(), "name").string_value(), "atomstream");
  const ListValue& spans = Get(scope_spans, "spans").list_value();
  ASSERT_EQ(spans.values_size(), 8);
  std::set<std::string> ids;
  for (const Value& value : spans.values()) {
    const Struct& span = value.struct_value();
    EXPECT_EQ(Names(span),
              (std::set<std::string>{"traceId", "spanId", "parentSpanId", "name", "kind",
                                     "startTimeUnixNano", "endTimeUnixNano", "attributes"}));
    EXPECT_TRUE(std::regex_match(Get(span, "traceId").string_value(), std::regex("[0-9a-f]{32}")));
    EXPECT_TRUE(std::regex_match(Get(span, "spanId").string_value(), std::regex("[0-9a-f]{16}")));
    EXPECT_TRUE(
        std::regex_match(Get(span, "parentSpanId").string_value(), std::regex("[0-9a-f]{16}")));
    EXPECT_EQ(Get(span, "kind").number_value(), 1);  // SPAN_KIND_INTERNAL
    // 64 bits are strings in JSON.
    const std::string start = Get(span, "startTimeUnixNano").string_value();
    const std::string end = Get(span, "endTimeUnixNano").string_value();
    EXPECT_TRUE(std::regex_match(start, std::regex("[0-9]{19}"))) << start;
    EXPECT_LE(start, end);
    EXPECT_TRUE(ids.insert(Get(span, "spanId").string_value()).second);
  }
  const Struct& frame = spans.values(0).struct_value();
  EXPECT_EQ(Get(frame, "traceId").string_value(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(Get(frame, "startTimeUnixNano").string_value(), "1699999999987000000");
  const ListValue& attributes = Get(frame, "attributes").list_value();
  const Struct& id = attributes.values(0).struct_value();
  EXPECT_EQ(Get(id, "key").string_value(), "atomstream.frame.id");
  EXPECT_EQ(Get(Get(id, "value").struct_value(), "stringValue").string_value(), "f\"7");
  const Struct& number = attributes.values(1).struct_value();
  EXPECT_EQ(Get(Get(number, "value").struct_value(), "intValue").string_value(), "42");
}

TEST(OtlpJsonTest, AnErrorIsAStatusAndARootHasNoParent) {
  Span span{.trace_id = std::string(32, 'a'), .span_id = std::string(16, 'b'), .name = "frame"};
  span.error = "INTERNAL: \x01 no memory";
  const Struct request = Parse(OtlpJsonLine({}, {span}));
  const Struct& read = First(First(First(request, "resourceSpans"), "scopeSpans"), "spans");
  EXPECT_EQ(read.fields().count("parentSpanId"), 0u);
  const Struct& status = Get(read, "status").struct_value();
  EXPECT_EQ(Get(status, "code").number_value(), 2);  // STATUS_CODE_ERROR
  EXPECT_EQ(Get(status, "message").string_value(), "INTERNAL: \x01 no memory");
}

}  // namespace
}  // namespace atomstream

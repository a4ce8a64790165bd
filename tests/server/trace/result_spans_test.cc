#include "server/trace/result_spans.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/server/trace/traced_results.h"

namespace atomstream {
namespace {

std::map<std::string, Span> ByName(const std::vector<Span>& spans) {
  std::map<std::string, Span> result;
  for (const Span& span : spans) result[span.name] = span;
  return result;
}

TEST(ResultSpansTest, TheFrameSpansItsStagesFromArrivalToTheHandOver) {
  const std::vector<Span> spans = SpansOf(MakeTracedResult("f7"), CountingRandom());
  auto by_name = ByName(spans);
  ASSERT_EQ(spans.size(), by_name.size());
  std::set<std::string> names;
  for (const auto& [name, span] : by_name) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"frame", "queue", "process", "optimise", "detect",
                                          "order", "store", "publish"}));
  const Span& frame = by_name["frame"];
  EXPECT_EQ(frame.start, kResultTime - absl::Milliseconds(13));
  EXPECT_EQ(frame.end, kResultTime + absl::Microseconds(750));
  EXPECT_EQ(frame.parent_span_id, "");
  for (const char* child : {"queue", "process", "order", "store", "publish"}) {
    EXPECT_EQ(by_name[child].parent_span_id, frame.span_id) << child;
  }
  EXPECT_EQ(by_name["detect"].parent_span_id, by_name["process"].span_id);
  EXPECT_EQ(by_name["process"].start, frame.start + absl::Milliseconds(2));
  EXPECT_EQ(by_name["order"].start, by_name["process"].end);
  EXPECT_EQ(by_name["detect"].start, by_name["optimise"].end);
  EXPECT_EQ(by_name["publish"].end, frame.end);
  for (const Span& span : spans) {
    EXPECT_GE(span.start, frame.start) << span.name;
    EXPECT_LE(span.end, frame.end) << span.name;
    EXPECT_LE(span.start, span.end) << span.name;
    EXPECT_EQ(span.trace_id, frame.trace_id);
    EXPECT_EQ(span.trace_id.size(), 32u);
    EXPECT_EQ(span.span_id.size(), 16u);
  }
}

TEST(ResultSpansTest, WithATraceContextTheFrameIsBelowTheCallersSpan) {
  const std::vector<Span> spans = SpansOf(MakeTracedResult("f", kTraceParent), CountingRandom());
  EXPECT_EQ(spans[0].trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(spans[0].parent_span_id, "00f067aa0ba902b7");
}

TEST(ResultSpansTest, IdsAreNeverZeroWhateverTheRandomNumbers) {
  const std::vector<Span> spans = SpansOf(MakeTracedResult("f"), [] { return uint64_t{0}; });
  for (const Span& span : spans) {
    EXPECT_NE(span.trace_id, std::string(32, '0'));
    EXPECT_NE(span.span_id, std::string(16, '0'));
  }
}

TEST(ResultSpansTest, AFailedDetectorIsAnErrorWithoutStages) {
  FrameRecord record = *MakeTracedResult("f").record;
  record.detector = FailedDetector(DetectorKind::kUnet, absl::InternalError("no memory"));
  const std::vector<Span> spans =
      SpansOf({std::make_shared<const FrameRecord>(record), {}, {}}, CountingRandom());
  EXPECT_EQ(spans[0].error, "INTERNAL: no memory");
  EXPECT_EQ(spans.size(), 4u);  // frame, queue, process, order
}

TEST(ResultSpansTest, WhatTheCallBroughtAlongIsInThem) {
  FrameRecord record = *MakeTracedResult("f", kTraceParent).record;
  record.trace_state = "rojo=1";
  record.request_id = "r-1";
  std::vector<Span> spans =
      SpansOf({std::make_shared<const FrameRecord>(record), {}, {}}, CountingRandom());
  for (const Span& span : spans) EXPECT_EQ(span.trace_state, "rojo=1") << span.name;
  EXPECT_EQ(spans[0].attributes.back(),
            (std::pair<std::string, SpanValue>("atomstream.request.id", std::string("r-1"))));
  // Of another trace than the one that the spans are in.
  record.trace_parent = "";
  spans = SpansOf({std::make_shared<const FrameRecord>(record), {}, {}}, CountingRandom());
  EXPECT_EQ(spans[0].trace_state, "");
}

}  // namespace
}  // namespace atomstream

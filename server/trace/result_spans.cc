#include "server/trace/result_spans.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "server/trace/trace_context.h"

namespace atomstream {
namespace {

class SpanList {
 public:
  SpanList(std::string trace_id, std::string trace_state, const std::function<uint64_t()>& random)
      : trace_id_(std::move(trace_id)), trace_state_(std::move(trace_state)), random_(random) {}

  // The index of a new span.
  size_t Add(absl::string_view name, absl::string_view parent, absl::Time start,
             absl::Duration length) {
    Span span;
    span.trace_id = trace_id_;
    span.trace_state = trace_state_;
    span.span_id = absl::StrFormat("%016x", std::max<uint64_t>(1, random_()));
    span.parent_span_id = std::string(parent);
    span.name = std::string(name);
    span.start = start;
    span.end = start + std::max(absl::ZeroDuration(), length);
    spans_.push_back(std::move(span));
    return spans_.size() - 1;
  }

  // Stages one behind the other. Returns where the last one ends.
  absl::Time AddChain(const std::vector<StageTime>& stages, absl::string_view parent,
                      absl::Time start) {
    for (const StageTime& stage : stages) {
      if (stage.duration > absl::ZeroDuration()) Add(stage.stage, parent, start, stage.duration);
      start += std::max(absl::ZeroDuration(), stage.duration);
    }
    return start;
  }

  Span& operator[](size_t i) { return spans_[i]; }
  std::vector<Span> Take() { return std::move(spans_); }

 private:
  const std::string trace_id_;
  const std::string trace_state_;
  const std::function<uint64_t()>& random_;
  std::vector<Span> spans_;
};

absl::Duration TimeOf(const FrameRecord& record, absl::string_view stage) {
  for (const StageTime& time : record.timings) {
    if (time.stage == stage) return time.duration;
  }
  return absl::ZeroDuration();
}

std::vector<StageTime> DetectorStages(const DetectorRecord& detector) {
  std::vector<StageTime> stages =
      std::visit([](const auto& result) { return StagesOf(result.timings); }, detector.result);
  if (detector.structure != nullptr) {
    for (StageTime& stage : StagesOf(*detector.structure)) stages.push_back(std::move(stage));
  }
  return stages;
}

}  // namespace

std::vector<Span> SpansOf(const TracedResult& result, const std::function<uint64_t()>& random) {
  const FrameRecord& record = *result.record;
  const std::optional<TraceContext> context = ParseTraceParent(record.trace_parent);
  SpanList spans(context ? context->trace_id
                         : absl::StrFormat("%016x%016x", std::max<uint64_t>(1, random()), random()),
                 context ? record.trace_state : "", random);
  const absl::Duration total = TimeOf(record, "total");
  const absl::Time begin = record.result_time - total;
  const size_t frame = spans.Add("frame", context ? context->parent_id : "", begin,
                                 total + result.store + result.publish);
  spans[frame].attributes = {
      {"atomstream.frame.id", record.frame_id},
      {"atomstream.frame.number", record.frame_number},
      {"atomstream.frame.origin", std::string(FrameOriginName(record.origin))},
      {"atomstream.detector", std::string(DetectorName(record.detector.kind()))},
      {"atomstream.epoch", record.position.epoch},
      {"atomstream.sequence", record.position.sequence},
      {"atomstream.settings.version", record.settings_version},
      {"atomstream.atoms", static_cast<int64_t>(record.detector.atoms().size())}};
  if (!record.request_id.empty()) {
    spans[frame].attributes.emplace_back("atomstream.request.id", record.request_id);
  }
  if (!record.detector.status.ok()) spans[frame].error = record.detector.status.ToString();
  const std::string root = spans[frame].span_id;
  absl::Time at = begin;
  for (const StageTime& stage : record.timings) {
    if (stage.stage == "total") continue;
    const size_t span = spans.Add(stage.stage, root, at, stage.duration);
    if (stage.stage == "process" && record.detector.status.ok()) {
      const std::string process = spans[span].span_id;
      spans.AddChain(DetectorStages(record.detector), process, at);
    }
    at += std::max(absl::ZeroDuration(), stage.duration);
  }
  spans.AddChain({{"store", result.store}, {"publish", result.publish}}, root, record.result_time);
  return spans.Take();
}

}  // namespace atomstream

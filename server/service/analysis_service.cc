#include "server/service/analysis_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/codec/detector_choice.h"
#include "server/codec/frame_codec.h"
#include "server/codec/result_codec.h"
#include "server/codec/stored_codec.h"
#include "server/record/invalid_field.h"
#include "server/service/analyze_reactor.h"
#include "server/service/error.h"
#include "server/service/frame_call.h"
#include "server/service/history_calls.h"
#include "server/service/read_reactor.h"
#include "server/service/subscribe_reactor.h"
#include "server/trace/trace_context.h"

namespace atomstream {
namespace {

// Ends a unary call that needed no waiting.
grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

std::vector<std::string> HeadersOf(const grpc::CallbackServerContext& context, const char* name) {
  std::vector<std::string> values;
  const auto [begin, end] = context.client_metadata().equal_range(name);
  for (auto it = begin; it != end; ++it) values.emplace_back(it->second.data(), it->second.size());
  return values;
}

void FillPosition(const std::string& epoch, int64_t sequence, v1::ResultPosition& position) {
  position.set_epoch(epoch);
  position.set_sequence(sequence);
}

}  // namespace

AnalysisService::AnalysisService(const AnalysisServiceParts& parts, RunInfo run)
    : parts_(parts), run_(std::move(run)) {
  SetMessageAllocatorFor_AnalyzeFrame(&analyze_messages_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AnalysisService::Subscribe(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SubscribeRequest parsed;
  grpc::ByteBuffer bytes = *request;
  if (!grpc::SerializationTraits<v1::SubscribeRequest>::Deserialize(&bytes, &parsed).ok()) {
    return SubscribeReactor::Refuse(ToGrpcStatus(
        absl::InvalidArgumentError("request: is no SubscribeRequest"), kRequestUnreadable));
  }
  const absl::StatusOr<DetectorSet> wanted =
      DetectorsOf(parsed.detectors(), parts_.pipeline->detectors());
  if (!wanted.ok()) {
    return SubscribeReactor::Refuse(ToGrpcStatus(wanted.status(), kDetectorUnknown));
  }
  v1::RunDescription description;
  description.set_daemon_version(run_.version);
  description.set_source(parts_.pipeline->status().source.description);
  description.set_material(parts_.settings->Get()->record.log_star.material);
  for (const std::string& detector : parts_.pipeline->detectors().Names()) {
    description.add_detectors(detector);
  }
  return SubscribeReactor::Start(
      parsed, *wanted, std::move(description),
      {.desk = parts_.delivery,
       .encoder = &encoder_,
       .account = SubscriberAccount(parts_.callers, context, parts_.log)});
}

absl::Status AnalysisService::CheckMaterial(const std::string& material) const {
  if (material.empty() || material == "auto") return absl::OkStatus();
  const auto known =
      FindMaterial(material, parts_.settings->Get()->record.log_star.custom_materials);
  if (known.ok()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("material = ", material, ": ", known.status().message()));
}

CallMarks AnalysisService::MarksOf(const grpc::CallbackServerContext& context) const {
  CallMarks marks{.request_id = parts_.callers->Get(&context).request_id};
  const std::vector<std::string> parents = HeadersOf(context, "traceparent");
  if (parents.empty()) return marks;
  // More than one is as good as none.
  const std::optional<TraceContext> trace =
      parents.size() == 1 ? ParseTraceParent(parents.front()) : std::nullopt;
  if (trace) {
    marks.trace_parent = TraceParentText(*trace);
    marks.trace_state = JoinTraceState(HeadersOf(context, "tracestate"));
  } else if (parts_.trace_parents_malformed != nullptr) {
    parts_.trace_parents_malformed->Increment();
  }
  return marks;
}

grpc::ServerUnaryReactor* AnalysisService::AnalyzeFrame(grpc::CallbackServerContext* context,
                                                        const v1::AnalyzeFrameRequest* request,
                                                        v1::AnalyzeFrameResponse* response) {
  parts_.callers->SetFrame(context, request->frame().frame_id());
  const absl::StatusOr<DetectorSet> wanted =
      DetectorsOf(request->detectors(), parts_.pipeline->detectors());
  if (!wanted.ok()) {
    return AnalyzeReactor::Refuse(ToGrpcStatus(wanted.status(), kDetectorUnknown));
  }
  const absl::Status room = parts_.pipeline->CheckRoom(*wanted);
  if (!room.ok()) return AnalyzeReactor::Refuse(room);
  const std::string fallback_id =
      absl::StrCat("analyze-", parts_.store->epoch().substr(0, 8), "-", ++unnamed_frames_);
  const absl::Time arrival_time = parts_.steady_clock->Now();
  absl::StatusOr<std::shared_ptr<const Frame>> frame =
      FrameFromProto(request->frame(), fallback_id);
  parts_.metrics->decode_analyze->Observe(
      absl::ToDoubleSeconds(parts_.steady_clock->Now() - arrival_time));
  context->GetRpcAllocatorState()->FreeRequest();
  if (!frame.ok()) {
    parts_.metrics->FramesInvalid(InvalidReason(frame.status()))->Increment();
    return AnalyzeReactor::Refuse(ToGrpcStatus(frame.status(), kFrameInvalid));
  }
  const absl::Status material = CheckMaterial((*frame)->metadata().material);
  if (!material.ok()) {
    parts_.metrics->FramesInvalid(InvalidReason(material))->Increment();
    return AnalyzeReactor::Refuse(ToGrpcStatus(material, kMaterialUnknown));
  }
  parts_.callers->SetFrame(context, (*frame)->metadata().id);
  const auto submit = [&](Submission::Done done) {
    return parts_.pipeline->Submit(*std::move(frame), *wanted, std::move(done), MarksOf(*context));
  };
  return AnalyzeReactor::Start(submit, parts_.pipeline, response->mutable_result());
}

grpc::ServerUnaryReactor* AnalysisService::GetFrameResult(grpc::CallbackServerContext* context,
                                                          const v1::GetFrameResultRequest* request,
                                                          v1::GetFrameResultResponse* response) {
  parts_.callers->SetFrame(context, request->frame_id());
  return ReadReactor<v1::GetFrameResultResponse>::Start(
      parts_.call_threads,
      [request = *request, store = parts_.store] {
        return atomstream::GetFrameResult(request, *store);
      },
      &GetErrorReason, response);
}

grpc::ServerUnaryReactor* AnalysisService::ListFrameResults(
    grpc::CallbackServerContext*, const v1::ListFrameResultsRequest* request,
    v1::ListFrameResultsResponse* response) {
  return ReadReactor<v1::ListFrameResultsResponse>::Start(
      parts_.call_threads,
      [request = *request, store = parts_.store, previews = parts_.previews] {
        return atomstream::ListFrameResults(request, *store, previews);
      },
      &ListErrorReason, response);
}

grpc::ServerUnaryReactor* AnalysisService::GetFrame(grpc::CallbackServerContext* context,
                                                    const v1::GetFrameRequest* request,
                                                    v1::GetFrameResponse* response) {
  parts_.callers->SetFrame(context, request->frame_id());
  auto answer = GetFrameInMemory(*request, *parts_.frames);
  if (answer.ok()) {
    *response = *std::move(answer);
    return Finish(context, grpc::Status::OK);
  }
  if (!absl::IsNotFound(answer.status()) || !parts_.frames->looks_on_disk()) {
    return Finish(context, ToGrpcStatus(answer.status(), FrameErrorReason(answer.status())));
  }
  return ReadReactor<v1::GetFrameResponse>::Start(
      parts_.call_threads,
      [request = *request, frames = parts_.frames] {
        return atomstream::GetFrame(request, *frames);
      },
      &FrameErrorReason, response);
}

grpc::ServerUnaryReactor* AnalysisService::GetStatus(grpc::CallbackServerContext* context,
                                                     const v1::GetStatusRequest*,
                                                     v1::GetStatusResponse* response) {
  const PipelineStatus pipeline = parts_.pipeline->status();
  const KeptRange range = parts_.store->range();
  const DaemonMetrics& metrics = *parts_.metrics;
  response->set_version(run_.version);
  *response->mutable_start_time() = TimeToProto(run_.start_time);
  *response->mutable_source() = SourceStatusToProto(pipeline.source);
  v1::Counters& counters = *response->mutable_counters();
  counters.set_frames_received(metrics.frames_received_source->value() +
                               metrics.frames_received_analyze->value());
  counters.set_frames_invalid(metrics.FramesInvalidTotal());
  counters.set_frames_processed(metrics.frames_processed->value());
  counters.set_frames_dropped_admission(metrics.frames_dropped.overtaken->value());
  counters.set_results_dropped_subscribers(metrics.results_dropped_mailbox->value());
  counters.set_frames_failed(metrics.FramesFailedTotal());
  counters.set_unet_frames_skipped(metrics.unet.skipped_busy->value());
  response->set_subscribers(parts_.hub->subscribers());
  response->set_frames_in_flight(pipeline.frames_in_flight);
  FillPosition(parts_.store->epoch(), range.newest, *response->mutable_newest());
  FillPosition(parts_.store->epoch(), range.oldest, *response->mutable_oldest());
  *response->mutable_store() = StoreStatusToProto(parts_.store->status());
  response->set_results_per_second(pipeline.results_per_second);
  *response->mutable_latency_p50() = DurationToProto(pipeline.latency_p50);
  response->set_settings_version(parts_.settings->Get()->version());
  if (parts_.health != nullptr) {
    for (const ComponentHealth& component : parts_.health->last().components) {
      v1::ComponentStatus& status = *response->add_components();
      status.set_name(component.name);
      status.set_serving(component.serving);
      status.set_detail(component.detail);
    }
  }
  if (parts_.models != nullptr) {
    *response->mutable_model() = ModelStatusToProto(parts_.models->status());
  }
  return Finish(context, grpc::Status::OK);
}

}  // namespace atomstream

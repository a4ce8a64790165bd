#include "server/ingest/ingest.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/record/invalid_field.h"
#include "server/record/source_loss.h"

namespace atomstream {
namespace {

constexpr auto kPlain = absl::StatusToStringMode::kWithNoExtraData;

DaemonMetrics::SourceStateIndex MetricOf(SourceState state) {
  switch (state) {
    case SourceState::kNone:
      return DaemonMetrics::kNone;
    case SourceState::kConnecting:
      return DaemonMetrics::kConnecting;
    case SourceState::kStreaming:
      return DaemonMetrics::kStreaming;
    case SourceState::kFinished:
      return DaemonMetrics::kFinished;
  }
  return DaemonMetrics::kNone;
}

}  // namespace

Ingest::Ingest(const BackoffOptions& backoff, IngestDependencies dependencies)
    : deps_(std::move(dependencies)), backoff_(backoff, deps_.random) {
  if (deps_.source == nullptr) return;
  status_.state = SourceState::kConnecting;
  status_.description = deps_.source->Description();
}

Ingest::~Ingest() { Stop(); }

void Ingest::Start() {
  const SourceStatus status = this->status();
  deps_.metrics->SetSourceState(MetricOf(status.state));
  deps_.on_status(status);
  if (deps_.source != nullptr) thread_ = std::thread([this] { Run(); });
}

void Ingest::Stop() {
  if (deps_.source == nullptr) return;
  deps_.source->Cancel();
  deps_.wait->Interrupt();
  if (thread_.joinable()) thread_.join();
}

SourceStatus Ingest::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void Ingest::Run() {
  while (true) {
    absl::StatusOr<std::shared_ptr<const Frame>> frame = deps_.source->Next();
    switch (frame.status().code()) {
      case absl::StatusCode::kOk:
        ObserveDecoding();
        TakeFrame(*std::move(frame));
        break;
      case absl::StatusCode::kInvalidArgument:
        ObserveDecoding();
        RefuseFrame(frame.status());
        break;
      case absl::StatusCode::kCancelled:
        return;
      case absl::StatusCode::kOutOfRange:
        deps_.log->Write(LogLevel::kInfo, "the replay has come to its end",
                         {.component = "source"});
        SetState(SourceState::kFinished, absl::OkStatus());
        return;
      default:
        if (!WaitAfterLoss(frame.status())) return;
    }
    if (refused_in_a_row_ > kRefusedInARow && !deps_.wait->WaitFor(absl::Milliseconds(100))) return;
  }
}

void Ingest::ObserveDecoding() {
  const absl::Duration decode_time = deps_.source->decode_time();
  if (decode_time > absl::ZeroDuration()) {
    deps_.metrics->decode_source->Observe(absl::ToDoubleSeconds(decode_time));
  }
}

void Ingest::TakeFrame(std::shared_ptr<const Frame> frame) {
  absl::Status number = frame_numbers_.Check(frame->metadata().number);
  if (!number.ok()) {
    SetRefusedFrame(frame->metadata().id, number);
    RefuseFrame(number);
    return;
  }
  backoff_.Reset();
  refused_in_a_row_ = 0;
  SetState(SourceState::kStreaming, absl::OkStatus());
  deps_.on_frame(std::move(frame));
}

void Ingest::RefuseFrame(const absl::Status& why) {
  const std::string field = InvalidFieldOf(why).field;
  deps_.metrics->FramesInvalid(field == "frame_number" ? "frame_number" : InvalidReason(why))
      ->Increment();
  ++refused_in_a_row_;
  // The first ones say what is wrong; a source that is wrong for ever must not fill the disk.
  if (++refused_ <= kRefusalsLogged || refused_ % kRefusalsLogged == 0) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("frame refused (", refused_, " so far): ", why.message()),
                     {.component = "source", .frame_id = RefusedFrameOf(why)});
  }
}

bool Ingest::WaitAfterLoss(const absl::Status& why) {
  frame_numbers_.Reset();
  const absl::Duration wait = backoff_.Next();
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat("source lost (", why.ToString(kPlain), "), next attempt in ",
                                absl::FormatDuration(wait)),
                   {.component = "source"});
  SetState(SourceState::kConnecting, why);
  if (!deps_.wait->WaitFor(wait)) return false;
  deps_.metrics->SourceReconnects(LossReasonName(LossReasonOf(why)))->Increment();
  MutexLock lock(&mutex_);
  ++status_.reconnects;
  return true;
}

void Ingest::SetState(SourceState state, const absl::Status& error) {
  SourceStatus now;
  {
    MutexLock lock(&mutex_);
    const std::string text = error.ok() ? "" : error.ToString(kPlain);
    if (status_.state == state && status_.last_error == text) return;
    status_.state = state;
    status_.last_error = text;
    now = status_;
  }
  deps_.metrics->SetSourceState(MetricOf(state));
  deps_.on_status(now);
}

}  // namespace atomstream

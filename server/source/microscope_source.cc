#include "server/source/microscope_source.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/microscope.grpc.pb.h"
#include "client/cpp/channel.h"
#include "client/cpp/rpc_status.h"
#include "core/base/mutex.h"
#include "core/base/status_macros.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "server/codec/frame_codec.h"
#include "server/record/source_loss.h"
#include "server/source/microscope_link.h"

namespace atomstream {
namespace {

constexpr absl::Duration kDiallingStep = absl::Milliseconds(100);
constexpr auto kPlain = absl::StatusToStringMode::kWithNoExtraData;

v1::StreamFramesRequest RequestOf(const MicroscopeSourceOptions& options) {
  v1::StreamFramesRequest request;
  v1::ScanSettings& scan = *request.mutable_scan();
  scan.set_size_px(options.size_px);
  scan.set_detector(options.detector);
  if (options.dwell_time > absl::ZeroDuration()) {
    const int64_t seconds = absl::ToInt64Seconds(options.dwell_time);
    scan.mutable_dwell_time()->set_seconds(seconds);
    scan.mutable_dwell_time()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(options.dwell_time - absl::Seconds(seconds))));
  }
  return request;
}

class MicroscopeSource final : public FrameSource {
 public:
  MicroscopeSource(const MicroscopeSourceOptions& options, std::unique_ptr<MicroscopeLink> link,
                   const Clock* clock, const Clock* steady_clock)
      : address_(options.address),
        dialling_(options.dialling),
        request_(RequestOf(options)),
        link_(std::move(link)),
        clock_(*clock),
        steady_clock_(*steady_clock) {}

  ~MicroscopeSource() override {
    Cancel();
    if (reader_ != nullptr) CloseStream().IgnoreError();
  }

  absl::StatusOr<std::shared_ptr<const Frame>> Next() override {
    if (reader_ == nullptr) RETURN_IF_ERROR(OpenStream());
    if (reader_->Read(&response_)) {
      began_ = true;
      const absl::Time read_time = steady_clock_.Now();
      auto frame = FrameFromProto(response_.frame(), FallbackId(response_.frame().frame_number()));
      decode_time_ = steady_clock_.Now() - read_time;
      return frame;
    }
    const absl::Status end = CloseStream();
    if (IsCancelled()) return absl::CancelledError("the source was cancelled");
    const LossReason reason = LossReasonOfStream(end, began_);
    if (end.ok()) return SourceLost(reason, "the microscope ended the stream");
    // A microscope that cancels or refuses is as lost to us as one that is switched off, and none
    // of the codes that mean something else to the caller may leak through.
    return SourceLost(reason,
                      absl::IsUnavailable(end) ? std::string(end.message()) : end.ToString(kPlain));
  }

  absl::Duration decode_time() const override { return decode_time_; }

  void Cancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

  std::string Description() const override { return absl::StrCat("microscope ", address_); }

 private:
  absl::Status OpenStream() {
    const std::shared_ptr<grpc::Channel> channel = link_->Channel();
    // Step by step, so that Cancel gets through. Without a connection the stream below says why.
    for (absl::Duration left = dialling_; left > absl::ZeroDuration(); left -= kDiallingStep) {
      if (IsCancelled() || WaitUntilConnected(*channel, std::min(left, kDiallingStep))) break;
    }
    grpc::ClientContext* context = nullptr;
    {
      MutexLock lock(&mutex_);
      if (cancelled_) return absl::CancelledError("the source was cancelled");
      context_ = std::make_unique<grpc::ClientContext>();
      context = context_.get();
    }
    // Outside the lock: it may block while dialling, and Cancel must get through.
    opened_at_ = clock_.Now();
    began_ = false;
    reader_ = v1::Microscope::NewStub(channel)->StreamFrames(context, request_);
    return absl::OkStatus();
  }

  // Waits for the stream's status and forgets the stream.
  absl::Status CloseStream() {
    const absl::Status status = FromGrpcStatus(reader_->Finish());
    reader_.reset();
    link_->CallEnded(status);
    MutexLock lock(&mutex_);
    context_.reset();
    return status;
  }

  bool IsCancelled() {
    MutexLock lock(&mutex_);
    return cancelled_;
  }

  // Unique as long as numbers rise inside one stream.
  std::string FallbackId(int64_t number) const {
    return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3S", opened_at_, absl::UTCTimeZone()), "-",
                        number);
  }

  const std::string address_;
  const absl::Duration dialling_;
  const v1::StreamFramesRequest request_;
  const std::unique_ptr<MicroscopeLink> link_;
  const Clock& clock_;
  const Clock& steady_clock_;

  // The caller's thread only.
  std::unique_ptr<grpc::ClientReader<v1::StreamFramesResponse>> reader_;  // null: no stream
  v1::StreamFramesResponse response_;  // kept, so that its buffers are used again
  absl::Time opened_at_;
  bool began_ = false;  // something came of the stream
  absl::Duration decode_time_;

  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  // Set and reset by the caller's thread, outlives reader_; null: no stream.
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<FrameSource>> MakeMicroscopeSource(
    const MicroscopeSourceOptions& options, const Clock* clock, const Clock* steady_clock) {
  if (options.size_px != 0 &&
      (options.size_px < Frame::kMinSide || options.size_px > Frame::kMaxSide)) {
    return absl::InvalidArgumentError(absl::StrCat("size_px = ", options.size_px,
                                                   ": must be 0 or in [", Frame::kMinSide, ", ",
                                                   Frame::kMaxSide, "]"));
  }
  if (options.dwell_time < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "dwell_time = ", absl::FormatDuration(options.dwell_time), ": must not be negative"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<MicroscopeLink> link,
                   MicroscopeLink::Create(options.address, options.security, options.log));
  return std::make_unique<MicroscopeSource>(options, std::move(link), clock, steady_clock);
}

}  // namespace atomstream

#include "server/frame_desk.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/codec/frame_codec.h"
#include "server/codec/frame_preview.h"
#include "server/inference/thread_niceness.h"

namespace atomstream {
namespace {

// Two reads of the largest frames take a core for half a second; what waits more than some seconds
// is better asked for again.
constexpr int kCallThreads = 2;
constexpr int kMaxCallsWaiting = 32;
// Compressing stands back for the analysis.
constexpr int kNiceness = 5;

absl::StatusOr<std::shared_ptr<const Frame>> DecodeFrame(absl::string_view bytes) {
  v1::Frame proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a kept frame cannot be decoded");
  }
  auto frame = FrameFromProto(proto, "unnamed");
  if (frame.ok()) return frame;
  return absl::DataLossError(
      absl::StrCat("a kept frame cannot be decoded: ", frame.status().message()));
}

// Also where no frames are kept for now: that can change.
std::unique_ptr<FrameKeeper> MakeKeeper(const FrameDeskDependencies& deps) {
  if (deps.journal == nullptr) return nullptr;
  return std::make_unique<FrameKeeper>(FrameKeeperDependencies{
      .encode = [](const Frame& frame) { return FrameToProto(frame).SerializeAsString(); },
      .decode = &DecodeFrame,
      .write =
          [journal = deps.journal](absl::string_view sha256, absl::string_view bytes,
                                   int element_bytes) {
            return journal->KeepHashedFrame(sha256, bytes, element_bytes);
          },
      .read = [journal =
                   deps.journal](absl::string_view sha256) { return journal->ReadFrame(sha256); },
      .lower_priority =
          [log = deps.log] {
            const absl::Status lowered = SetThreadNiceness(kNiceness);
            if (!lowered.ok()) log->Warning(absl::StrCat("frames are kept: ", lowered.message()));
          },
      .steady_clock = deps.steady_clock,
      .metrics = deps.metrics,
      .log = deps.log});
}

// FrameResult.preview as it stands in a message, so that it can be put behind the other fields.
std::string EncodePreview(const Frame& frame) {
  v1::FrameResult result;
  *result.mutable_preview() = ResultPreviewOf(frame.image());
  return result.SerializeAsString();
}

}  // namespace

FrameDesk::FrameDesk(const FrameDeskOptions& options, const FrameDeskDependencies& dependencies)
    : cache_(options.max_frame_mib << 20),
      keeper_(MakeKeeper(dependencies)),
      finder_({.cache = &cache_,
               .store = dependencies.store,
               .keeper = keeper_.get(),
               .max_kept_frame_mib = options.max_kept_frame_mib}),
      previews_(&finder_, &EncodePreview),
      call_threads_(kCallThreads, kMaxCallsWaiting) {
  SetBounds(options);
}

void FrameDesk::SetBounds(const FrameDeskOptions& options) {
  cache_.SetMaxBytes(options.max_frame_mib << 20);
  finder_.SetMaxKeptFrameMib(options.max_kept_frame_mib);
  if (keeper_ != nullptr) keeper_->SetTaking(options.max_kept_frame_mib > 0);
}

void FrameDesk::Start() {
  if (keeper_ != nullptr) keeper_->Start();
}

}  // namespace atomstream

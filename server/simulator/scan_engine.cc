#include "server/simulator/scan_engine.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

// In turn: bytes are missing, and (float frames only) a pixel is NaN.
void Spoil(int64_t turn, v1::Frame& frame) {
  std::string& pixels = *frame.mutable_pixels();
  if (turn % 2 == 1 || frame.pixel_type() != v1::PIXEL_TYPE_F32) {
    pixels.resize(pixels.size() - std::min<size_t>(pixels.size(), 3));
    return;
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(pixels.data() + pixels.size() / 2 / sizeof(nan) * sizeof(nan), &nan, sizeof(nan));
}

}  // namespace

ScanEngine::ScanEngine(const Options& options, const FrameRenderer* renderer, const Clock* clock)
    : options_(options), renderer_(*renderer), clock_(*clock), size_px_(options.size_px) {}

ScanEngine::~ScanEngine() { Stop(); }

void ScanEngine::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ScanEngine::Stop() {
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
    EndAll(absl::UnavailableError("the simulator is shutting down"));
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void ScanEngine::Add(FrameReceiver* receiver) {
  MutexLock lock(&mutex_);
  receivers_.insert(receiver);
  if (stopped_) receiver->End(absl::UnavailableError("the simulator is shutting down"));
  if (options_.frames > 0 && newest_.number >= options_.frames) receiver->End(absl::OkStatus());
  changed_.NotifyAll();
}

void ScanEngine::Remove(FrameReceiver* receiver) {
  MutexLock lock(&mutex_);
  receivers_.erase(receiver);
  changed_.NotifyAll();
}

void ScanEngine::OnIdle() {
  // The lock orders this after the thread's look at its receivers, so that no wake-up is lost.
  MutexLock lock(&mutex_);
  changed_.NotifyAll();
}

ScanEngine::Newest ScanEngine::Acquire() {
  MutexLock lock(&mutex_);
  return AcquireNext();
}

ScanEngine::Newest ScanEngine::newest() const {
  MutexLock lock(&mutex_);
  if (newest_.number > 0) return newest_;
  Newest none;
  none.size_px = size_px_;
  return none;
}

double ScanEngine::Newest::Progress(absl::Time now) const {
  if (period <= absl::ZeroDuration() || period == absl::InfiniteDuration()) return 0;
  return std::clamp(absl::FDivDuration(now - time, period), 0.0, 1.0);
}

ScanEngine::Newest ScanEngine::AcquireNext() {
  Newest next;
  next.number = newest_.number + 1;
  next.size_px = size_px_;
  next.time = clock_.Now();
  if (newest_.number > 0) next.period = next.time - newest_.time;
  newest_ = next;
  return next;
}

int ScanEngine::size_px() const {
  MutexLock lock(&mutex_);
  return size_px_;
}

void ScanEngine::SetSizePx(int size_px) {
  MutexLock lock(&mutex_);
  size_px_ = size_px;
}

void ScanEngine::Run() {
  while (const std::optional<Newest> next = WaitForDue()) {
    Deliver(*next, Make(*next));
  }
}

bool ScanEngine::MayScan() {
  if (receivers_.empty()) return false;
  if (options_.frames > 0 && newest_.number >= options_.frames) return false;
  if (options_.faults.stall_after > 0 && newest_.number >= options_.faults.stall_after)
    return false;
  return options_.rate_hz > 0 || AnyIdle();
}

bool ScanEngine::AnyIdle() {
  return std::any_of(receivers_.begin(), receivers_.end(),
                     [](FrameReceiver* receiver) { return receiver->IsIdle(); });
}

std::optional<ScanEngine::Newest> ScanEngine::WaitForDue() {
  MutexLock lock(&mutex_);
  while (!stopped_) {
    if (!MayScan()) {
      changed_.Wait(&mutex_);
      continue;
    }
    if (options_.rate_hz > 0) {
      const absl::Time now = clock_.Now();
      // After a pause, or when rendering cannot keep up, the schedule starts anew.
      const absl::Duration period = absl::Seconds(1 / options_.rate_hz);
      if (due_ < now - period) due_ = now;
      if (now < due_) {
        changed_.WaitUntil(&mutex_, due_);
        continue;
      }
      due_ += period;
    }
    return AcquireNext();
  }
  return std::nullopt;
}

std::shared_ptr<const v1::StreamFramesResponse> ScanEngine::Make(const Newest& next) const {
  absl::StatusOr<v1::Frame> frame = renderer_.Render(next.number, next.size_px, next.time);
  if (!frame.ok()) return nullptr;
  const FaultPlan& faults = options_.faults;
  if (IsDue(next.number, faults.bad_frame_every)) {
    Spoil(next.number / faults.bad_frame_every, *frame);
  }
  if (IsDue(next.number, faults.duplicate_number_every)) {
    frame->set_frame_number(next.number - 1);
  }
  auto response = std::make_shared<v1::StreamFramesResponse>();
  *response->mutable_frame() = *std::move(frame);
  return response;
}

void ScanEngine::Deliver(const Newest& next,
                         std::shared_ptr<const v1::StreamFramesResponse> frame) {
  const int64_t number = next.number;
  MutexLock lock(&mutex_);
  if (frame == nullptr) {
    EndAll(absl::UnavailableError(absl::StrCat("frame ", number, " could not be rendered")));
    return;
  }
  if (IsDue(number, options_.faults.drop_link_every)) {
    EndAll(absl::UnavailableError("the link was dropped on purpose"));
    return;
  }
  for (FrameReceiver* receiver : receivers_) receiver->Offer(frame);
  if (number == options_.frames) EndAll(absl::OkStatus());
}

void ScanEngine::EndAll(const absl::Status& why) {
  for (FrameReceiver* receiver : receivers_) receiver->End(why);
}

}  // namespace atomstream

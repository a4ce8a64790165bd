#include "server/reevaluator.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {

Reevaluator::~Reevaluator() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void Reevaluator::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Reevaluator::Poke() {
  const absl::Time now = deps_.steady_clock->Now();
  MutexLock lock(&mutex_);
  if (!poked_) poked_ = now;
  changed_.NotifyAll();
}

void Reevaluator::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

bool Reevaluator::Shutdown(absl::Time deadline) {
  Stop();
  {
    MutexLock lock(&mutex_);
    while (working_) {
      if (changed_.WaitUntil(&mutex_, deadline) && working_) return false;
    }
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void Reevaluator::Run() {
  while (true) {
    absl::Time poke_time;
    {
      MutexLock lock(&mutex_);
      working_ = false;
      changed_.NotifyAll();
      while (!poked_ && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      poke_time = *std::exchange(poked_, std::nullopt);
      working_ = true;
    }
    Evaluate(poke_time);
  }
}

void Reevaluator::Evaluate(absl::Time poke_time) {
  const std::optional<KeptFrame> kept = deps_.newest->Get();
  const SettingsPtr settings = deps_.settings->Get();
  if (!kept || kept->decided->version() >= settings->version()) return;
  const int64_t live_index = kept->progress->live_index;
  if (live_index == given_up_live_index_ && settings->version() <= given_up_version_) return;
  const absl::Time begin_time = deps_.steady_clock->Now();
  absl::StatusOr<DetectorEvent> event = deps_.evaluate(*kept, settings);
  if (!event.ok()) {
    given_up_live_index_ = live_index;
    given_up_version_ = settings->version();
    // A frame that shows nothing has nothing to choose from: its flags say so.
    if (absl::IsFailedPrecondition(event.status())) return;
    deps_.metrics->reevaluations_failed->Increment();
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("a frame was not decided anew: ", event.status().ToString()),
                     {.component = "steering", .frame_id = kept->frame().metadata().id});
    return;
  }
  event->anew = {.request_time = poke_time, .begin_time = begin_time};
  deps_.publish(*std::move(event));
}

}  // namespace atomstream

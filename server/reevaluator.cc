#include "server/reevaluator.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {

Reevaluator::Reevaluator(ReevaluatorDependencies dependencies)
    : deps_(std::move(dependencies)),
      thread_(/*max_waiting=*/1, [this](absl::Time poke_time) { Evaluate(poke_time); }) {}

void Reevaluator::Poke() { thread_.Offer(deps_.steady_clock->Now()); }

bool Reevaluator::Shutdown(absl::Time deadline) {
  thread_.Stop();
  return thread_.Shutdown(deadline);
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

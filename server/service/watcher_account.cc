#include "server/service/watcher_account.h"

#include <array>

namespace atomstream {

void WatcherAccount::Join(absl::string_view selection_id) {
  selection_id_ = std::string(selection_id);
  if (log_ == nullptr) return;
  const std::array<LogField, 3> more = {LogField{"selection_id", selection_id_},
                                        LogField{"caller", call_.name},
                                        LogField{"peer", call_.address}};
  log_->Write(LogLevel::kInfo, "watcher joined",
              {.component = "targeting", .request_id = call_.request_id, .more = more});
}

void WatcherAccount::Add(const SelectionUpdate& update) {
  ++updates_;
  frames_skipped_ += update.frames_skipped;
}

void WatcherAccount::Leave(absl::string_view cause, absl::Time steady_now) {
  if (selection_id_.empty() || log_ == nullptr) return;
  if (cause == "reader_gone" && callers_->Get(context_).refusal) cause = "refused";
  const std::array<LogField, 7> more = {
      LogField{"cause", cause},
      LogField{"selection_id", selection_id_},
      LogField{"caller", call_.name},
      LogField{"peer", call_.address},
      LogField{"updates", updates_},
      LogField{"frames_skipped", frames_skipped_},
      LogField{"duration_s", absl::ToDoubleSeconds(steady_now - call_.begin_time)}};
  log_->Write(LogLevel::kInfo, "watcher left",
              {.component = "targeting", .request_id = call_.request_id, .more = more});
}

}  // namespace atomstream

#include "server/service/watcher_account.h"

#include <array>

namespace atomstream {

void WatcherAccount::Join(absl::string_view selection_id) { reader_.Join(selection_id, {}); }

void WatcherAccount::Add(const SelectionUpdate& update) {
  ++updates_;
  frames_skipped_ += update.frames_skipped;
}

void WatcherAccount::Leave(absl::string_view cause, absl::Time steady_now) {
  const std::array<LogField, 2> counts = {LogField{"updates", updates_},
                                          LogField{"frames_skipped", frames_skipped_}};
  reader_.Leave(cause, steady_now, counts);
}

}  // namespace atomstream

#include "server/store/history.h"

#include <utility>

#include "server/store/memory_store.h"

namespace atomstream {

History::History(const HistoryOptions& options, std::optional<OpenedJournal> opened,
                 JournalStoreDependencies dependencies) {
  if (!opened) {
    store_ = std::make_unique<MemoryStore>(MakeEpoch(), options.max_results,
                                           std::move(dependencies.encode));
    return;
  }
  auto on_disk =
      std::make_unique<JournalStore>(options, *std::move(opened), std::move(dependencies));
  on_disk_ = on_disk.get();
  store_ = std::move(on_disk);
  keeper_ = std::make_unique<StoreKeeper>([this] { return on_disk_->KeepUp(); }, &wait_);
}

void History::Start() {
  if (keeper_ != nullptr) keeper_->Start();
}

void History::Shutdown(absl::Time deadline) {
  if (keeper_ == nullptr) return;
  keeper_->Stop();
  keeper_.reset();
  on_disk_->Flush(deadline);
}

}  // namespace atomstream

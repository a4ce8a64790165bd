#include "server/store/history.h"

#include <utility>

namespace atomstream {

History::History(const HistoryOptions& options, std::optional<OpenedJournal> opened,
                 JournalStoreDependencies dependencies) {
  if (!opened) {
    auto in_memory = std::make_unique<MemoryStore>(MakeEpoch(), options.max_results,
                                                   std::move(dependencies.encode));
    in_memory_ = in_memory.get();
    store_ = std::move(in_memory);
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

void History::SetBounds(const HistoryOptions& options) {
  if (in_memory_ != nullptr) in_memory_->SetCapacity(options.max_results);
  if (on_disk_ != nullptr) on_disk_->SetBounds(options);
}

void History::Shutdown(absl::Time deadline) {
  if (keeper_ == nullptr) return;
  keeper_->Stop();
  keeper_.reset();
  on_disk_->Flush(deadline);
}

}  // namespace atomstream

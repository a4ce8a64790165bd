#include "server/store/frame_keeper.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/journal/hash.h"
#include "server/metrics/queue_age.h"
#include "server/store/frame_cache.h"

namespace atomstream {
namespace {

Counter* CounterOfRead(const absl::Status& status, const KeptFrameMetrics& metrics) {
  if (status.ok()) return metrics.reads_ok;
  if (absl::IsNotFound(status)) return metrics.reads_missing;
  if (absl::IsDataLoss(status)) return metrics.reads_damaged;
  return metrics.reads_failed;
}

}  // namespace

FrameKeeper::FrameKeeper(FrameKeeperDependencies dependencies, int64_t max_waiting_bytes)
    : deps_(std::move(dependencies)), max_waiting_bytes_(max_waiting_bytes) {}

FrameKeeper::~FrameKeeper() {
  Shutdown(absl::InfinitePast());
  if (hashing_thread_.joinable()) hashing_thread_.join();
  if (writing_thread_.joinable()) writing_thread_.join();
}

void FrameKeeper::Start() {
  hashing_thread_ = std::thread([this] { HashFrames(); });
  writing_thread_ = std::thread([this] { WriteFrames(); });
}

std::shared_ptr<FrameTicket> FrameKeeper::Offer(std::shared_ptr<const Frame> frame) {
  if (!taking_) return nullptr;
  Item item;
  item.counted_bytes = FrameCache::BytesOf(*frame);
  item.element_bytes = BytesPerPixel(frame->pixel_type());
  item.frame = std::move(frame);
  item.ticket = std::make_shared<FrameTicket>();
  item.offer_time = deps_.steady_clock->Now();
  std::shared_ptr<FrameTicket> ticket = item.ticket;
  MutexLock lock(&mutex_);
  if (closed_) {
    deps_.metrics->dropped_shutdown->Increment();
    return nullptr;
  }
  if (waiting_bytes_ + item.counted_bytes > max_waiting_bytes_) {
    deps_.metrics->dropped_busy->Increment();
    return nullptr;
  }
  waiting_bytes_ += item.counted_bytes;
  ++waiting_frames_;
  deps_.metrics->waiting->Set(static_cast<double>(waiting_frames_));
  to_hash_.push_back(std::move(item));
  changed_.NotifyAll();
  return ticket;
}

void FrameKeeper::Forget(const Item& item, Counter* outcome) {
  outcome->Increment();
  waiting_bytes_ -= item.counted_bytes;
  --waiting_frames_;
  deps_.metrics->waiting->Set(static_cast<double>(waiting_frames_));
  changed_.NotifyAll();
}

bool FrameKeeper::NextToHash(Item* item) {
  MutexLock lock(&mutex_);
  while (to_hash_.empty() && !closed_) changed_.Wait(&mutex_);
  if (to_hash_.empty()) return false;
  *item = std::move(to_hash_.front());
  to_hash_.pop_front();
  hashing_ = true;
  hashing_offer_time_ = item->offer_time;
  return true;
}

absl::Status FrameKeeper::Hash(Item& item) const {
  return CatchToStatus("hash a frame", [&]() -> absl::Status {
    auto bytes = std::make_shared<const std::string>(deps_.encode(*item.frame));
    ASSIGN_OR_RETURN(item.sha256, Sha256(*bytes));
    item.bytes = std::move(bytes);
    return absl::OkStatus();
  });
}

void FrameKeeper::HashFrames() {
  Item item;
  while (NextToHash(&item)) {
    const absl::Status hashed = Hash(item);
    if (!hashed.ok()) {
      deps_.log->Write(LogLevel::kWarning, absl::StrCat("a frame is not kept: ", hashed.ToString()),
                       {.component = "store", .frame_id = item.frame->metadata().id});
    }
    item.frame.reset();
    MutexLock lock(&mutex_);
    hashing_ = false;
    if (!hashed.ok()) {
      Forget(item, deps_.metrics->dropped_failed);
    } else if (dropping_) {
      Forget(item, deps_.metrics->dropped_shutdown);
    } else if (!taking_) {
      Forget(item, deps_.metrics->dropped_switched_off);
    } else {
      // Told from the moment on at which it can be read.
      item.ticket->SetHash(item.sha256);
      to_write_.push_back(std::move(item));
    }
    item = Item();
    changed_.NotifyAll();
  }
}

bool FrameKeeper::NextToWrite(Item* item) {
  MutexLock lock(&mutex_);
  while (true) {
    while (to_write_.empty() && !(closed_ && to_hash_.empty() && !hashing_)) changed_.Wait(&mutex_);
    if (to_write_.empty()) return false;
    Item& first = to_write_.front();
    const bool can_be_named = first.ticket.use_count() > 1 || first.ticket->claimed();
    if (taking_ && can_be_named) {
      *item = first;
      writing_ = true;
      return true;
    }
    Forget(first,
           can_be_named ? deps_.metrics->dropped_switched_off : deps_.metrics->dropped_unused);
    to_write_.pop_front();
  }
}

void FrameKeeper::WriteFrames() {
  if (deps_.lower_priority) deps_.lower_priority();
  Item item;
  while (NextToWrite(&item)) {
    const absl::Status written = CatchToStatus(
        "write a frame", [&] { return deps_.write(item.sha256, *item.bytes, item.element_bytes); });
    item = Item();
    EndWriting(written);
  }
}

void FrameKeeper::EndWriting(const absl::Status& status) {
  // The disk has no room for it because it is to have none.
  const bool switched_off = !status.ok() && !taking_;
  // One line when it begins to fail, one when it works again: it may fail for every frame.
  if (!status.ok() && !switched_off && failed_in_a_row_++ == 0) {
    deps_.log->Write(LogLevel::kWarning, absl::StrCat("frames cannot be kept: ", status.ToString()),
                     {.component = "store"});
  }
  if (status.ok() && failed_in_a_row_ > 0) {
    deps_.log->Write(
        LogLevel::kInfo,
        absl::StrCat("frames are kept again; ", failed_in_a_row_, " could not be written"),
        {.component = "store"});
    failed_in_a_row_ = 0;
  }
  Item item;  // outlives the lock: freeing 64 MiB takes time
  MutexLock lock(&mutex_);
  item = std::move(to_write_.front());
  to_write_.pop_front();
  writing_ = false;
  if (status.ok()) {
    deps_.metrics->keep_seconds->Observe(
        absl::ToDoubleSeconds(deps_.steady_clock->Now() - item.offer_time));
  }
  Counter* const refused =
      switched_off ? deps_.metrics->dropped_switched_off : deps_.metrics->dropped_failed;
  Forget(item, status.ok() ? deps_.metrics->kept : refused);
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameKeeper::Read(absl::string_view sha256) const {
  std::shared_ptr<const std::string> waiting;
  {
    MutexLock lock(&mutex_);
    for (const Item& item : to_write_) {
      if (item.sha256 == sha256) waiting = item.bytes;
    }
  }
  auto frame = CatchToStatus("read a frame", [&]() -> absl::StatusOr<std::shared_ptr<const Frame>> {
    if (waiting != nullptr) return deps_.decode(*waiting);
    ASSIGN_OR_RETURN(const std::string bytes, deps_.read(sha256));
    return deps_.decode(bytes);
  });
  CounterOfRead(frame.status(), *deps_.metrics)->Increment();
  return frame;
}

void FrameKeeper::ShowAge() const {
  MutexLock lock(&mutex_);
  // The order in which frames go through: what is to be written is the oldest.
  absl::Time oldest = to_hash_.empty() ? kEmptyQueue : to_hash_.front().offer_time;
  if (hashing_) oldest = hashing_offer_time_;
  if (!to_write_.empty()) oldest = to_write_.front().offer_time;
  deps_.metrics->age->Set(QueueAgeSeconds(oldest, deps_.steady_clock->Now()));
}

void FrameKeeper::DropWaiting() {
  dropping_ = true;
  for (const Item& item : to_hash_) Forget(item, deps_.metrics->dropped_shutdown);
  to_hash_.clear();
  while (to_write_.size() > (writing_ ? 1 : 0)) {
    Forget(to_write_.back(), deps_.metrics->dropped_shutdown);
    to_write_.pop_back();
  }
}

bool FrameKeeper::Shutdown(absl::Time deadline) {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    changed_.NotifyAll();
    if (writing_thread_.joinable()) {
      while (waiting_frames_ > 0 && !changed_.WaitUntil(&mutex_, deadline)) {
      }
    }
    DropWaiting();
    changed_.NotifyAll();
    while (busy()) {
      if (changed_.WaitUntil(&mutex_, deadline) && busy()) return false;
    }
  }
  if (hashing_thread_.joinable()) hashing_thread_.join();
  if (writing_thread_.joinable()) writing_thread_.join();
  return true;
}

}  // namespace atomstream

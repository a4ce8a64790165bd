#include "server/store/recent_results.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace atomstream {

StoredResultPtr MakeLost(const std::string& epoch, int64_t sequence) {
  auto lost = std::make_shared<StoredResult>();
  lost->position = {epoch, sequence};
  return lost;
}

RecentResults::RecentResults(std::string epoch, RecentBounds bounds, int64_t written,
                             int64_t newest)
    : epoch_(std::move(epoch)), bounds_(bounds), written_(written), newest_(newest) {
  assert(newest >= written);
}

int64_t RecentResults::first_waiting() const { return std::max(first(), written_ + 1); }

int64_t RecentResults::waiting() const {
  const auto has_left = [this](const StoredResultPtr& result) {
    return result->position.sequence < first_waiting();
  };
  return newest_ - first_waiting() + 1 +
         std::count_if(writing_.results.begin(), writing_.results.end(), has_left);
}

int64_t RecentResults::oldest_waiting() const {
  if (writing_.results.empty()) return first_waiting();
  return std::min(first_waiting(), writing_.results.front()->position.sequence);
}

int64_t RecentResults::Add(StoredResultPtr result, bool written) {
  assert(result->position.sequence == newest_ + 1);
  assert(!written || nothing_waits());
  ++newest_;
  bytes_ += result->bytes();
  if (written) {
    written_ = newest_;
  } else {
    waiting_bytes_ += result->bytes();
  }
  recent_.push_back(std::move(result));
  const int64_t lost = DropWaiting();
  DropWritten();
  return lost;
}

int64_t RecentResults::SetMaxWaitingBytes(int64_t max_waiting_bytes) {
  bounds_.max_waiting_bytes = max_waiting_bytes;
  return DropWaiting();
}

void RecentResults::DropWritten() {
  while (recent_.size() > 1 && first() <= written_ && bytes_ > bounds_.max_bytes) {
    bytes_ -= recent_.front()->bytes();
    recent_.pop_front();
  }
}

int64_t RecentResults::DropWaiting() {
  const int64_t last_writing =
      writing_.results.empty() ? kNone : writing_.results.back()->position.sequence;
  int64_t lost = 0;
  while (waiting_bytes_ > bounds_.max_waiting_bytes && recent_.size() > 1) {
    // What is written lies before it, and holes are not allowed.
    const StoredResultPtr oldest = std::move(recent_.front());
    const int64_t sequence = oldest->position.sequence;
    recent_.pop_front();
    bytes_ -= oldest->bytes();
    if (sequence <= written_) continue;
    waiting_bytes_ -= oldest->bytes();
    if (sequence > last_writing) ++lost;  // else EndWrite will tell
  }
  return lost;
}

StoredResultPtr RecentResults::Find(int64_t sequence) const {
  if (sequence > newest_) return nullptr;
  if (sequence >= first()) return recent_[static_cast<size_t>(sequence - first())];
  for (const StoredResultPtr& result : writing_.results) {
    if (result->position.sequence == sequence) return result;
  }
  return sequence > written_ ? MakeLost(epoch_, sequence) : nullptr;
}

std::vector<StoredResultPtr> RecentResults::Waiting() const {
  std::vector<StoredResultPtr> waiting;
  for (const StoredResultPtr& result : writing_.results) {
    if (result->position.sequence < first_waiting()) waiting.push_back(result);
  }
  for (int64_t sequence = first_waiting(); sequence <= newest_; ++sequence) {
    waiting.push_back(recent_[static_cast<size_t>(sequence - first())]);
  }
  return waiting;
}

RecentResults::Batch RecentResults::BeginWrite(int max_results, int64_t max_bytes) {
  assert(writing_.empty());
  if (first() > written_ + 1) {
    writing_.lost = std::min<int64_t>(first() - written_ - 1, max_results);
    return writing_;
  }
  int64_t bytes = 0;
  for (int64_t sequence = written_ + 1; sequence <= newest_; ++sequence) {
    const StoredResultPtr& result = recent_[static_cast<size_t>(sequence - first())];
    if (!writing_.results.empty() && (bytes + result->bytes() > max_bytes ||
                                      static_cast<int>(writing_.results.size()) >= max_results)) {
      break;
    }
    bytes += result->bytes();
    writing_.results.push_back(result);
  }
  return writing_;
}

int64_t RecentResults::EndWrite(bool written) {
  const Batch batch = std::exchange(writing_, {});
  int64_t lost = 0;
  for (const StoredResultPtr& result : batch.results) {
    const bool is_here = result->position.sequence >= first();
    if (written && is_here) waiting_bytes_ -= result->bytes();
    if (!written && !is_here) ++lost;
  }
  if (written) {
    written_ += batch.size();
    DropWritten();
  }
  return lost;
}

}  // namespace atomstream

#include "server/security/stream_warden.h"

#include <optional>
#include <utility>
#include <vector>

namespace atomstream {

StreamWarden::StreamWarden(const CallGate* gate,
                           std::function<void(const RunningStream&, const CallRefusal&)> ended)
    : gate_(*gate), ended_(std::move(ended)) {}

StreamWarden::~StreamWarden() {
  if (wait_ != nullptr) wait_->Interrupt();
  if (thread_.joinable()) thread_.join();
}

int64_t StreamWarden::Add(RunningStream stream) {
  auto entry = std::make_shared<Entry>();
  entry->method = std::string(stream.facts.method);
  entry->stream = std::move(stream);
  entry->stream.facts.method = entry->method;
  MutexLock lock(&mutex_);
  streams_.emplace(next_number_, std::move(entry));
  return next_number_++;
}

void StreamWarden::Remove(int64_t number) {
  std::shared_ptr<const Entry> removed;  // freed after the lock
  MutexLock lock(&mutex_);
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  removed = std::move(found->second);
  streams_.erase(found);
}

void StreamWarden::Sweep() {
  std::vector<std::pair<int64_t, std::shared_ptr<const Entry>>> streams;
  {
    MutexLock lock(&mutex_);
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& [number, entry] : streams) {
    const RunningStream& stream = entry->stream;
    const std::optional<CallRefusal> refusal = gate_.MayGoOn(stream.facts);
    if (!refusal) continue;
    {
      // Whoever takes it out ends it.
      MutexLock lock(&mutex_);
      if (streams_.erase(number) == 0) continue;
    }
    ended_(stream, *refusal);
    stream.end(*refusal);
  }
}

void StreamWarden::Start(InterruptibleWait* wait) {
  wait_ = wait;
  thread_ = std::thread([this] {
    while (wait_->WaitFor(kPeriod)) Sweep();
  });
}

}  // namespace atomstream

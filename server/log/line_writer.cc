#include "server/log/line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace atomstream {
namespace {

constexpr int kPollMs = 50;

}  // namespace

LineWriter::LineWriter(int fd, std::function<std::string(int64_t)> describe_lost)
    : output_(fd), describe_lost_(std::move(describe_lost)), thread_([this] { Run(); }) {}

LineWriter::~LineWriter() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    give_up_ = absl::Now() + kFarewell;
    changed_.NotifyAll();
  }
  thread_.join();
}

bool LineWriter::Write(std::string line) {
  MutexLock lock(&mutex_);
  if (lines_.size() >= kMaxLines || bytes_ + line.size() > kMaxBytes) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  changed_.NotifyAll();
  return true;
}

bool LineWriter::Flush(absl::Time deadline) {
  MutexLock lock(&mutex_);
  while (writing_ || !lines_.empty()) {
    if (changed_.WaitUntil(&mutex_, deadline)) return !writing_ && lines_.empty();
  }
  return true;
}

void LineWriter::Run() {
  // Of all signals: that whoever read the log has gone (SIGPIPE) is no reason to end, and the rest
  // is for other threads.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  bool open = true;
  while (true) {
    std::string line;
    {
      MutexLock lock(&mutex_);
      writing_ = false;
      changed_.NotifyAll();
      while (lines_.empty() && !stopping_) changed_.Wait(&mutex_);
      if (lines_.empty()) return;
      line = std::move(lines_.front());
      lines_.pop_front();
      bytes_ -= line.size();
      writing_ = true;
    }
    if (!open) continue;
    const Outcome outcome = WriteOut(line);
    if (outcome == Outcome::kFailed) lost_.fetch_add(1, std::memory_order_relaxed);
    open = outcome != Outcome::kGivenUp;
    if (outcome != Outcome::kWritten) continue;
    const int64_t lost = lost_.load(std::memory_order_relaxed);
    if (lost == told_lost_) continue;
    const Outcome told = WriteOut(describe_lost_(lost - told_lost_));
    open = told != Outcome::kGivenUp;
    if (told == Outcome::kWritten) told_lost_ = lost;
  }
}

bool LineWriter::GivesUp() {
  MutexLock lock(&mutex_);
  return absl::Now() >= give_up_;
}

LineWriter::Outcome LineWriter::WriteOut(absl::string_view line) {
  const std::string text = absl::StrCat(line_broken_ ? "\n" : "", line);
  size_t done = 0;
  while (done < text.size()) {
    if (!output_.WaitForRoom(kPollMs)) {
      if (GivesUp()) return Outcome::kGivenUp;
      continue;
    }
    const ssize_t written = output_.Write(absl::string_view(text).substr(done));
    if (written > 0) {
      done += static_cast<size_t>(written);
      line_broken_ = text[done - 1] != '\n';
    } else if (errno == EAGAIN) {
      // There is room, but too little: a terminal that makes two characters of the end of a line.
      poll(nullptr, 0, kPollMs);
      if (GivesUp()) return Outcome::kGivenUp;
    } else if (errno != EINTR) {
      return Outcome::kFailed;
    }
  }
  return Outcome::kWritten;
}

}  // namespace atomstream

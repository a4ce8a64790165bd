#include "client/cpp/result_stream.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/subscription_end.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::Duration kDialLook = absl::Milliseconds(50);  // how late a Cancel may be noticed
constexpr int kDialLooks = 4;

absl::Status CheckOptions(const ResultStreamOptions& o) {
  const auto bad = [](absl::string_view name, const auto& value, absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(name, " = ", value, ": ", why));
  };
  const auto bad_time = [&bad](absl::string_view name, absl::Duration value,
                               absl::string_view why) {
    return bad(name, absl::FormatDuration(value), why);
  };
  if (o.resume_after && o.resume_after->sequence() < 0) {
    return bad("resume_after.sequence", o.resume_after->sequence(), "must not be negative");
  }
  if (o.resume_after && o.resume_after->epoch().empty() && o.resume_after->sequence() > 0) {
    return bad("resume_after.epoch", "", "must be the epoch that the sequence belongs to");
  }
  if (o.heartbeat_interval < absl::Milliseconds(100) || o.heartbeat_interval > absl::Hours(1)) {
    return bad_time("heartbeat_interval", o.heartbeat_interval, "must be in [0.1 s, 1 h]");
  }
  if (!(o.silent_intervals >= 1.5 && o.silent_intervals <= 1000)) {
    return bad("silent_intervals", o.silent_intervals, "must be in [1.5, 1000]");
  }
  if (o.begin_timeout <= absl::ZeroDuration()) {
    return bad_time("begin_timeout", o.begin_timeout, "must be positive");
  }
  if (o.backoff.initial <= absl::ZeroDuration() || o.backoff.max < o.backoff.initial) {
    return bad_time("backoff.initial", o.backoff.initial, "must be positive, and at most max");
  }
  if (!(o.backoff.jitter >= 0 && o.backoff.jitter <= 1)) {
    return bad("backoff.jitter", o.backoff.jitter, "must be in [0, 1]");
  }
  if (o.max_attempts < 0) return bad("max_attempts", o.max_attempts, "must not be negative");
  return absl::OkStatus();
}

// Programs that were cut off together must not come back together.
std::function<double()> OwnRandom() {
  return [engine = std::mt19937(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

v1::ResultPosition PositionAt(const std::string& epoch, int64_t sequence) {
  v1::ResultPosition position;
  position.set_epoch(epoch);
  position.set_sequence(sequence);
  return position;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ResultStream>> ResultStream::Create(
    AnalysisClient* client, const ResultStreamOptions& options,
    ResultStreamDependencies dependencies) {
  RETURN_IF_ERROR(CheckOptions(options));
  return std::unique_ptr<ResultStream>(new ResultStream(client, options, std::move(dependencies)));
}

ResultStream::ResultStream(AnalysisClient* client, const ResultStreamOptions& options,
                           ResultStreamDependencies dependencies)
    : client_(*client),
      options_(options),
      clock_(dependencies.clock != nullptr ? *dependencies.clock : own_clock_),
      wait_(dependencies.wait != nullptr ? *dependencies.wait : own_wait_),
      backoff_(options.backoff, dependencies.random ? dependencies.random : OwnRandom()),
      alone_since_(clock_.Now()),
      position_(options.resume_after) {}

ResultStream::~ResultStream() = default;

absl::StatusOr<ResultEvent> ResultStream::Next() {
  while (true) {
    if (event_) return *std::exchange(event_, std::nullopt);
    if (!end_.ok()) return end_;
    if (cancelled()) {
      Close();
      end_ = absl::CancelledError("the stream was cancelled");
      continue;
    }
    const std::shared_ptr<ResultSubscription> subscription = this->subscription();
    if (subscription == nullptr) {
      Subscribe();
      continue;
    }
    absl::StatusOr<std::optional<v1::SubscribeResponse>> message =
        subscription->NextWithin(Patience());
    if (cancelled()) continue;
    if (!message.ok()) {
      OnEnd(message.status());
    } else if (!message->has_value()) {
      OnLost(
          absl::UnavailableError(absl::StrCat("nothing came for ", absl::FormatDuration(Patience()),
                                              began_ ? ", not even a heartbeat" : "")));
    } else {
      end_ = OnMessage(*std::move(*message));
      if (!end_.ok()) Close();
    }
  }
}

void ResultStream::Cancel() {
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    if (subscription_ != nullptr) subscription_->Cancel();
  }
  wait_.Interrupt();
}

void ResultStream::Subscribe() {
  if (pause_ && !wait_.WaitFor(*std::exchange(pause_, std::nullopt))) return Cancel();
  Dial();
  if (cancelled()) return;
  v1::SubscribeRequest request;
  request.set_policy(options_.policy);
  request.set_queue_size(options_.queue_size);
  for (const v1::ResultPart part : options_.parts) request.add_parts(part);
  *request.mutable_detectors() = {options_.detectors.begin(), options_.detectors.end()};
  absl::Duration rest;
  request.mutable_heartbeat_interval()->set_seconds(
      absl::IDivDuration(options_.heartbeat_interval, absl::Seconds(1), &rest));
  request.mutable_heartbeat_interval()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  if (const auto position = this->position()) *request.mutable_resume_after() = *position;
  began_ = false;
  std::shared_ptr<ResultSubscription> subscription = client_.Subscribe(request);
  MutexLock lock(&mutex_);
  if (!cancelled_) subscription_ = std::move(subscription);
}

void ResultStream::Dial() {
  for (int look = 0; look < kDialLooks && !cancelled(); ++look) {
    if (client_.WaitUntilConnected(kDialLook)) return;
  }
}

absl::Duration ResultStream::Patience() const { return began_ ? silence_ : options_.begin_timeout; }

void ResultStream::OnEnd(const absl::Status& status) {
  const SubscriptionEnd end = JudgeEnd(status, position());
  switch (end.kind) {
    case SubscriptionEnd::Kind::kLost:
      return OnLost(end.status);
    case SubscriptionEnd::Kind::kBusy:
      return OnLost(end.status, end.wait);
    case SubscriptionEnd::Kind::kEpochChanged:
      return OnEpoch(end.epoch);
    case SubscriptionEnd::Kind::kNotKept:
      return OnNotKept(end.epoch, end.last_gone);
    case SubscriptionEnd::Kind::kFinal:
      Close();
      end_ = end.status;
  }
}

void ResultStream::OnLost(const absl::Status& cause, absl::Duration at_least) {
  Close();
  const absl::Time now = clock_.Now();
  if (began_) {
    attempts_ = 0;
    alone_since_ = now;
  } else {
    ++attempts_;
  }
  const absl::Duration allowed =
      ever_began_ ? options_.max_time_without_link : options_.max_time_to_first_link;
  const absl::Duration left = alone_since_ + allowed - now;
  if (left <= absl::ZeroDuration()) {
    const std::string since =
        ever_began_ && allowed <= absl::ZeroDuration()
            ? ""
            : absl::StrCat("no link for ", absl::FormatDuration(allowed), ": ");
    end_ = absl::UnavailableError(absl::StrCat(since, cause.message()));
  } else if (options_.max_attempts > 0 && attempts_ >= options_.max_attempts) {
    end_ = absl::UnavailableError(
        absl::StrCat("no link after ", attempts_, " attempts: ", cause.message()));
  } else {
    pause_ = std::min(left, std::max(at_least, backoff_.Next()));
    event_ = Reconnecting{cause, attempts_, *pause_};
  }
}

void ResultStream::OnEpoch(const std::string& epoch) {
  Close();
  attempts_ = 0;
  event_ = EpochChange{*position(), epoch};
  SetPosition(options_.new_epoch_from_beginning
                  ? std::optional<v1::ResultPosition>(PositionAt(epoch, 0))
                  : std::nullopt);
}

void ResultStream::OnNotKept(const std::string& epoch, int64_t last_gone) {
  Close();
  attempts_ = 0;
  const int64_t before = position()->sequence();
  event_ = ResultGap{epoch, before + 1, last_gone, last_gone - before, ResultGap::Cause::kNotKept};
  SetPosition(PositionAt(epoch, last_gone));
}

absl::Status ResultStream::OnMessage(v1::SubscribeResponse message) {
  if (message.has_run()) return OnRun(std::move(*message.mutable_run()));
  if (!began_) return absl::DataLossError("the stream began without the run's description");
  backoff_.Reset();
  switch (message.event_case()) {
    case v1::SubscribeResponse::kResult:
      return OnResult(std::move(*message.mutable_result()));
    case v1::SubscribeResponse::kGap:
      return OnGap(message.gap());
    case v1::SubscribeResponse::kSource:
      event_ = std::move(*message.mutable_source());
      return absl::OkStatus();
    case v1::SubscribeResponse::kSettings:
      event_ = std::move(*message.mutable_settings());
      return absl::OkStatus();
    case v1::SubscribeResponse::kHeartbeat:
    case v1::SubscribeResponse::kRun:
    case v1::SubscribeResponse::EVENT_NOT_SET:  // an event that a newer daemon knows
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status ResultStream::OnRun(v1::RunDescription run) {
  if (began_) return absl::DataLossError("the run was described twice in one subscription");
  const std::optional<v1::ResultPosition> position = this->position();
  if (!position) {
    SetPosition(run.position());
  } else if (position->epoch().empty()) {
    SetPosition(PositionAt(run.position().epoch(), 0));
  } else if (run.position().epoch() != position->epoch()) {
    OnEpoch(run.position().epoch());
    return absl::OkStatus();
  } else if (run.position().sequence() < position->sequence()) {
    return absl::DataLossError(absl::StrCat("the newest result of epoch ", position->epoch(),
                                            " is ", run.position().sequence(), " after ",
                                            position->sequence(), " had arrived"));
  }
  began_ = true;
  ever_began_ = true;
  const absl::Duration interval = absl::Seconds(run.heartbeat_interval().seconds()) +
                                  absl::Nanoseconds(run.heartbeat_interval().nanos());
  // Without heartbeats only the connection's keepalive finds a dead link.
  silence_ = interval > absl::ZeroDuration() ? options_.silent_intervals * interval
                                             : absl::InfiniteDuration();
  event_ = Linked{std::move(run), *this->position()};
  return absl::OkStatus();
}

absl::Status ResultStream::OnResult(v1::FrameResult result) {
  const v1::ResultPosition before = *position();
  const int64_t sequence = result.position().sequence();
  if (result.position().epoch() != before.epoch()) {
    return absl::DataLossError(absl::StrCat("result ", sequence, " is of epoch ",
                                            result.position().epoch(), ", the run of ",
                                            before.epoch()));
  }
  if (sequence <= before.sequence()) {
    return absl::DataLossError(absl::StrCat("result ", sequence, " came where ",
                                            before.sequence() + 1,
                                            " comes next: repeated or out of order"));
  }
  // Of chosen detectors nobody knows which numbers are theirs.
  if (options_.detectors.empty() && sequence > before.sequence() + 1) {
    return absl::DataLossError(absl::StrCat("results ", before.sequence() + 1, " to ", sequence - 1,
                                            " are missing and no gap was declared"));
  }
  MoveTo(sequence);
  event_ = std::move(result);
  return absl::OkStatus();
}

absl::Status ResultStream::OnGap(const v1::Gap& gap) {
  const v1::ResultPosition before = *position();
  const int64_t next = before.sequence() + 1;
  const bool in_place =
      options_.detectors.empty() ? gap.first_sequence() == next : gap.first_sequence() >= next;
  if (!in_place || gap.last_sequence() < gap.first_sequence()) {
    return absl::DataLossError(absl::StrCat("a gap from ", gap.first_sequence(), " to ",
                                            gap.last_sequence(), " was declared where ", next,
                                            " comes next"));
  }
  const int64_t all = gap.last_sequence() - gap.first_sequence() + 1;
  event_ = ResultGap{before.epoch(), gap.first_sequence(), gap.last_sequence(),
                     gap.results() > 0 ? gap.results() : all, ResultGap::Cause::kDeclared};
  MoveTo(gap.last_sequence());
  return absl::OkStatus();
}

void ResultStream::Close() {
  std::shared_ptr<ResultSubscription> closed;  // destroyed without the lock
  MutexLock lock(&mutex_);
  closed.swap(subscription_);
}

bool ResultStream::cancelled() const {
  MutexLock lock(&mutex_);
  return cancelled_;
}

std::shared_ptr<ResultSubscription> ResultStream::subscription() const {
  MutexLock lock(&mutex_);
  return subscription_;
}

std::optional<v1::ResultPosition> ResultStream::position() const {
  MutexLock lock(&mutex_);
  return position_;
}

void ResultStream::SetPosition(std::optional<v1::ResultPosition> position) {
  MutexLock lock(&mutex_);
  position_ = std::move(position);
}

void ResultStream::MoveTo(int64_t sequence) {
  MutexLock lock(&mutex_);
  position_->set_sequence(sequence);
}

}  // namespace atomstream

// ResultStream: the daemon's results for a program that wants every one of them. It subscribes
// again by itself after a lost link, behind the last result it came to, so that each result comes
// once, or a ResultGap says that it will not come. docs/client_library.md shows how to use it.
//
// Next is called by one thread; Cancel and position by any. There is no further thread: a link is
// found dead while Next waits. A program that takes its time between two calls of Next is no dead
// link, only a slow reader.
#ifndef ATOMSTREAM_CLIENT_CPP_RESULT_STREAM_H_
#define ATOMSTREAM_CLIENT_CPP_RESULT_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cpp/analysis_client.h"
#include "client/cpp/result_event.h"
#include "core/base/backoff.h"
#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"

namespace atomstream {

struct ResultStreamOptions {
  // What happens when this program is slow: see the contract.
  v1::DeliveryPolicy policy = v1::DELIVERY_POLICY_LOSSLESS;
  int queue_size = 0;                  // DELIVERY_POLICY_QUEUE; 0: the daemon's default
  std::vector<v1::ResultPart> parts;   // empty: all but the preview
  std::vector<std::string> detectors;  // empty: all
  // Begin behind this place, e.g. where the run of the program before ended; sequence 0: with the
  // epoch's first result; an empty epoch with it: whichever the epoch is. Unset: with what is new.
  std::optional<v1::ResultPosition> resume_after;
  // When the daemon has begun a new store: take it from its first result; else what is new.
  bool new_epoch_from_beginning = true;

  // The daemon sends a sign of life after so long without anything else, 0.1 s to 1 h. After
  // `silent_intervals` of them without any the link is given up.
  absl::Duration heartbeat_interval = absl::Seconds(5);
  double silent_intervals = 3;
  // How long a subscription may take to begin, connecting included.
  absl::Duration begin_timeout = absl::Seconds(15);

  // Between attempts. It starts anew when something has come of a link.
  BackoffOptions backoff;
  // The stream ends when so long there was no link, before the first one and after one was lost, or
  // after so many attempts in a row without one; 0: any number.
  absl::Duration max_time_to_first_link = absl::InfiniteDuration();
  absl::Duration max_time_without_link = absl::InfiniteDuration();
  int max_attempts = 0;
};

// For tests; what is null or empty the stream has itself.
struct ResultStreamDependencies {
  const Clock* clock = nullptr;       // steady
  InterruptibleWait* wait = nullptr;  // Cancel interrupts it
  std::function<double()> random;     // [0, 1), for the jitter; called by Next
};

class ResultStream {
 public:
  // `client` and what is in `dependencies` outlive the stream. InvalidArgument names the option.
  static absl::StatusOr<std::unique_ptr<ResultStream>> Create(
      AnalysisClient* client, const ResultStreamOptions& options,
      ResultStreamDependencies dependencies = {});

  ~ResultStream();

  // Blocks until there is something to tell. An error ends the stream for good:
  //   CANCELLED    Cancel was called.
  //   UNAVAILABLE  there was no link for longer than the options allow.
  //   DATA_LOSS    the daemon repeated or left out results without saying so.
  //   any other    why the daemon refuses; to try again would not help.
  absl::StatusOr<ResultEvent> Next();

  // Ends a Next that waits, soon, and every later one. May be called more than once.
  void Cancel();

  // Everything up to here was told by Next: as a result, in a gap, or it is of no detector that was
  // asked for. A stream with this as `resume_after` goes on without loss or repetition; who keeps
  // it for that writes it down after an event was dealt with. Unset: nobody knows yet.
  std::optional<v1::ResultPosition> position() const;

 private:
  ResultStream(AnalysisClient* client, const ResultStreamOptions& options,
               ResultStreamDependencies dependencies);

  // Waits if the last attempt failed, then subscribes, unless it is cancelled meanwhile.
  void Subscribe();
  // Waits for a connection for a short while; a subscription without one tells why.
  void Dial();
  // How long the present subscription may be silent.
  absl::Duration Patience() const;
  // Each of these, and of those below, may leave an event, or the end, or neither.
  void OnEnd(const absl::Status& status);
  void OnLost(const absl::Status& cause, absl::Duration at_least = absl::ZeroDuration());
  void OnEpoch(const std::string& epoch);
  void OnNotKept(const std::string& epoch, int64_t last_gone);
  // Errors are the daemon's.
  absl::Status OnMessage(v1::SubscribeResponse message);
  absl::Status OnRun(v1::RunDescription run);
  absl::Status OnResult(v1::FrameResult result);
  absl::Status OnGap(const v1::Gap& gap);
  void Close();

  bool cancelled() const;
  std::shared_ptr<ResultSubscription> subscription() const;
  void SetPosition(std::optional<v1::ResultPosition> position);
  void MoveTo(int64_t sequence);

  AnalysisClient& client_;
  const ResultStreamOptions options_;
  const SteadyClock own_clock_;
  RealWait own_wait_;
  const Clock& clock_;
  InterruptibleWait& wait_;

  // Of the thread that calls Next.
  Backoff backoff_;
  std::optional<ResultEvent> event_;     // to be told at once
  absl::Status end_;                     // not OK: all is over
  std::optional<absl::Duration> pause_;  // before the next attempt
  absl::Time alone_since_;               // when there was a link last
  int attempts_ = 0;                     // that failed in a row
  bool began_ = false;                   // the run of the present subscription has come
  bool ever_began_ = false;
  absl::Duration silence_;  // after which the present subscription is dead

  mutable Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<ResultSubscription> subscription_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::ResultPosition> position_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_RESULT_STREAM_H_

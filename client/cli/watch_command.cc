#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/cli_command.h"
#include "client/cli/interrupter.h"
#include "client/cli/watch_session.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::Duration kFirstRetry = absl::Milliseconds(100);
constexpr absl::Duration kLongestRetry = absl::Seconds(1);
constexpr absl::Duration kDialling = absl::Milliseconds(200);

struct WatchFlags {
  CommonFlags common;
  int64_t frames = 0;
  std::string policy = "queue";
  int queue_size = 64;
  std::string detector = "both";
  bool clusters = false;
};

absl::StatusOr<v1::SubscribeRequest> RequestOf(const WatchFlags& flags) {
  v1::SubscribeRequest request;
  if (flags.policy == "latest") {
    request.set_policy(v1::DELIVERY_POLICY_LATEST);
  } else if (flags.policy == "queue") {
    request.set_policy(v1::DELIVERY_POLICY_QUEUE);
    request.set_queue_size(flags.queue_size);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("--policy = ", flags.policy, ": must be latest or queue"));
  }
  if (flags.frames < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--frames = ", flags.frames, ": must not be negative (0: no end)"));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> detectors, DetectorsOf(flags.detector));
  *request.mutable_detectors() = {detectors.begin(), detectors.end()};
  // Atoms are counted in every result; no column shows more of them, or the windows of a map.
  request.add_parts(v1::RESULT_PART_FRONT);
  if (flags.clusters) {
    request.add_parts(v1::RESULT_PART_CLUSTERS);
    request.add_parts(v1::RESULT_PART_STRUCTURE);
  }
  return request;
}

// Subscribes again and again until the wanted results are there or something ends it.
class Watch {
 public:
  Watch(const WatchFlags& flags, v1::SubscribeRequest request, AnalysisClient* client,
        Interrupter* interrupter, const CliOutput& output)
      : flags_(flags),
        request_(std::move(request)),
        client_(*client),
        interrupter_(*interrupter),
        output_(output),
        session_(flags.common.json(), output, request_.detectors().empty()) {}

  int Run() {
    const absl::Status end = RunToEnd();
    session_.PrintSummary();
    if (end.ok()) return kExitOk;
    PrintError(end, output_);
    return kExitFailed;
  }

 private:
  // OK: all wanted results came, or a watch without end was interrupted.
  absl::Status RunToEnd() {
    absl::Time alone_since = absl::Now();
    absl::Duration retry = kFirstRetry;
    bool told = false;
    while (true) {
      const int64_t before = session_.account().subscriptions();
      const absl::Status end = ReadSubscription();
      if (end.ok()) return end;
      if (std::optional<absl::Status> interrupted = Interrupted(end)) return *interrupted;
      if (!absl::IsUnavailable(end)) return end;
      if (session_.account().subscriptions() > before) {
        alone_since = absl::Now();
        retry = kFirstRetry;
        told = false;
      }
      if (!told)
        output_.err << "waiting for " << flags_.common.server << ": " << end.message() << std::endl;
      told = true;
      const absl::Duration left = alone_since + flags_.common.timeout() - absl::Now();
      if (left <= absl::ZeroDuration()) {
        return absl::UnavailableError(absl::StrCat("no daemon at ", flags_.common.server, " for ",
                                                   flags_.common.timeout_s, " s: ", end.message()));
      }
      if (!interrupter_.SleepFor(std::min(retry, left))) return *Interrupted(end);
      retry = std::min(retry * 2, kLongestRetry);
    }
  }

  // One subscription. OK: all wanted results are there.
  absl::Status ReadSubscription() {
    client_.WaitUntilConnected(kDialling);  // if not, the subscription says why
    const std::unique_ptr<ResultSubscription> subscription = client_.Subscribe(request_);
    interrupter_.SetCancel([&subscription] { subscription->Cancel(); });
    const absl::Status end = ReadMessages(*subscription);
    interrupter_.SetCancel(nullptr);
    return end;
  }

  absl::Status ReadMessages(ResultSubscription& subscription) {
    while (true) {
      ASSIGN_OR_RETURN(const v1::SubscribeResponse message, subscription.Next());
      RETURN_IF_ERROR(session_.OnMessage(message, absl::Now()));
      if (!message.has_result()) continue;
      interrupter_.Touch();
      if (flags_.frames > 0 && session_.account().results() >= flags_.frames) {
        return absl::OkStatus();
      }
    }
  }

  // nullopt: nothing interrupted the subscription that ended with `end`.
  std::optional<absl::Status> Interrupted(const absl::Status& end) const {
    // Broken books are reported even when a signal comes at the same time.
    if (absl::IsDataLoss(end)) return std::nullopt;
    const std::string count =
        absl::StrCat(session_.account().results(), " of ", flags_.frames, " results");
    switch (interrupter_.cause()) {
      case Interrupter::Cause::kNone:
        return std::nullopt;
      case Interrupter::Cause::kSignal:
        if (flags_.frames == 0) return absl::OkStatus();
        return absl::CancelledError(absl::StrCat("interrupted after ", count));
      case Interrupter::Cause::kIdle:
        return absl::DeadlineExceededError(
            absl::StrCat("no result for ", flags_.common.timeout_s, " s after ", count));
    }
    return std::nullopt;
  }

  const WatchFlags flags_;
  const v1::SubscribeRequest request_;
  AnalysisClient& client_;
  Interrupter& interrupter_;
  const CliOutput output_;
  WatchSession session_;
};

}  // namespace

int WatchCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  WatchFlags flags;
  flags.common.timeout_s = 60;
  FlagSet flag_set(
      "atomstream watch [flags]: prints one line for each detector's result until Ctrl-C.\n"
      "With --frames N it ends after N results and exits 0 only if none was lost undeclared.\n"
      "It waits up to --timeout_s for the daemon; with --frames also for each next result.");
  flags.common.AddTo(flag_set);
  flag_set.Add("frames", &flags.frames,
               "end after this many results, of all detectors together; 0: never");
  flag_set.Add("policy", &flags.policy,
               "when this program is slow: latest (only the newest waits) or queue");
  flag_set.Add("detector", &flags.detector, kDetectorHelp);
  flag_set.Add("clusters", &flags.clusters,
               "also the clusters of the atoms and the kinds of their sites");
  flag_set.Add("queue_size", &flags.queue_size, "--policy queue: results that may wait, 1 to 1024");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  absl::StatusOr<v1::SubscribeRequest> request = RequestOf(flags);
  if (!request.ok()) {
    PrintError(request.status(), output);
    return kExitUsage;
  }
  // Before gRPC starts its threads.
  Interrupter interrupter(flags.frames > 0 ? flags.common.timeout() : absl::InfiniteDuration());
  absl::StatusOr<std::unique_ptr<AnalysisClient>> client = Connect(flags.common);
  if (!client.ok()) {
    PrintError(client.status(), output);
    return kExitUsage;
  }
  return Watch(flags, *std::move(request), client->get(), &interrupter, output).Run();
}

}  // namespace atomstream

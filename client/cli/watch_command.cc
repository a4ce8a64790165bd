#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/cli/cli_command.h"
#include "client/cli/interrupter.h"
#include "client/cli/watch_session.h"
#include "client/cpp/result_stream.h"
#include "core/base/escaped_text.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct WatchFlags {
  CommonFlags common;
  int64_t frames = 0;
  std::string policy = "queue";
  int queue_size = 64;
  std::string detector = "both";
  bool clusters = false;
  std::string resume_after;
  std::string since;
  std::string reconnect = "always";
};

absl::Status BadFlag(absl::string_view name, absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--", name, " = ", value, ": ", why));
}

absl::Status SetPolicy(const WatchFlags& flags, ResultStreamOptions& options) {
  if (flags.policy == "latest") {
    options.policy = v1::DELIVERY_POLICY_LATEST;
  } else if (flags.policy == "queue") {
    options.policy = v1::DELIVERY_POLICY_QUEUE;
    options.queue_size = flags.queue_size;
  } else if (flags.policy == "lossless") {
    options.policy = v1::DELIVERY_POLICY_LOSSLESS;
  } else {
    return BadFlag("policy", flags.policy, "must be latest, queue or lossless");
  }
  return absl::OkStatus();
}

absl::Status SetReconnect(const WatchFlags& flags, ResultStreamOptions& options) {
  options.max_time_to_first_link = flags.common.timeout();
  if (flags.reconnect == "always") {
    options.max_time_without_link = absl::InfiniteDuration();
  } else if (flags.reconnect == "timeout") {
    options.max_time_without_link = flags.common.timeout();
  } else if (flags.reconnect == "never") {
    options.max_time_without_link = absl::ZeroDuration();
  } else {
    return BadFlag("reconnect", flags.reconnect, "must be always, timeout or never");
  }
  return absl::OkStatus();
}

// --since leaves the epoch empty: only the daemon knows it.
absl::Status SetBeginning(const WatchFlags& flags, ResultStreamOptions& options) {
  if (flags.resume_after.empty() && flags.since.empty()) return absl::OkStatus();
  if (!flags.resume_after.empty() && !flags.since.empty()) {
    return absl::InvalidArgumentError("give either --resume_after or --since");
  }
  v1::ResultPosition& position = options.resume_after.emplace();
  std::string number = flags.since;
  if (flags.since.empty()) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(flags.resume_after, absl::MaxSplits('/', 1));
    position.set_epoch(parts.first);
    number = parts.second;
  }
  int64_t sequence = 0;
  const bool good = absl::SimpleAtoi(number, &sequence) && sequence >= 0;
  position.set_sequence(sequence);
  if (!flags.since.empty()) {
    return good ? absl::OkStatus()
                : BadFlag("since", flags.since, "must be a sequence number, or 0");
  }
  return good && !position.epoch().empty()
             ? absl::OkStatus()
             : BadFlag("resume_after", flags.resume_after, "must be EPOCH/SEQUENCE");
}

absl::StatusOr<ResultStreamOptions> OptionsOf(const WatchFlags& flags) {
  ResultStreamOptions options;
  RETURN_IF_ERROR(SetPolicy(flags, options));
  RETURN_IF_ERROR(SetReconnect(flags, options));
  RETURN_IF_ERROR(SetBeginning(flags, options));
  if (flags.frames < 0) {
    return BadFlag("frames", absl::StrCat(flags.frames), "must not be negative (0: no end)");
  }
  ASSIGN_OR_RETURN(options.detectors, DetectorsOf(flags.detector));
  // Atoms are counted in every result; no column shows more of them, or the windows of a map.
  options.parts = {v1::RESULT_PART_FRONT};
  if (flags.clusters) {
    options.parts.push_back(v1::RESULT_PART_CLUSTERS);
    options.parts.push_back(v1::RESULT_PART_STRUCTURE);
  }
  return options;
}

// Takes events until the wanted results are there or something ends it.
class Watch {
 public:
  Watch(const WatchFlags& flags, ResultStreamOptions options, AnalysisClient* client,
        Interrupter* interrupter, const CliOutput& output)
      : flags_(flags),
        options_(std::move(options)),
        client_(*client),
        interrupter_(*interrupter),
        output_(output),
        session_(flags.common.json(), output, options_.detectors.empty()) {}

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
    if (options_.resume_after && options_.resume_after->epoch().empty()) {
      interrupter_.SetCancel([this] { client_.CancelCalls(); });
      const absl::StatusOr<v1::GetStatusResponse> status =
          client_.GetStatus(flags_.common.timeout());
      interrupter_.SetCancel(nullptr);
      if (absl::IsCancelled(status.status())) return Interrupted();
      if (!status.ok()) return status.status();
      options_.resume_after->set_epoch(status->newest().epoch());
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<ResultStream> stream,
                     ResultStream::Create(&client_, options_));
    interrupter_.SetCancel([&stream] { stream->Cancel(); });
    const absl::Status end = TakeEvents(*stream);
    interrupter_.SetCancel(nullptr);
    if (absl::IsCancelled(end)) return Interrupted();
    if (!absl::IsUnavailable(end)) return end;
    return absl::UnavailableError(
        absl::StrCat("no daemon at ", flags_.common.server, ": ", end.message()));
  }

  absl::Status TakeEvents(ResultStream& stream) {
    bool told = false;
    while (true) {
      ASSIGN_OR_RETURN(const ResultEvent event, stream.Next());
      RETURN_IF_ERROR(session_.OnEvent(event, absl::Now()));
      // Once an outage: with always it may last.
      if (const auto* reconnecting = std::get_if<Reconnecting>(&event)) {
        if (!told) {
          output_.err << "waiting for " << Printable(flags_.common.server) << ": "
                      << Printable(reconnecting->cause.message()) << std::endl;
        }
        told = true;
      } else if (std::holds_alternative<Linked>(event)) {
        told = false;
      } else if (std::holds_alternative<v1::FrameResult>(event)) {
        interrupter_.Touch();
        if (flags_.frames > 0 && session_.account().results() >= flags_.frames) {
          return absl::OkStatus();
        }
      }
    }
  }

  absl::Status Interrupted() const {
    const std::string count =
        absl::StrCat(session_.account().results(), " of ", flags_.frames, " results");
    switch (interrupter_.cause()) {
      case Interrupter::Cause::kNone:
        break;
      case Interrupter::Cause::kSignal:
        if (flags_.frames == 0) return absl::OkStatus();
        return absl::CancelledError(absl::StrCat("interrupted after ", count));
      case Interrupter::Cause::kIdle:
        return absl::DeadlineExceededError(
            absl::StrCat("no result for ", flags_.common.timeout_s, " s after ", count));
    }
    return absl::CancelledError(absl::StrCat("ended after ", count));
  }

  const WatchFlags flags_;
  ResultStreamOptions options_;
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
      "It waits up to --timeout_s for the daemon to be there, and when the link is lost goes on\n"
      "behind the last result as soon as it is there again. With --frames it waits up to\n"
      "--timeout_s for each next result, too.");
  flags.common.AddTo(flag_set);
  flag_set.Add("frames", &flags.frames,
               "end after this many results, of all detectors together; 0: never");
  flag_set.Add("policy", &flags.policy,
               "when this program is slow: latest (only the newest waits), queue, or lossless (it "
               "falls behind)");
  flag_set.Add("detector", &flags.detector, kDetectorHelp);
  flag_set.Add("clusters", &flags.clusters,
               "also the clusters of the atoms and the kinds of their sites");
  flag_set.Add("queue_size", &flags.queue_size, "--policy queue: results that may wait, 1 to 1024");
  flag_set.Add("resume_after", &flags.resume_after,
               "EPOCH/SEQUENCE: begin behind this result, with what is kept");
  flag_set.Add("since", &flags.since,
               "SEQUENCE: the same in the daemon's present epoch; 0: from its beginning");
  flag_set.Add("reconnect", &flags.reconnect,
               "when the link is lost: always (try for ever), timeout (for --timeout_s) or never");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  absl::StatusOr<ResultStreamOptions> options = OptionsOf(flags);
  if (!options.ok()) return Refuse(options.status(), output);
  // Before gRPC starts its threads.
  Interrupter interrupter(flags.frames > 0 ? flags.common.timeout() : absl::InfiniteDuration());
  absl::StatusOr<std::unique_ptr<AnalysisClient>> client = Connect(flags.common);
  if (!client.ok()) return Refuse(client.status(), output);
  return Watch(flags, *std::move(options), client->get(), &interrupter, output).Run();
}

}  // namespace atomstream

// `atomstream targets`, `visit` and `visits`.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/cli_command.h"
#include "client/cli/criteria_flags.h"
#include "client/cli/interrupter.h"
#include "client/cli/target_view.h"
#include "client/cpp/channel.h"
#include "client/cpp/rpc_status.h"
#include "client/cpp/targeting_client.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

absl::StatusOr<std::unique_ptr<TargetingClient>> ConnectTargeting(const CommonFlags& common) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(common.channel()));
  return TargetingClient::Create(std::move(channel));
}

struct TargetsFlags {
  CommonFlags common;
  CriteriaFlags criteria;
  bool watch = false;
  int64_t frames = 0;
};

absl::Status ShowTargets(const TargetsFlags& flags, const v1::Criteria& criteria,
                         const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TargetingClient> client, ConnectTargeting(flags.common));
  v1::SelectTargetsRequest request;
  *request.mutable_criteria() = criteria;
  ASSIGN_OR_RETURN(const v1::SelectTargetsResponse response,
                   client->SelectTargets(request, flags.common.timeout()));
  if (flags.common.json()) {
    JsonWriter json;
    json.BeginObject();
    WriteTargets(response, json);
    json.EndObject();
    output.out << json.text() << std::endl;
  } else {
    output.out << TargetsText(response, output.style) << std::flush;
  }
  return absl::OkStatus();
}

absl::Status WatchTargets(const TargetsFlags& flags, const v1::Criteria& criteria,
                          Interrupter& interrupter, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TargetingClient> client, ConnectTargeting(flags.common));
  v1::WatchTargetsRequest request;
  *request.mutable_criteria() = criteria;
  const std::unique_ptr<TargetWatch> watch = client->WatchTargets(request);
  interrupter.SetCancel([&watch] { watch->Cancel(); });
  absl::Status end;
  for (int64_t count = 0; flags.frames == 0 || count < flags.frames; ++count) {
    const absl::StatusOr<v1::WatchTargetsResponse> update = watch->Next();
    end = update.status();
    if (!end.ok()) break;
    interrupter.Touch();
    if (flags.common.json()) {
      JsonWriter json;
      json.BeginObject();
      WriteTargetUpdate(*update, json);
      json.EndObject();
      output.out << json.text() << std::endl;
    } else {
      output.out << TargetUpdateText(*update, output.style) << std::flush;
    }
  }
  interrupter.SetCancel(nullptr);
  switch (interrupter.cause()) {
    case Interrupter::Cause::kNone:
      return end;
    case Interrupter::Cause::kSignal:
      return flags.frames == 0 ? absl::OkStatus() : absl::CancelledError("interrupted");
    case Interrupter::Cause::kIdle:
      return absl::DeadlineExceededError(
          absl::StrCat("no frame for ", flags.common.timeout_s, " s"));
  }
  return end;
}

struct VisitFlags {
  CommonFlags common;
  CriteriaFlags criteria;
  std::string selection;
  std::string epoch;
  double dwell_ms = 100;
  std::string holder = "atomstream";
  bool allow_revisit = false;
  int min_frames_sure = 0;
};

// The request, but for its target.
absl::StatusOr<v1::VisitTargetRequest> VisitRequest(const VisitFlags& flags,
                                                    const v1::Criteria& criteria,
                                                    TargetingClient& client) {
  v1::VisitTargetRequest request;
  request.set_selection_id(flags.selection);
  request.set_epoch(flags.epoch);
  if (flags.selection.empty()) {
    v1::SelectTargetsRequest select;
    *select.mutable_criteria() = criteria;
    ASSIGN_OR_RETURN(const v1::SelectTargetsResponse selected,
                     client.SelectTargets(select, flags.common.timeout()));
    request.set_selection_id(selected.selection_id());
    if (flags.epoch.empty()) request.set_epoch(selected.frame().position().epoch());
  }
  const auto nanos = static_cast<int64_t>(flags.dwell_ms * 1e6);
  request.mutable_dwell_time()->set_seconds(nanos / 1000000000);
  request.mutable_dwell_time()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  request.set_holder(flags.holder);
  request.set_allow_revisit(flags.allow_revisit);
  request.set_min_frames_sure(flags.min_frames_sure);
  return request;
}

void PrintVisit(const v1::Visit& visit, bool as_json, const CliOutput& output) {
  if (!as_json) {
    output.out << VisitText(visit, output.style) << std::flush;
    return;
  }
  JsonWriter json;
  json.BeginObject();
  WriteVisit(visit, json);
  json.EndObject();
  output.out << json.text() << std::endl;
}

// While the target is doubtful, as those of a new selection are until more frames have come, it is
// asked for again, as long as the timeout goes.
absl::StatusOr<v1::Visit> VisitWhenSure(const v1::VisitTargetRequest& request,
                                        const VisitFlags& flags, TargetingClient& client,
                                        Interrupter& interrupter) {
  const SteadyClock clock;
  const absl::Time end = clock.Now() + flags.common.timeout();
  while (true) {
    const std::unique_ptr<VisitCall> call =
        client.VisitTarget(request, flags.common.timeout() + absl::Milliseconds(flags.dwell_ms));
    interrupter.SetCancel([&call] { call->Cancel(); });
    absl::StatusOr<v1::Visit> visit = call->Wait();
    interrupter.SetCancel(nullptr);
    if (ErrorReason(visit.status()) != "TARGET_DOUBTFUL" || clock.Now() >= end ||
        !interrupter.SleepFor(absl::Milliseconds(100))) {
      return visit;
    }
  }
}

// One after the other; the first that fails ends it, because the next would go by the same mistake.
absl::Status VisitTargets(const VisitFlags& flags, const v1::Criteria& criteria,
                          const std::vector<int64_t>& targets, Interrupter& interrupter,
                          const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TargetingClient> client, ConnectTargeting(flags.common));
  ASSIGN_OR_RETURN(v1::VisitTargetRequest request, VisitRequest(flags, criteria, *client));
  for (const int64_t target : targets) {
    request.set_target_id(target);
    const absl::StatusOr<v1::Visit> visit = VisitWhenSure(request, flags, *client, interrupter);
    if (!visit.ok() && interrupter.cause() == Interrupter::Cause::kSignal) {
      return absl::CancelledError(absl::StrCat("target ", target,
                                               ": interrupted; the daemon blanks the beam, "
                                               "`atomstream visits` tells the dose"));
    }
    if (!visit.ok()) {
      return WithMessage(visit.status(),
                         absl::StrCat("target ", target, ": ", visit.status().message()));
    }
    PrintVisit(*visit, flags.common.json(), output);
    if (visit->outcome() != v1::VISIT_OUTCOME_COMPLETED) {
      return absl::AbortedError(absl::StrCat("target ", target, ": the visit ended ",
                                             VisitOutcomeName(visit->outcome())));
    }
  }
  return absl::OkStatus();
}

absl::Status ListVisits(const CommonFlags& common, int64_t after, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TargetingClient> client, ConnectTargeting(common));
  v1::ListVisitsRequest request;
  request.set_after_number(after);
  request.set_max_count(1000);
  v1::ListVisitsResponse page;
  do {
    ASSIGN_OR_RETURN(page, client->ListVisits(request, common.timeout()));
    for (const v1::Visit& visit : page.visits()) {
      PrintVisit(visit, common.json(), output);
      request.set_after_number(visit.number());
    }
  } while (!page.visits().empty());
  if (!common.json()) {
    output.out << absl::StrFormat("%.3f s on targets; visits going on: %d, not kept any more: %d",
                                  page.total_dose_s(), page.active(), page.dropped())
               << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace

int TargetsCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  TargetsFlags flags;
  FlagSet flag_set(
      "atomstream targets [flags]: the sites of the newest live frame that meet the criteria; "
      "with\n"
      "--watch frame by frame, until Ctrl-C or for --frames N.");
  flags.common.AddTo(flag_set);
  flags.criteria.AddTo(flag_set);
  flag_set.Add("watch", &flags.watch, "go on, one line a frame");
  flag_set.Add("frames", &flags.frames, "--watch: end after this many frames; 0: never");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  const absl::StatusOr<v1::Criteria> criteria = CriteriaOf(flags.criteria);
  if (!criteria.ok()) return Refuse(criteria.status(), output);
  if (flags.frames < 0) {
    return Refuse(absl::InvalidArgumentError(absl::StrCat("--frames = ", flags.frames,
                                                          ": must not be negative (0: no end)")),
                  output);
  }
  if (!flags.watch) return Finish(ShowTargets(flags, *criteria, output), output);
  // Before gRPC starts its threads.
  Interrupter interrupter(flags.frames > 0 ? flags.common.timeout() : absl::InfiniteDuration());
  return Finish(WatchTargets(flags, *criteria, interrupter, output), output);
}

int VisitCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  VisitFlags flags;
  FlagSet flag_set(
      "atomstream visit TARGET... [flags]: puts the beam on targets, one after the other, and "
      "blanks\n"
      "it. TARGETs are ids that `atomstream targets` printed; give the --selection that it "
      "printed,\n"
      "too, with its --epoch, or the same criteria. Ctrl-C ends a visit and blanks the beam.");
  flags.common.AddTo(flag_set);
  flags.criteria.AddTo(flag_set);
  flag_set.Add("selection", &flags.selection, "of the targets; empty: by the criteria");
  flag_set.Add("epoch", &flags.epoch, "of the ids; needed with --selection");
  flag_set.Add("dwell_ms", &flags.dwell_ms, "how long the beam stays on each, milliseconds");
  flag_set.Add("holder", &flags.holder, "who visits, for the ledger");
  flag_set.Add("allow_revisit", &flags.allow_revisit, "also targets that were visited before");
  flag_set.Add(
      "min_frames_sure", &flags.min_frames_sure,
      "least number of frames in a row in which it met the criteria; it waits for them; 0: as the "
      "daemon likes");
  int exit_code = kExitOk;
  std::vector<std::string> names;
  if (!ParseCommand(flag_set, flags.common, arguments, &names, output, exit_code)) {
    return exit_code;
  }
  const absl::StatusOr<v1::Criteria> criteria = CriteriaOf(flags.criteria);
  if (!criteria.ok()) return Refuse(criteria.status(), output);
  std::vector<int64_t> targets;
  for (const std::string& name : names) {
    int64_t id = 0;
    if (!absl::SimpleAtoi(name, &id) || id <= 0) {
      return Refuse(absl::InvalidArgumentError(
                        absl::StrCat("TARGET = ", name, ": must be the id of a target")),
                    output);
    }
    targets.push_back(id);
  }
  if (targets.empty()) return Refuse(absl::InvalidArgumentError("give a TARGET"), output);
  if (!(flags.dwell_ms > 0 && flags.dwell_ms <= 3.6e6)) {
    return Refuse(absl::InvalidArgumentError(
                      absl::StrCat("--dwell_ms = ", flags.dwell_ms, ": must be in (0, 3600000]")),
                  output);
  }
  if (!flags.selection.empty() && criteria->ByteSizeLong() > 0) {
    return Refuse(absl::InvalidArgumentError("give either --selection or criteria"), output);
  }
  if (!flags.selection.empty() && flags.epoch.empty()) {
    return Refuse(absl::InvalidArgumentError("--selection needs --epoch: ids mean something within "
                                             "one epoch only"),
                  output);
  }
  Interrupter interrupter(absl::InfiniteDuration());
  return Finish(VisitTargets(flags, *criteria, targets, interrupter, output), output);
}

int VisitsCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  CommonFlags common;
  int64_t after = 0;
  FlagSet flag_set("atomstream visits [flags]: the dose ledger, oldest visit first.");
  common.AddTo(flag_set);
  flag_set.Add("after", &after, "visits with a higher number only; 0: all");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, common, arguments, nullptr, output, exit_code)) return exit_code;
  return Finish(ListVisits(common, after, output), output);
}

}  // namespace atomstream

// atomstream-agent: an example of an automated experiment. Watches the targets that meet its
// criteria, by default dopants with three neighbours, visits each once within a dose budget, and
// looks whether they changed. With --simulator it also asks the simulator what really happened.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/agent/agent_loop.h"
#include "client/agent/agent_plan.h"
#include "client/agent/agent_report.h"
#include "client/agent/specimen_reader.h"
#include "client/cli/criteria_flags.h"
#include "client/cli/interrupter.h"
#include "client/cpp/channel.h"
#include "client/cpp/channel_flags.h"
#include "client/cpp/targeting_client.h"
#include "core/base/clock.h"
#include "core/base/escaped_text.h"
#include "core/base/flag_set.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct AgentFlags {
  std::string server = "127.0.0.1:50051";
  std::string simulator;
  std::string format = "text";
  CriteriaFlags criteria;
  AgentPlanOptions plan;
  double dwell_ms = 100;
  int min_changed = 0;
  std::string holder = "agent";
  std::string element = "Si";
  double timeout_s = 10;
  double max_seconds = 120;
  ChannelSecurity security = ChannelSecurityFromEnvironment();  // of the daemon

  void AddTo(FlagSet& flags) {
    criteria.kind = "dopant";
    criteria.coordination = std::string("3");
    criteria.order = "path";
    flags.Add("server", &server, "the daemon, host:port");
    flags.Add("simulator", &simulator, "the simulator, host:port, to be asked what happened");
    flags.Add("format", &format, "text, or json: one object a line");
    criteria.AddTo(flags);
    flags.Add("sites", &plan.sites, "the goal: visit this many targets");
    flags.Add("min_changed", &min_changed, "the goal: see at least this many of them change");
    flags.Add("dwell_ms", &dwell_ms, "how long the beam stays on each, milliseconds");
    flags.Add("budget_s", &plan.budget_s, "of beam time on targets, seconds");
    flags.Add("min_frames_sure", &plan.min_frames_sure,
              "visit a target after as many frames in a row in which it met the criteria");
    flags.Add("settle_frames", &plan.settle_frames, "after the last visit: wait for changes");
    flags.Add("idle_frames", &plan.idle_frames, "give up after as many frames without a target");
    flags.Add("max_failures", &plan.max_failures, "visits that may fail");
    flags.Add("same_atom_nm", &plan.same_atom_nm,
              "a target that appears this near to a visited site is its atom, which hopped");
    flags.Add("holder", &holder, "who visits, for the ledger");
    flags.Add("element", &element, "--simulator: of the atoms that should be hit");
    flags.Add("timeout_s", &timeout_s, "longest time without a frame, and of a call, seconds");
    flags.Add("max_seconds", &max_seconds, "longest time of everything");
    AddSecurityFlags(flags, security);
  }

  absl::Status Validate() {
    const auto bad = [](absl::string_view flag, const auto& value, absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag, " = ", value, ": ", why));
    };
    if (server.empty()) return bad("server", server, "must be host:port");
    if (!(dwell_ms >= 0.001 && dwell_ms <= 3.6e6)) {
      return bad("dwell_ms", dwell_ms, "must be in [0.001, 3600000]");
    }
    plan.dwell_s = dwell_ms / 1e3;
    const absl::Status options = ValidateAgentPlanOptions(plan);
    if (!options.ok()) return absl::InvalidArgumentError(absl::StrCat("--", options.message()));
    if (min_changed < 0 || min_changed > plan.sites) {
      return bad("min_changed", min_changed,
                 absl::StrCat("must be in [0, --sites = ", plan.sites, "]"));
    }
    for (const auto& [name, value] :
         {std::pair("timeout_s", timeout_s), std::pair("max_seconds", max_seconds)}) {
      if (!(value > 0 && value <= 1e6)) {
        return bad(name, value, "must be in (0, 1000000]");
      }
    }
    if (format == "text" || format == "json") return absl::OkStatus();
    return bad("format", format, "must be text or json");
  }
};

void PrintError(const absl::Status& status) {
  std::cerr << "atomstream-agent: " << absl::StatusCodeToString(status.code()) << ": "
            << Printable(status.message()) << std::endl;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial(const std::string& address,
                                                    const ChannelSecurity& security) {
  return MakeChannel({.address = address, .security = security});
}

// The agent's entries of the ledger since `after`.
absl::StatusOr<std::vector<v1::Visit>> VisitsOf(const std::string& holder, int64_t after,
                                                absl::Duration timeout, TargetingClient& client) {
  std::vector<v1::Visit> visits;
  v1::ListVisitsRequest request;
  request.set_max_count(1000);
  request.set_after_number(after);
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListVisitsResponse page, client.ListVisits(request, timeout));
    for (const v1::Visit& visit : page.visits()) {
      // A daemon that knows who calls puts that name in front.
      if (visit.holder() == holder || absl::EndsWith(visit.holder(), " as " + holder)) {
        visits.push_back(visit);
      }
      request.set_after_number(visit.number());
    }
    if (page.visits().empty()) return visits;
  }
}

absl::StatusOr<AgentReport> RunAgent(const AgentFlags& flags, const v1::Criteria& criteria,
                                     Interrupter& interrupter) {
  const absl::Duration timeout = absl::Seconds(flags.timeout_s);
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, Dial(flags.server, flags.security));
  const std::unique_ptr<TargetingClient> client = TargetingClient::Create(std::move(channel));
  std::unique_ptr<SpecimenReader> specimen;
  int64_t exposures_before = 0;
  if (!flags.simulator.empty()) {
    ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> to_simulator, Dial(flags.simulator, {}));
    specimen = SpecimenReader::Create(std::move(to_simulator), timeout);
    ASSIGN_OR_RETURN(exposures_before, specimen->Placements());
  }
  AgentPlan plan(flags.plan);
  AgentLoopOptions options;
  options.criteria = criteria;
  options.holder = flags.holder;
  options.dwell = absl::Milliseconds(flags.dwell_ms);
  options.min_frames_sure = flags.plan.min_frames_sure;
  options.call_timeout = timeout;
  options.max_time = absl::Seconds(flags.max_seconds);
  const SteadyClock clock;
  AgentLoop loop(options, client.get(), &interrupter, &clock, &plan,
                 [](const std::string& note) { std::cerr << Printable(note) << std::endl; });
  const absl::Status lost = loop.Run();
  if (!lost.ok()) PrintError(lost);

  AgentReport report;
  report.goal_sites = flags.plan.sites;
  report.goal_changed = flags.min_changed;
  report.end = plan.end();
  report.account = plan.account();
  if (specimen == nullptr) return report;
  // A visit that was cut off is over when the beam is blanked.
  RETURN_IF_ERROR(specimen->AwaitBeamFree());
  ASSIGN_OR_RETURN(const std::vector<v1::Exposure> exposures,
                   specimen->ExposuresAfter(exposures_before));
  ASSIGN_OR_RETURN(const std::vector<v1::Visit> visits,
                   VisitsOf(flags.holder, 0, timeout, *client));
  AuditOptions audit;
  audit.element = flags.element;
  report.audit = AuditSpecimen(exposures, visits, audit);
  return report;
}

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments.front() == "--version") {
    std::cout << "atomstream-agent " << ATOMSTREAM_VERSION << "\n";
    return kExitOk;
  }
  AgentFlags flags;
  FlagSet flag_set(
      "atomstream-agent [flags]: visits targets, each once, within a dose budget, and looks\n"
      "whether they changed. Exit codes: 0 goal reached, 1 not, 2 wrong usage. Ctrl-C ends it; "
      "the\n"
      "beam is blanked then.");
  flags.AddTo(flag_set);
  const absl::StatusOr<std::vector<std::string>> rest = flag_set.Parse(arguments);
  if (flag_set.help_requested()) {
    std::cout << flag_set.Help();
    return kExitOk;
  }
  absl::Status usage = rest.status();
  if (usage.ok() && !rest->empty()) {
    usage = absl::InvalidArgumentError(absl::StrCat("unexpected argument: ", rest->front()));
  }
  if (usage.ok()) usage = flags.Validate();
  const absl::StatusOr<v1::Criteria> criteria = CriteriaOf(flags.criteria);
  if (usage.ok()) usage = criteria.status();
  if (!usage.ok()) {
    std::cerr << "atomstream-agent: " << Printable(usage.message()) << "\n";
    return kExitUsage;
  }
  // Before gRPC starts its threads.
  Interrupter interrupter(absl::Seconds(flags.timeout_s));
  const absl::StatusOr<AgentReport> report = RunAgent(flags, *criteria, interrupter);
  if (!report.ok()) {
    PrintError(report.status());
    return kExitFailed;
  }
  std::cout << (flags.format == "json" ? ReportJson(*report) + "\n" : ReportText(*report))
            << std::flush;
  return Shortcomings(*report).empty() ? kExitOk : kExitFailed;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  return atomstream::Run(std::vector<std::string>(argv + 1, argv + argc));
}

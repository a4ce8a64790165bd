#include "client/agent/agent_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/json_writer.h"

namespace atomstream {

std::vector<std::string> Shortcomings(const AgentReport& report) {
  std::vector<std::string> reasons;
  if (report.account.visited < report.goal_sites) {
    reasons.push_back(absl::StrCat(report.account.visited, " of ", report.goal_sites,
                                   " sites visited, ended by ", AgentEndName(report.end)));
  }
  if (report.account.changed < report.goal_changed) {
    reasons.push_back(
        absl::StrCat(report.account.changed, " of ", report.goal_changed, " sites seen to change"));
  }
  if (!report.audit) return reasons;
  if (report.audit->misses > 0) {
    reasons.push_back(absl::StrCat(report.audit->misses, " misses"));
  }
  if (report.audit->double_visits > 0) {
    reasons.push_back(absl::StrCat(report.audit->double_visits, " atoms visited again"));
  }
  if (report.audit->exposures < report.account.visited) {
    reasons.push_back(
        absl::StrCat("the simulator knows of ", report.audit->exposures, " exposures only"));
  }
  return reasons;
}

std::string ReportText(const AgentReport& report) {
  const AgentAccount& a = report.account;
  std::string text = absl::StrFormat(
      "%d of %d sites visited, ended by %s; %d visits failed, %d refused; %s%.3f s of beam\n"
      "%d visited sites changed%s; %d hops recognised\n",
      a.visited, report.goal_sites, AgentEndName(report.end), a.failed, a.refused,
      a.failed > 0 ? "at most " : "",  // a visit without an answer counts with all of its dwell
      a.dose_s, a.changed,
      a.changes.empty()
          ? ""
          : absl::StrCat(" (", absl::StrJoin(a.changes, ", ", absl::PairFormatter(" ")), ")"),
      a.hops_recognised);
  if (report.audit) {
    const SpecimenAudit& s = *report.audit;
    absl::StrAppendFormat(
        &text,
        "specimen: %d exposures (%d of others), %d misses, %d double visits, %d atoms changed\n"
        "dose: %.3g electrons, %.3g of them outside targets (%.1f %%); beam to atom: median %.1f "
        "pm, at most %.1f pm\n",
        s.exposures, s.others, s.misses, s.double_visits, s.changed_atoms, s.electrons,
        s.electrons_outside, s.electrons > 0 ? 100 * s.electrons_outside / s.electrons : 0.0,
        1e3 * s.median_error_nm, 1e3 * s.max_error_nm);
    for (const std::string& note : s.notes) absl::StrAppend(&text, "  ", note, "\n");
  }
  const std::vector<std::string> reasons = Shortcomings(report);
  absl::StrAppend(&text,
                  reasons.empty()
                      ? "goal reached"
                      : absl::StrCat("goal not reached: ", absl::StrJoin(reasons, "; ")),
                  "\n");
  return text;
}

std::string ReportJson(const AgentReport& report) {
  const AgentAccount& a = report.account;
  JsonWriter json;
  json.BeginObject();
  json.Key("type").Text("report");
  json.Key("goal_reached").Bool(Shortcomings(report).empty());
  json.Key("end").Text(AgentEndName(report.end));
  json.Key("goal_sites").Integer(report.goal_sites);
  json.Key("sites_visited").Integer(a.visited);
  json.Key("visits_failed").Integer(a.failed);
  json.Key("visits_refused").Integer(a.refused);
  json.Key("dose_s").Number(a.dose_s);
  json.Key("changed").Integer(a.changed);
  json.Key("hops_recognised").Integer(a.hops_recognised);
  json.Key("changes").BeginObject();
  for (const auto& [reason, count] : a.changes) json.Key(reason).Integer(count);
  json.EndObject();
  json.Key("specimen");
  if (report.audit) {
    const SpecimenAudit& s = *report.audit;
    json.BeginObject();
    json.Key("exposures").Integer(s.exposures);
    json.Key("exposures_of_others").Integer(s.others);
    json.Key("misses").Integer(s.misses);
    json.Key("double_visits").Integer(s.double_visits);
    json.Key("changed_atoms").Integer(s.changed_atoms);
    json.Key("electrons").Number(s.electrons);
    json.Key("electrons_outside_targets").Number(s.electrons_outside);
    json.Key("median_error_nm").Number(s.median_error_nm);
    json.Key("max_error_nm").Number(s.max_error_nm);
    json.EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  return json.text();
}

}  // namespace atomstream

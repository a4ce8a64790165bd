// AgentReport: what the agent says at its end, and whether it reached its goal. Pure functions.
#ifndef ATOMSTREAM_CLIENT_AGENT_AGENT_REPORT_H_
#define ATOMSTREAM_CLIENT_AGENT_AGENT_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "client/agent/agent_plan.h"
#include "client/agent/specimen_audit.h"

namespace atomstream {

struct AgentReport {
  int goal_sites = 0;
  int goal_changed = 0;  // visited targets that must have been seen to change
  AgentEnd end = AgentEnd::kRunning;
  AgentAccount account;
  std::optional<SpecimenAudit> audit;  // unset: no simulator was asked
};

// Why the goal was not reached, one reason an entry; empty: it was.
std::vector<std::string> Shortcomings(const AgentReport& report);

std::string ReportText(const AgentReport& report);
std::string ReportJson(const AgentReport& report);  // one line

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_AGENT_AGENT_REPORT_H_

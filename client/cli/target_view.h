// What the command line client prints of targets and visits, as text and as JSON. docs/cli.md lists
// the fields; they change only by addition. Pure functions.
#ifndef ATOMSTREAM_CLIENT_CLI_TARGET_VIEW_H_
#define ATOMSTREAM_CLIENT_CLI_TARGET_VIEW_H_

#include <string>

#include "atomstream/v1/targeting.pb.h"
#include "client/cli/json_writer.h"
#include "client/cli/text_style.h"

namespace atomstream {

// A table, or the reason why it is empty.
std::string TargetsText(const v1::SelectTargetsResponse& response, const TextStyle& style);
// One line for the frame, then one for each target that came or went.
std::string TargetUpdateText(const v1::WatchTargetsResponse& response, const TextStyle& style);
std::string VisitText(const v1::Visit& visit, const TextStyle& style);

// The fields, into an object that the caller has begun.
void WriteTargets(const v1::SelectTargetsResponse& response, JsonWriter& json);
void WriteTargetUpdate(const v1::WatchTargetsResponse& response, JsonWriter& json);
void WriteVisit(const v1::Visit& visit, JsonWriter& json);

// "moved" for WITHDRAWAL_REASON_MOVED, "completed" for VISIT_OUTCOME_COMPLETED.
std::string WithdrawalReasonName(v1::WithdrawalReason reason);
std::string VisitOutcomeName(v1::VisitOutcome outcome);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_TARGET_VIEW_H_

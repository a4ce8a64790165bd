// The JSON that the command line client prints, one object a line. docs/cli.md lists the fields;
// they change only by addition.
#ifndef ATOMSTREAM_CLIENT_CLI_RESULT_JSON_H_
#define ATOMSTREAM_CLIENT_CLI_RESULT_JSON_H_

#include "atomstream/v1/analysis.pb.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_view.h"

namespace atomstream {

// The fields of one detector's result, into an object that the caller has begun.
void WriteResult(const ResultView& view, JsonWriter& json);

// The same in brief, for `watch` and `list`: without the front, and `atoms` is their number.
void WriteResultBrief(const ResultView& view, JsonWriter& json);

void WriteSolution(const v1::ParetoSolution& solution, JsonWriter& json);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_JSON_H_

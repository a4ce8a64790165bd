// `atomstream get` and `status`.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
#include "client/cli/status_view.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct GetFlags {
  CommonFlags common;
  std::string frame_id;
  int64_t sequence = 0;
  std::string epoch;
};

absl::Status Get(const GetFlags& flags, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> client, Connect(flags.common));
  v1::GetFrameResultRequest request;
  if (!flags.frame_id.empty()) {
    request.set_frame_id(flags.frame_id);
  } else {
    v1::ResultPosition& position = *request.mutable_position();
    position.set_sequence(flags.sequence);
    position.set_epoch(flags.epoch);
    if (flags.epoch.empty()) {
      ASSIGN_OR_RETURN(const v1::GetStatusResponse status,
                       client->GetStatus(flags.common.timeout()));
      position.set_epoch(status.newest().epoch());
    }
  }
  ASSIGN_OR_RETURN(const v1::FrameResult result,
                   client->GetFrameResult(request, flags.common.timeout()));
  if (flags.common.json()) {
    for (const ResultView& view : ViewsOf(result)) {
      JsonWriter json;
      json.BeginObject();
      WriteResult(view, json);
      json.EndObject();
      output.out << json.text() << std::endl;
    }
  } else if (flags.common.csv()) {
    output.out << CsvHeader() << "\n";
    for (const ResultView& view : ViewsOf(result)) output.out << CsvLines(view);
    output.out << std::flush;
  } else {
    output.out << ResultText(result) << std::flush;
  }
  return absl::OkStatus();
}

absl::Status ShowStatus(const CommonFlags& common, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> client, Connect(common));
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, client->GetStatus(common.timeout()));
  if (common.json()) {
    JsonWriter json;
    json.BeginObject();
    WriteStatus(status, json);
    json.EndObject();
    output.out << json.text() << std::endl;
  } else {
    output.out << StatusText(status) << std::flush;
  }
  return absl::OkStatus();
}

}  // namespace

int GetCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  GetFlags flags;
  flags.common.csv_help = "csv: one line an atom";
  FlagSet flag_set(
      "atomstream get FRAME_ID | --sequence N [flags]: prints all that is kept of a frame's "
      "newest\n"
      "analysis, or one kept result, with its front (and, as json or csv, its atoms).");
  flags.common.AddTo(flag_set);
  flag_set.Add("sequence", &flags.sequence, "the result with this number, from 1");
  flag_set.Add("epoch", &flags.epoch, "of --sequence; empty: the daemon's present one");
  int exit_code = kExitOk;
  std::vector<std::string> positional;
  if (!ParseCommand(flag_set, flags.common, arguments, &positional, output, exit_code)) {
    return exit_code;
  }
  if (positional.size() > 1) {
    return Refuse(absl::InvalidArgumentError(absl::StrCat("unexpected argument: ", positional[1])),
                  output);
  }
  if (!positional.empty()) flags.frame_id = positional[0];
  if (flags.frame_id.empty() == (flags.sequence == 0)) {
    return Refuse(absl::InvalidArgumentError("give either FRAME_ID or --sequence"), output);
  }
  if (flags.sequence < 0) {
    return Refuse(absl::InvalidArgumentError(
                      absl::StrCat("--sequence = ", flags.sequence, ": must be at least 1")),
                  output);
  }
  return Finish(Get(flags, output), output);
}

int StatusCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  CommonFlags common;
  FlagSet flag_set("atomstream status [flags]: prints the state of the daemon.");
  common.AddTo(flag_set);
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, common, arguments, nullptr, output, exit_code)) return exit_code;
  return Finish(ShowStatus(common, output), output);
}

}  // namespace atomstream

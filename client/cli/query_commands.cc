// `atomstream get`, `list` and `status`.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
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

struct ListFlags {
  CommonFlags common;
  int page_size = 0;
  std::string page_token;
  int64_t limit = 0;
};

absl::Status List(const ListFlags& flags, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> client, Connect(flags.common));
  v1::ListFrameResultsRequest request;
  request.set_page_size(flags.page_size);
  request.set_page_token(flags.page_token);
  int64_t count = 0;
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListFrameResultsResponse page,
                     client->ListFrameResults(request, flags.common.timeout()));
    for (const v1::FrameResult& result : page.results()) {
      if (flags.limit > 0 && count >= flags.limit) return absl::OkStatus();
      const ResultView view(result);
      if (flags.common.json()) {
        JsonWriter json;
        json.BeginObject();
        WriteResultBrief(view, json);
        json.EndObject();
        output.out << json.text() << "\n";
      } else {
        if (count == 0) output.out << output.style.Dim(ListHeader()) << "\n";
        output.out << ListLine(view) << "\n";
      }
      ++count;
    }
    output.out << std::flush;
    if (page.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  }
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
  flags.common.csv_too = true;
  FlagSet flag_set(
      "atomstream get --frame_id ID | --sequence N [flags]: prints what is kept of a frame, or "
      "one\n"
      "kept result, with its front (and, as json or csv, its atoms).");
  flags.common.AddTo(flag_set);
  flag_set.Add("frame_id", &flags.frame_id, "all that is kept of this frame's newest analysis");
  flag_set.Add("sequence", &flags.sequence, "the result with this number, from 1");
  flag_set.Add("epoch", &flags.epoch, "of --sequence; empty: the daemon's present one");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  if (flags.frame_id.empty() == (flags.sequence == 0)) {
    PrintError(absl::InvalidArgumentError("give either --frame_id or --sequence"), output);
    return kExitUsage;
  }
  return Finish(Get(flags, output), output);
}

int ListCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  ListFlags flags;
  FlagSet flag_set("atomstream list [flags]: prints the kept results, oldest first.");
  flags.common.AddTo(flag_set);
  flag_set.Add("limit", &flags.limit, "at most this many; 0: all");
  flag_set.Add("page_size", &flags.page_size, "results a request; 0: as the daemon likes");
  flag_set.Add("page_token", &flags.page_token, "where to begin; empty: at the oldest");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  return Finish(List(flags, output), output);
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

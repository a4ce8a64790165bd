#include "client/cli/cli_command.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/rpc_status.h"
#include "core/base/escaped_text.h"
#include "core/base/request_id.h"
#include "core/base/status_macros.h"

namespace atomstream {

void CommonFlags::AddTo(FlagSet& flags) {
  flags.Add("server", &server, "the daemon, host:port");
  flags.Add("format", &format,
            csv_help.empty() ? "text, or json: one object a line"
                             : absl::StrCat("text, json: one object a line, or ", csv_help));
  flags.Add("timeout_s", &timeout_s, "how long to wait for the daemon, seconds");
  flags.Add("request_id", &request_id,
            "what the daemon's log calls this command's calls; empty: each has one of its own");
  AddSecurityFlags(flags, security);
}

absl::Status CommonFlags::Validate() const {
  if (format != "text" && format != "json" && (csv_help.empty() || format != "csv")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--format = ", format, ": must be text", csv_help.empty() ? " or json" : ", json or csv"));
  }
  if (server.empty()) return absl::InvalidArgumentError("--server = : must be host:port");
  if (!request_id.empty() && !IsRequestId(request_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--request_id = ", request_id, ": ", kRequestIdRule));
  }
  if (!(timeout_s > 0) || !std::isfinite(timeout_s)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout_s = ", timeout_s, ": must be positive and finite"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AnalysisClient>> Connect(const CommonFlags& common) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(common.channel()));
  return AnalysisClient::Create(std::move(channel));
}

bool ParseCommand(FlagSet& flags, const CommonFlags& common,
                  const std::vector<std::string>& arguments, std::vector<std::string>* positional,
                  const CliOutput& output, int& exit_code) {
  absl::StatusOr<std::vector<std::string>> rest = flags.Parse(arguments);
  if (flags.help_requested()) {
    output.out << flags.Help();
    exit_code = kExitOk;
    return false;
  }
  absl::Status status = rest.status();
  if (status.ok()) status = common.Validate();
  if (status.ok() && positional == nullptr && !rest->empty()) {
    status = absl::InvalidArgumentError(absl::StrCat("unexpected argument: ", rest->front()));
  }
  if (!status.ok()) {
    PrintError(status, output);
    exit_code = kExitUsage;
    return false;
  }
  if (positional != nullptr) *positional = *std::move(rest);
  return true;
}

absl::StatusOr<std::vector<std::string>> DetectorsOf(const std::string& flag) {
  if (flag == "both") return std::vector<std::string>();
  if (flag == "log_star" || flag == "unet") return std::vector<std::string>{flag};
  return absl::InvalidArgumentError(
      absl::StrCat("--detector = ", flag, ": must be log_star, unet or both"));
}

void PrintError(const absl::Status& status, const CliOutput& output) {
  output.err << "atomstream: ";
  if (!absl::IsInvalidArgument(status)) {
    output.err << absl::StatusCodeToString(status.code()) << ": ";
  }
  output.err << Printable(status.message());
  // What to look for in the daemon's log.
  const std::string request_id = ErrorRequestId(status);
  if (!request_id.empty()) output.err << " (request id " << Printable(request_id) << ")";
  output.err << std::endl;
}

int Finish(const absl::Status& status, const CliOutput& output) {
  if (status.ok()) return kExitOk;
  PrintError(status, output);
  return kExitFailed;
}

int Refuse(const absl::Status& status, const CliOutput& output) {
  PrintError(status, output);
  return kExitUsage;
}

}  // namespace atomstream

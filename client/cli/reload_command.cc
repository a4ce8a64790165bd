// `atomstream reload`.
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/cli/cli_command.h"
#include "client/cli/json_writer.h"
#include "client/cli/printable.h"
#include "client/cpp/channel.h"
#include "client/cpp/operations_client.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct ReloadFlags {
  CommonFlags common;
  bool check = false;
  std::string as;
};

void PrintText(const ReloadFlags& flags, const v1::ReloadConfigurationResponse& raw,
               std::ostream& out) {
  const v1::ReloadConfigurationResponse response = PrintableCopy(raw);
  const char* counts = flags.check ? "would count: " : "counts now: ";
  out << counts
      << (response.applied_fields().empty() ? "nothing new"
                                            : absl::StrJoin(response.applied_fields(), ", "))
      << "\n";
  if (!response.restart_fields().empty()) {
    out << "after a restart: " << absl::StrJoin(response.restart_fields(), ", ") << "\n";
  }
  out << "settings version " << response.settings_version();
  if (!response.model_id().empty()) out << ", model " << response.model_id();
  out << "\n";
}

void PrintJson(const v1::ReloadConfigurationResponse& response, std::ostream& out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("applied_fields").BeginArray();
  for (const std::string& field : response.applied_fields()) json.Text(field);
  json.EndArray();
  json.Key("restart_fields").BeginArray();
  for (const std::string& field : response.restart_fields()) json.Text(field);
  json.EndArray();
  json.Key("settings_version").Integer(response.settings_version());
  json.Key("model_id").Text(response.model_id());
  json.EndObject();
  out << json.text() << "\n";
}

absl::Status Reload(const ReloadFlags& flags, const CliOutput& output) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(flags.common.channel()));
  v1::ReloadConfigurationRequest request;
  request.set_validate_only(flags.check);
  request.set_requested_by(flags.as);
  ASSIGN_OR_RETURN(const v1::ReloadConfigurationResponse response,
                   OperationsClient::Create(std::move(channel))
                       ->ReloadConfiguration(request, flags.common.timeout()));
  if (flags.common.json()) {
    PrintJson(response, output.out);
  } else {
    PrintText(flags, response, output.out);
  }
  return absl::OkStatus();
}

}  // namespace

int ReloadCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  ReloadFlags flags;
  flags.common.timeout_s = 60;  // a model may have to be loaded
  const char* user = std::getenv("USER");
  if (user != nullptr) flags.as = user;
  FlagSet flag_set(
      "atomstream reload [flags]: the daemon reads its configuration file again. What changed in "
      "it\ncounts at once, all of it together, or nothing does; what needs a restart is named.");
  flags.common.AddTo(flag_set);
  flag_set.Add("check", &flags.check, "only say what would happen, and whether the file is valid");
  flag_set.Add("as", &flags.as, "who asks, for the audit log");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  return Finish(Reload(flags, output), output);
}

}  // namespace atomstream

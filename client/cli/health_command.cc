// `atomstream health`: one word and an exit code, for scripts and the probes of a cluster.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/json_writer.h"
#include "client/cpp/channel.h"
#include "client/cpp/health_check.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr char kHelp[] =
    "atomstream health [COMPONENT] [flags]: whether the daemon serves.\n"
    "\n"
    "Prints \"serving\" or \"not serving\", exit code 0 or 1. Needs no role.\n"
    "COMPONENT: source, pipeline, detector, store or listener; without one, whether new work "
    "should come "
    "here.\n";

absl::StatusOr<bool> Check(const CommonFlags& common, const std::string& component) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, MakeChannel(common.channel()));
  return CheckHealth(channel, component.empty() ? "" : absl::StrCat("atomstream.", component),
                     common.timeout());
}

void Print(bool serving, const CommonFlags& common, const std::string& component,
           const CliOutput& output) {
  if (!common.json()) {
    output.out << (serving ? "serving" : "not serving") << std::endl;
    return;
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("component");
  json.Text(component);
  json.Key("serving");
  json.Bool(serving);
  json.EndObject();
  output.out << json.text() << std::endl;
}

}  // namespace

int HealthCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  CommonFlags common;
  FlagSet flags(kHelp);
  common.AddTo(flags);
  std::vector<std::string> components;
  int exit_code = kExitOk;
  if (!ParseCommand(flags, common, arguments, &components, output, exit_code)) return exit_code;
  const std::string component = components.empty() ? "" : components.front();
  if (components.size() > 1 ||
      (!component.empty() && component != "source" && component != "pipeline" &&
       component != "detector" && component != "store" && component != "listener")) {
    return Refuse(absl::InvalidArgumentError(absl::StrCat(
                      "COMPONENT = ", components.back(),
                      ": must be one of source, pipeline, detector, store and listener")),
                  output);
  }
  const absl::StatusOr<bool> serving = Check(common, component);
  if (!serving.ok()) return Finish(serving.status(), output);
  Print(*serving, common, component, output);
  return *serving ? kExitOk : kExitFailed;
}

}  // namespace atomstream

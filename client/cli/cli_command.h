// What the subcommands of `atomstream` have in common: the flags that all take, exit codes, and
// where text goes. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_CLI_COMMAND_H_
#define ATOMSTREAM_CLIENT_CLI_CLI_COMMAND_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/cli_output.h"
#include "client/cpp/analysis_client.h"
#include "client/cpp/channel.h"
#include "client/cpp/channel_flags.h"
#include "core/base/flag_set.h"

namespace atomstream {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// The flags that every subcommand takes.
struct CommonFlags {
  std::string server = "127.0.0.1:50051";
  std::string format = "text";
  double timeout_s = 10;
  ChannelSecurity security = ChannelSecurityFromEnvironment();
  std::string request_id;
  std::string csv_help;  // "csv: one line …", if the command can print it; set before AddTo

  void AddTo(FlagSet& flags);
  // InvalidArgument names the flag and its value.
  absl::Status Validate() const;

  bool json() const { return format == "json"; }
  bool csv() const { return format == "csv"; }
  absl::Duration timeout() const { return absl::Seconds(timeout_s); }
  ChannelOptions channel() const {
    return {.address = server, .security = security, .request_id = request_id};
  }
};

absl::StatusOr<std::unique_ptr<AnalysisClient>> Connect(const CommonFlags& common);

// Parses into `flags`, prints --help. Returns false with the exit code if the command must not run.
// `positional` null: none are allowed.
bool ParseCommand(FlagSet& flags, const CommonFlags& common,
                  const std::vector<std::string>& arguments, std::vector<std::string>* positional,
                  const CliOutput& output, int& exit_code);

// --detector: the names that a request takes; empty for "both", all that the daemon has.
// InvalidArgument names the flag and its value.
absl::StatusOr<std::vector<std::string>> DetectorsOf(const std::string& flag);
inline constexpr char kDetectorHelp[] = "log_star, unet, or both: all that the daemon has";

// One line, whatever the message holds.
void PrintError(const absl::Status& status, const CliOutput& output);
// Print the error, if it is one; the exit code of a command that did its work, or of wrong usage.
int Finish(const absl::Status& status, const CliOutput& output);
int Refuse(const absl::Status& status, const CliOutput& output);

// The subcommands; `arguments` without their names. Each returns the exit code.
int WatchCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int AnalyzeCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int GetCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int HistoryCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int HealthCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int StatusCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int ExportCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int ParetoCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int SteerCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int ReloadCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int TargetsCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int VisitCommand(const std::vector<std::string>& arguments, const CliOutput& output);
int VisitsCommand(const std::vector<std::string>& arguments, const CliOutput& output);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_CLI_COMMAND_H_

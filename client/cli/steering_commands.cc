// `atomstream pareto` and `steer`.
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/front_text.h"
#include "client/cli/interrupter.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
#include "client/cli/settings_text.h"
#include "client/cli/steer_flags.h"
#include "client/cli/steer_measure.h"
#include "client/cpp/channel.h"
#include "client/cpp/steering_client.h"
#include "core/base/escaped_text.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

absl::StatusOr<std::unique_ptr<SteeringClient>> ConnectSteering(const CommonFlags& common) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(common.channel()));
  return SteeringClient::Create(std::move(channel));
}

// The position of a result of the daemon's present epoch; unset for 0, the newest live one.
absl::Status FillPosition(int64_t sequence, const CommonFlags& common, SteeringClient& client,
                          v1::ResultPosition* position) {
  if (sequence == 0) {
    v1::GetParetoFrontRequest newest;
    newest.set_without_windows(true);
    ASSIGN_OR_RETURN(const v1::GetParetoFrontResponse front,
                     client.GetParetoFront(newest, common.timeout()));
    *position = front.position();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> analysis, Connect(common));
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, analysis->GetStatus(common.timeout()));
  position->set_epoch(status.newest().epoch());
  position->set_sequence(sequence);
  return absl::OkStatus();
}

struct ParetoFlags {
  CommonFlags common;
  int64_t sequence = 0;
  bool windows = false;
};

absl::Status ShowFront(const ParetoFlags& flags, const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SteeringClient> client, ConnectSteering(flags.common));
  v1::GetParetoFrontRequest request;
  request.set_without_windows(!flags.windows);
  if (flags.sequence != 0) {
    RETURN_IF_ERROR(
        FillPosition(flags.sequence, flags.common, *client, request.mutable_position()));
  }
  ASSIGN_OR_RETURN(const v1::GetParetoFrontResponse front,
                   client->GetParetoFront(request, flags.common.timeout()));
  if (flags.common.json()) {
    JsonWriter json;
    json.BeginObject();
    WriteFront(front, json);
    json.EndObject();
    output.out << json.text() << std::endl;
    return absl::OkStatus();
  }
  output.out << FrontText(front, output.style);
  if (flags.windows) output.out << "\n" << WindowMaps(front);
  output.out << std::flush;
  return absl::OkStatus();
}

class Steer {
 public:
  Steer(const SteerFlags& flags, const CommonFlags& common, SteeringClient* client,
        const CliOutput& output)
      : flags_(flags), common_(common), client_(*client), output_(output) {}

  absl::Status Show() {
    ASSIGN_OR_RETURN(const v1::GetSettingsResponse response, client_.GetSettings(Timeout()));
    if (common_.json()) {
      Print([&](JsonWriter& json) { WriteSettings(response.settings(), json); });
    } else {
      output_.out << SettingsText(response.settings()) << std::flush;
    }
    return absl::OkStatus();
  }

  absl::Status History() {
    v1::ListSettingsChangesRequest request;
    request.set_max_count(1000);
    ASSIGN_OR_RETURN(const v1::ListSettingsChangesResponse response,
                     client_.ListSettingsChanges(request, Timeout()));
    for (const v1::SettingsChange& change : response.changes()) {
      if (common_.json()) {
        Print([&](JsonWriter& json) { WriteChange(change, json); });
      } else {
        output_.out << HistoryLine(change) << "\n";
      }
    }
    output_.out << std::flush;
    return absl::OkStatus();
  }

  absl::Status Select(v1::SelectSolutionRequest request) {
    if (request.selection().has_index()) {
      RETURN_IF_ERROR(FillPosition(flags_.sequence, common_, client_, request.mutable_position()));
    }
    ASSIGN_OR_RETURN(const v1::SelectSolutionResponse response,
                     client_.SelectSolution(request, Timeout()));
    PrintOutcome(response.settings(), response.frame_id());
    return absl::OkStatus();
  }

  absl::Status Update(const v1::UpdateSettingsRequest& request) {
    ASSIGN_OR_RETURN(const v1::UpdateSettingsResponse response,
                     client_.UpdateSettings(request, Timeout()));
    if (request.validate_only() && !common_.json()) {
      output_.out << "valid; nothing was changed\n";
    }
    PrintOutcome(response.settings(), response.frame_id());
    return absl::OkStatus();
  }

  absl::Status Reprocess() {
    v1::ReprocessFrameRequest request;
    request.set_frame_id(flags_.frame_id);
    ASSIGN_OR_RETURN(const v1::ReprocessFrameResponse response,
                     client_.ReprocessFrame(request, Timeout()));
    if (common_.json()) {
      Print([&](JsonWriter& json) { WriteResultBrief(ResultView(response.result()), json); });
    } else {
      output_.out << ResultText(response.result()) << std::flush;
    }
    return absl::OkStatus();
  }

 private:
  absl::Duration Timeout() const { return common_.timeout(); }

  template <typename Fill>
  void Print(Fill fill) {
    JsonWriter json;
    json.BeginObject();
    fill(json);
    json.EndObject();
    output_.out << json.text() << std::endl;
  }

  void PrintOutcome(const v1::Settings& settings, const std::string& frame_id) {
    if (common_.json()) {
      Print([&](JsonWriter& json) {
        json.Key("frame_id").Text(frame_id).Key("settings").BeginObject();
        WriteSettings(settings, json);
        json.EndObject();
      });
      return;
    }
    output_.out << SettingsText(settings);
    if (!frame_id.empty()) output_.out << "frame " << Printable(frame_id) << " is evaluated anew\n";
    output_.out << std::flush;
  }

  const SteerFlags& flags_;
  const CommonFlags& common_;
  SteeringClient& client_;
  const CliOutput output_;
};

int RunSteer(const SteerFlags& flags, const CommonFlags& common, const CliOutput& output) {
  const absl::StatusOr<SteerFlags::Kind> asked = flags.Asked();
  if (!asked.ok()) return Refuse(asked.status(), output);
  absl::StatusOr<v1::SelectSolutionRequest> select = v1::SelectSolutionRequest();
  absl::StatusOr<v1::UpdateSettingsRequest> update = v1::UpdateSettingsRequest();
  if (*asked == SteerFlags::Kind::kSelect) select = flags.SelectRequest();
  if (*asked == SteerFlags::Kind::kUpdate) update = flags.UpdateRequest();
  if (!select.ok()) return Refuse(select.status(), output);
  if (!update.ok()) return Refuse(update.status(), output);
  // Before gRPC starts its threads.
  std::optional<Interrupter> interrupter;
  if (*asked == SteerFlags::Kind::kMeasure) interrupter.emplace(common.timeout());
  const auto client = ConnectSteering(common);
  if (!client.ok()) return Refuse(client.status(), output);
  Steer steer(flags, common, client->get(), output);
  switch (*asked) {
    case SteerFlags::Kind::kShow:
      return Finish(steer.Show(), output);
    case SteerFlags::Kind::kHistory:
      return Finish(steer.History(), output);
    case SteerFlags::Kind::kSelect:
      return Finish(steer.Select(*std::move(select)), output);
    case SteerFlags::Kind::kUpdate:
      return Finish(steer.Update(*update), output);
    case SteerFlags::Kind::kReprocess:
      return Finish(steer.Reprocess(), output);
    case SteerFlags::Kind::kMeasure:
      break;
  }
  const auto analysis = Connect(common);
  if (!analysis.ok()) return Refuse(analysis.status(), output);
  return Finish(
      MeasureSteering(common, flags.measure, flags.as, **client, **analysis, *interrupter, output),
      output);
}

}  // namespace

int ParetoCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  ParetoFlags flags;
  FlagSet flag_set(
      "atomstream pareto [flags]: prints the Pareto front of a frame, as a table and a plot, with "
      "the\n"
      "solution that made its atoms.");
  flags.common.AddTo(flag_set);
  flag_set.Add("sequence", &flags.sequence,
               "of this result of log_star; 0: of the newest live frame");
  flag_set.Add("windows", &flags.windows, "also the hyper-parameter map: what the windows chose");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  if (flags.sequence < 0) {
    return Refuse(absl::InvalidArgumentError(
                      absl::StrCat("--sequence = ", flags.sequence, ": must not be negative")),
                  output);
  }
  return Finish(ShowFront(flags, output), output);
}

int SteerCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  CommonFlags common;
  SteerFlags flags;
  const char* user = std::getenv("USER");
  if (user != nullptr) flags.as = user;
  FlagSet flag_set(
      "atomstream steer [flags]: selects a solution of the Pareto front or changes settings of "
      "LoG*,\n"
      "one thing at a time. It counts from the next frame on, and the newest one is evaluated "
      "anew.");
  common.AddTo(flag_set);
  flags.AddTo(flag_set);
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, common, arguments, nullptr, output, exit_code)) return exit_code;
  return RunSteer(flags, common, output);
}

}  // namespace atomstream

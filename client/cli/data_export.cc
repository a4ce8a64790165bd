#include "client/cli/data_export.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/cli/interrupter.h"
#include "client/cli/json_writer.h"
#include "client/cli/progress_line.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/export/results_export.h"
#include "client/export/xyz_text.h"
#include "core/base/escaped_text.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

std::string NdjsonText(const v1::FrameResult& result) {
  std::string text;
  for (const ResultView& view : ViewsOf(result)) {
    JsonWriter json;
    json.BeginObject();
    WriteResult(view, json);
    json.EndObject();
    absl::StrAppend(&text, json.text(), "\n");
  }
  return text;
}

std::string CsvText(const v1::FrameResult& result) {
  std::string text;
  for (const ResultView& view : ViewsOf(result)) text += CsvLines(view);
  return text;
}

// What stands first in a file of the format, and what a result becomes.
void SetText(ResultsExportOptions& options) {
  switch (options.format) {
    case ExportFormat::kCsv:
      options.heading = absl::StrCat(CsvHeader(), "\n");
      options.text_of = &CsvText;
      break;
    case ExportFormat::kNdjson:
      options.text_of = &NdjsonText;
      break;
    case ExportFormat::kXyz:
      options.text_of = &XyzText;
      break;
    case ExportFormat::kExtxyz:
      options.text_of = &ExtxyzText;
      break;
    case ExportFormat::kHdf5:
      break;
  }
}

ResultsExportOptions OptionsOf(const CommonFlags& common, const DataExport& data) {
  ResultsExportOptions options;
  options.path = data.output;
  options.format = data.format;
  options.request = absl::StrCat("--format=", ExportFormatName(data.format), data.filter_text);
  if (data.flags.newest_first) options.request += " --newest_first";
  if (data.flags.limit > 0) absl::StrAppend(&options.request, " --limit=", data.flags.limit);
  if (data.flags.with_frames) options.request += " --with_frames";
  options.filter = data.filter;
  options.newest_first = data.flags.newest_first;
  options.limit = data.flags.limit;
  options.with_frames = data.flags.with_frames;
  options.overwrite = data.force;
  options.restart = data.flags.restart;
  options.finish = data.flags.finish;
  options.timeout = common.timeout();
  SetText(options);
  return options;
}

std::string Count(int64_t count, absl::string_view what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

std::string MegabytesText(int64_t bytes) { return absl::StrFormat("%.1f MB", bytes / 1e6); }

void ShowProgress(const ExportProgress& progress, ProgressLine& line) {
  if (progress.making_file) {
    line.Show("making the file", progress.fraction, Count(progress.state.results, "result"));
    return;
  }
  std::string detail = Count(progress.state.results, "result");
  if (progress.state.frames > 0) {
    absl::StrAppend(&detail, ", ", Count(progress.state.frames, "frame"));
  }
  line.Show("exporting", progress.fraction,
            absl::StrCat(detail, ", ", MegabytesText(progress.bytes)));
}

// Whether it is enough to try again later.
bool GoesOn(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
}

void PrintSummary(const DataExport& data, const ExportState& state, const CliOutput& output) {
  std::error_code ignored;
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(data.output, ignored));
  output.out << Printable(data.output) << ": " << Count(state.results, "result");
  if (state.results > 0) {
    output.out << ", " << state.first_sequence << " to " << state.last_sequence << " of epoch "
               << Printable(state.epoch);
  }
  if (data.flags.with_frames) output.out << ", " << Count(state.frames, "frame");
  output.out << ", " << MegabytesText(bytes) << std::endl;
  if (state.frames_missing > 0) {
    output.err << "the pixels of " << Count(state.frames_missing, "frame")
               << " are no longer kept by the daemon" << std::endl;
  }
  if (state.numbers_without > 0) {
    output.err << Count(state.numbers_without, "number")
               << " in between without a result: lost, or no longer kept" << std::endl;
  }
}

}  // namespace

void DataFlags::AddTo(FlagSet& flags) {
  flags.Add("newest_first", &newest_first, "data: the newest result first");
  flags.Add("limit", &limit, "data: at most so many results; 0: all");
  flags.Add("with_frames", &with_frames, "hdf5: the frames' pixels, too");
  flags.Add("restart", &restart, "data: drop what an interrupted export has written");
  flags.Add("finish", &finish, "data: make the file of what an interrupted export has written");
}

absl::string_view DataFlags::GivenFlag() const {
  if (newest_first) return "newest_first";
  if (limit != 0) return "limit";
  if (with_frames) return "with_frames";
  if (restart) return "restart";
  return finish ? "finish" : "";
}

absl::Status DataFlags::Validate(ExportFormat format) const {
  if (limit < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--limit = ", limit, ": must not be negative (0: all)"));
  }
  if (with_frames && format != ExportFormat::kHdf5) {
    return absl::InvalidArgumentError(
        absl::StrCat("--with_frames: only hdf5 can hold pixels, not ", ExportFormatName(format)));
  }
  if (restart && finish) return absl::InvalidArgumentError("give either --restart or --finish");
  return absl::OkStatus();
}

absl::Status ExportResults(const CommonFlags& common, const DataExport& data,
                           const CliOutput& output) {
  // Before gRPC starts its threads.
  Interrupter interrupter(absl::InfiniteDuration());
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> client, Connect(common));
  interrupter.SetCancel([&client] { client->CancelCalls(); });
  ProgressLine line(output.err, output.err_is_terminal, &absl::Now);
  ResultsExportHooks hooks;
  hooks.on_progress = [&line](const ExportProgress& progress) { ShowProgress(progress, line); };
  hooks.on_notice = [&line](const std::string& notice) { line.Note(Printable(notice)); };
  hooks.now = &absl::Now;
  hooks.wait = [&](absl::Duration duration) { return interrupter.SleepFor(duration); };
  hooks.interrupted = [&] { return interrupter.cause() != Interrupter::Cause::kNone; };
  ResultsExport results(client.get(), OptionsOf(common, data), std::move(hooks));
  const absl::StatusOr<ExportState> state = results.Run();
  interrupter.SetCancel(nullptr);
  line.Clear();
  if (GoesOn(state.status()) && results.can_go_on()) {
    output.err << "what is there is kept in " << Printable(data.output)
               << ".part: the same command goes on with it" << std::endl;
  }
  RETURN_IF_ERROR(state.status());
  PrintSummary(data, *state, output);
  return absl::OkStatus();
}

}  // namespace atomstream

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/frame_request.h"
#include "client/cli/json_writer.h"
#include "client/cli/printable.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
#include "client/cpp/image_file.h"
#include "client/cpp/rpc_status.h"

namespace atomstream {
namespace {

struct AnalyzeFlags {
  CommonFlags common;
  double pixel_size_nm = 0;
  std::string material;
  std::string detector = "both";
  std::vector<std::string> detectors;  // of `detector`
};

v1::AnalyzeFrameRequest RequestOf(const std::string& path, int page, RawImage image,
                                  const AnalyzeFlags& flags) {
  v1::AnalyzeFrameRequest request;
  *request.mutable_detectors() = {flags.detectors.begin(), flags.detectors.end()};
  *request.mutable_frame() =
      FrameOfFile(path, page, std::move(image), flags.pixel_size_nm, flags.material);
  return request;
}

class Analyze {
 public:
  Analyze(const AnalyzeFlags& flags, AnalysisClient* client, size_t source_width,
          const CliOutput& output)
      : flags_(flags), client_(*client), source_width_(source_width), output_(output) {}

  void AnalyzeFile(const std::string& path) {
    absl::StatusOr<std::unique_ptr<ImageFileReader>> reader = ImageFileReader::Open(path);
    if (!reader.ok()) {
      Fail(reader.status());
      return;
    }
    for (int page = 0; page < (*reader)->count(); ++page) {
      absl::StatusOr<RawImage> image = (*reader)->Read(page);
      if (image.ok()) {
        AnalyzePage(path, page, *std::move(image));
      } else {
        Fail(image.status());
      }
    }
  }

  bool failed() const { return failed_; }

 private:
  void AnalyzePage(const std::string& path, int page, RawImage image) {
    const std::string source = absl::StrCat(path, "[", page, "]");
    absl::StatusOr<v1::FrameResult> result = client_.AnalyzeFrame(
        RequestOf(path, page, std::move(image), flags_), flags_.common.timeout());
    if (!result.ok()) {
      const std::string hint = absl::IsDeadlineExceeded(result.status())
                                   ? absl::StrCat(" after --timeout_s = ", flags_.common.timeout_s,
                                                  ": the daemon is busy, or the frame needs longer")
                                   : "";
      Fail(WithMessage(result.status(),
                       absl::StrCat(source, ": ", result.status().message(), hint)));
      return;
    }
    if (!flags_.common.json() && !flags_.common.csv()) MakePrintable(*result);
    for (const ResultView& view : ViewsOf(*result)) Print(path, page, source, view);
  }

  void Print(const std::string& path, int page, const std::string& source, const ResultView& view) {
    if (flags_.common.csv()) {
      if (lines_++ == 0) output_.out << CsvHeader() << "\n";
      output_.out << CsvLines(view) << std::flush;
    } else if (flags_.common.json()) {
      JsonWriter json;
      json.BeginObject().Key("file").Text(path).Key("page").Integer(page);
      WriteResult(view, json);
      json.EndObject();
      output_.out << json.text() << std::endl;
    } else {
      if (lines_++ == 0) {
        output_.out << output_.style.Dim(AnalyzeHeader(source_width_)) << "\n";
      }
      output_.out << AnalyzeLine(Printable(source), source_width_, view, output_.style)
                  << std::endl;
    }
    if (!view.detector.error().empty()) {
      Fail(absl::InternalError(
          absl::StrCat(source, ": ", view.detector.detector(), ": ", view.detector.error())));
    }
  }

  void Fail(const absl::Status& status) {
    failed_ = true;
    PrintError(status, output_);
  }

  const AnalyzeFlags flags_;
  AnalysisClient& client_;
  const size_t source_width_;
  const CliOutput output_;
  int lines_ = 0;
  bool failed_ = false;
};

}  // namespace

int AnalyzeCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  AnalyzeFlags flags;
  flags.common.timeout_s = 60;
  flags.common.csv_help = "csv: one line an atom";
  FlagSet flag_set(
      "atomstream analyze FILE... [flags]: sends every frame of NPY and TIFF files to the daemon\n"
      "and prints what it found. Exits 1 if a file or a frame could not be analysed.");
  flags.common.AddTo(flag_set);
  flag_set.Add("pixel_size_nm", &flags.pixel_size_nm,
               "side of a pixel, nm; 0: as the file says, or unknown");
  flag_set.Add("material", &flags.material, "of all frames; empty: as the daemon is configured");
  flag_set.Add("detector", &flags.detector, kDetectorHelp);
  int exit_code = kExitOk;
  std::vector<std::string> files;
  if (!ParseCommand(flag_set, flags.common, arguments, &files, output, exit_code)) {
    return exit_code;
  }
  absl::Status usage;
  if (files.empty()) usage = absl::InvalidArgumentError("no file given; see analyze --help");
  if (!(flags.pixel_size_nm >= 0) || !std::isfinite(flags.pixel_size_nm)) {
    usage = absl::InvalidArgumentError(absl::StrCat("--pixel_size_nm = ", flags.pixel_size_nm,
                                                    ": must be finite and not negative"));
  }
  absl::StatusOr<std::vector<std::string>> detectors = DetectorsOf(flags.detector);
  if (detectors.ok()) flags.detectors = *std::move(detectors);
  if (usage.ok()) usage = detectors.status();
  absl::StatusOr<std::unique_ptr<AnalysisClient>> client = Connect(flags.common);
  if (usage.ok()) usage = client.status();
  if (!usage.ok()) {
    PrintError(usage, output);
    return kExitUsage;
  }
  size_t width = 0;
  for (const std::string& file : files)
    width = std::max(width, Printable(file).size() + 3);  // "[0]"
  Analyze analyze(flags, client->get(), width, output);
  for (const std::string& file : files) analyze.AnalyzeFile(file);
  return analyze.failed() ? kExitFailed : kExitOk;
}

}  // namespace atomstream

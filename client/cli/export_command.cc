// `atomstream export`: one analysed frame as a picture.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cli_command.h"
#include "client/cli/export_data.h"
#include "client/cli/frame_request.h"
#include "client/cpp/channel.h"
#include "client/cpp/image_file.h"
#include "client/figure/figure.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

using figure::ColourBy;
using figure::FigureKind;

struct ExportFlags {
  CommonFlags common;
  std::string frame_id;
  std::string output;
  std::string figure = "all";
  std::string detector = "log_star";
  std::string colour_by = "auto";
  int width_px = 1800;
  bool force = false;
  std::string frame;  // a file
  int page = 0;
  double pixel_size_nm = 0;
  std::string material;
};

absl::StatusOr<FigureKind> FigureOf(const std::string& flag) {
  if (flag == "clusters") return FigureKind::kClusters;
  if (flag == "steering") return FigureKind::kSteering;
  if (flag == "all") return FigureKind::kAll;
  return absl::InvalidArgumentError(
      absl::StrCat("--figure = ", flag, ": must be clusters, steering or all"));
}

absl::StatusOr<ColourBy> ColourByOf(const std::string& flag) {
  if (flag == "auto") return ColourBy::kAuto;
  if (flag == "cluster") return ColourBy::kCluster;
  if (flag == "kind") return ColourBy::kKind;
  if (flag == "none") return ColourBy::kNone;
  return absl::InvalidArgumentError(
      absl::StrCat("--colour_by = ", flag, ": must be auto, cluster, kind or none"));
}

absl::StatusOr<figure::FigureOptions> OptionsOf(const ExportFlags& flags) {
  if (flags.output.empty()) {
    return absl::InvalidArgumentError("no --output given; see export --help");
  }
  if (!flags.frame.empty() && !flags.frame_id.empty()) {
    return absl::InvalidArgumentError("give either FRAME_ID or --frame");
  }
  if (flags.detector != "log_star" && flags.detector != "unet") {
    return absl::InvalidArgumentError(
        absl::StrCat("--detector = ", flags.detector, ": must be log_star or unet"));
  }
  if (flags.width_px < figure::kMinFigureWidth || flags.width_px > figure::kMaxFigureWidth) {
    return absl::InvalidArgumentError(absl::StrCat("--width_px = ", flags.width_px,
                                                   ": must be in [", figure::kMinFigureWidth, ", ",
                                                   figure::kMaxFigureWidth, "]"));
  }
  figure::FigureOptions options;
  options.width_px = flags.width_px;
  ASSIGN_OR_RETURN(options.kind, FigureOf(flags.figure));
  ASSIGN_OR_RETURN(options.colour_by, ColourByOf(flags.colour_by));
  const absl::StatusOr<figure::FileFormat> format = figure::FormatOf(flags.output);
  if (!format.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--output = ", format.status().message()));
  }
  options.format = *format;
  return options;
}

absl::Status FileError(const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat("--output = ", path, ": ", std::strerror(error));
  if (error == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(message, "; --force overwrites it"));
  }
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EROFS) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

// Whole or not at all: through a file beside it.
absl::Status WriteFile(const std::string& path, const std::string& bytes, bool force) {
  const std::string part = absl::StrCat(path, ".part", getpid());
  std::FILE* file = std::fopen(part.c_str(), "wbx");
  if (file == nullptr) return FileError(path);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = std::fclose(file) == 0;
  absl::Status status;
  if (!written || !closed) {
    status = FileError(path);
  } else if (force ? std::rename(part.c_str(), path.c_str()) != 0
                   : link(part.c_str(), path.c_str()) != 0) {
    status = FileError(path);
  }
  std::remove(part.c_str());  // gone already when it was renamed
  return status;
}

// Before the daemon is asked for anything.
absl::Status CheckOutput(const ExportFlags& flags) {
  std::error_code ignored;
  if (std::filesystem::is_directory(flags.output, ignored)) {
    errno = EISDIR;
    return FileError(flags.output);
  }
  if (!flags.force && std::filesystem::exists(flags.output, ignored)) {
    errno = EEXIST;
    return FileError(flags.output);
  }
  return absl::OkStatus();
}

absl::StatusOr<ExportData> DataFromFile(const ExportFlags& flags, AnalysisClient& client) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ImageFileReader> reader,
                   ImageFileReader::Open(flags.frame));
  ASSIGN_OR_RETURN(RawImage image, reader->Read(flags.page));
  v1::Frame frame =
      FrameOfFile(flags.frame, flags.page, std::move(image), flags.pixel_size_nm, flags.material);
  return AnalyzeForExport(client, std::move(frame), flags.detector, flags.common.timeout());
}

absl::Status Export(const ExportFlags& flags, const figure::FigureOptions& options,
                    const CliOutput& output) {
  RETURN_IF_ERROR(CheckOutput(flags));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                   MakeChannel(flags.common.channel()));
  const std::unique_ptr<AnalysisClient> client = AnalysisClient::Create(channel);
  ASSIGN_OR_RETURN(const ExportData data,
                   flags.frame.empty() ? FetchExportData(*client, flags.frame_id, flags.detector,
                                                         flags.common.timeout())
                                       : DataFromFile(flags, *client));
  const v1::DetectorResult& detector = data.result.detectors(data.detector);
  figure::FigureInput input{data.result, detector, data.frame, {}};
  if (options.kind != FigureKind::kClusters && flags.detector == "log_star") {
    input.windows = FetchWindows(channel, data, flags.common.timeout());
  }
  ASSIGN_OR_RETURN(const std::string bytes, figure::DrawFigure(input, options));
  RETURN_IF_ERROR(WriteFile(flags.output, bytes, flags.force));
  output.out << flags.output << ": frame " << data.result.frame_id() << ", " << flags.detector
             << ", " << detector.atoms().x_px_size() << " atoms, "
             << detector.clusters().clusters_size()
             << (detector.clusters().clusters_size() == 1 ? " cluster" : " clusters") << std::endl;
  return absl::OkStatus();
}

}  // namespace

int ExportCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  ExportFlags flags;
  flags.common.timeout_s = 60;
  FlagSet flag_set(
      "atomstream export [FRAME_ID] --output=FILE [flags]: draws one analysed frame, the newest\n"
      "unless named, as PNG, SVG or PDF: its atoms by cluster, the clusters, the Pareto front and\n"
      "the windows' parameters.");
  flag_set.Add("server", &flags.common.server, "the daemon, host:port");
  flag_set.Add("timeout_s", &flags.common.timeout_s, "how long to wait for the daemon, seconds");
  AddSecurityFlags(flag_set, flags.common.security);
  flag_set.Add("output", &flags.output, "the file; its name ends in .png, .svg or .pdf");
  flag_set.Add("force", &flags.force, "overwrite the file if it is there");
  flag_set.Add("figure", &flags.figure,
               "clusters: atoms, centroids, components; steering: atoms, front, parameters; all");
  flag_set.Add("detector", &flags.detector, "whose atoms: log_star or unet");
  flag_set.Add("colour_by", &flags.colour_by,
               "of the atoms: cluster, kind (of the site), none; auto: as suits the figure");
  flag_set.Add("width_px", &flags.width_px, "columns of a PNG");
  flag_set.Add("frame", &flags.frame, "an NPY or TIFF file to be analysed first and drawn then");
  flag_set.Add("page", &flags.page, "of --frame, from 0");
  flag_set.Add("pixel_size_nm", &flags.pixel_size_nm,
               "of --frame; 0: as the file says, or unknown");
  flag_set.Add("material", &flags.material, "of --frame; empty: as the daemon is configured");
  int exit_code = kExitOk;
  std::vector<std::string> positional;
  if (!ParseCommand(flag_set, flags.common, arguments, &positional, output, exit_code)) {
    return exit_code;
  }
  absl::Status usage;
  if (positional.size() > 1) {
    usage = absl::InvalidArgumentError(absl::StrCat("unexpected argument: ", positional[1]));
  }
  if (!positional.empty()) flags.frame_id = positional[0];
  const absl::StatusOr<figure::FigureOptions> options = OptionsOf(flags);
  if (usage.ok()) usage = options.status();
  if (!usage.ok()) {
    PrintError(usage, output);
    return kExitUsage;
  }
  const absl::Status status = Export(flags, *options, output);
  if (status.ok()) return kExitOk;
  PrintError(status, output);
  return kExitFailed;
}

}  // namespace atomstream

#include "client/cli/figure_export.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/export_data.h"
#include "client/cli/frame_request.h"
#include "client/cpp/channel.h"
#include "client/cpp/image_file.h"
#include "client/export/partial_file.h"
#include "core/base/escaped_text.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

using figure::ColourBy;
using figure::FigureKind;

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

// Whole or not at all: through a file beside it.
absl::Status WriteFile(const std::string& path, const std::string& bytes, bool force) {
  const std::string part = absl::StrCat(path, ".part", getpid());
  std::FILE* file = std::fopen(part.c_str(), "wbx");
  if (file == nullptr) return FileError(path);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  absl::Status status;
  if (std::fclose(file) != 0 || !written) {
    status = FileError(part);
  } else {
    status = PlaceFile(part, path, force);
  }
  if (!status.ok()) std::remove(part.c_str());
  return status;
}

// Before the daemon is asked for anything.
absl::Status CheckOutput(const FigureExport& figure) {
  std::error_code ignored;
  if (std::filesystem::is_directory(figure.output, ignored)) {
    errno = EISDIR;
    return FileError(figure.output);
  }
  if (!figure.force && std::filesystem::exists(figure.output, ignored)) {
    return absl::AlreadyExistsError(
        absl::StrCat(figure.output, ": File exists; --force overwrites it"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExportData> DataFromFile(const CommonFlags& common, const FigureExport& figure,
                                        AnalysisClient& client) {
  const FigureFlags& flags = figure.flags;
  ASSIGN_OR_RETURN(const std::unique_ptr<ImageFileReader> reader,
                   ImageFileReader::Open(flags.frame));
  ASSIGN_OR_RETURN(RawImage image, reader->Read(flags.page));
  v1::Frame frame =
      FrameOfFile(flags.frame, flags.page, std::move(image), flags.pixel_size_nm, figure.material);
  return AnalyzeForExport(client, std::move(frame), figure.detector, common.timeout());
}

}  // namespace

void FigureFlags::AddTo(FlagSet& flags) {
  flags.Add("figure", &figure,
            "pictures: clusters: atoms, centroids, components; steering: atoms, front, parameters; "
            "all");
  flags.Add(
      "colour_by", &colour_by,
      "pictures: colour of the atoms by cluster, kind (of the site), none; auto: as suits the "
      "figure");
  flags.Add("width_px", &width_px, "pictures: columns of a PNG");
  flags.Add("frame", &frame, "pictures: an NPY or TIFF file to be analysed first and drawn then");
  flags.Add("page", &page, "of --frame, from 0");
  flags.Add("pixel_size_nm", &pixel_size_nm, "of --frame; 0: as the file says, or unknown");
}

absl::string_view FigureFlags::GivenFlag() const {
  const FigureFlags defaults;
  if (figure != defaults.figure) return "figure";
  if (colour_by != defaults.colour_by) return "colour_by";
  if (width_px != defaults.width_px) return "width_px";
  if (frame != defaults.frame) return "frame";
  if (page != defaults.page) return "page";
  return pixel_size_nm == defaults.pixel_size_nm ? "" : "pixel_size_nm";
}

absl::StatusOr<figure::FigureOptions> FigureOptionsOf(const FigureFlags& flags,
                                                      figure::FileFormat format) {
  if (flags.width_px < figure::kMinFigureWidth || flags.width_px > figure::kMaxFigureWidth) {
    return absl::InvalidArgumentError(absl::StrCat("--width_px = ", flags.width_px,
                                                   ": must be in [", figure::kMinFigureWidth, ", ",
                                                   figure::kMaxFigureWidth, "]"));
  }
  figure::FigureOptions options;
  options.width_px = flags.width_px;
  options.format = format;
  ASSIGN_OR_RETURN(options.kind, FigureOf(flags.figure));
  ASSIGN_OR_RETURN(options.colour_by, ColourByOf(flags.colour_by));
  return options;
}

absl::Status ExportFigure(const CommonFlags& common, const FigureExport& figure,
                          const CliOutput& output) {
  RETURN_IF_ERROR(CheckOutput(figure));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, MakeChannel(common.channel()));
  const std::unique_ptr<AnalysisClient> client = AnalysisClient::Create(channel);
  ASSIGN_OR_RETURN(const ExportData data, figure.flags.frame.empty()
                                              ? FetchExportData(*client, figure.frame_id,
                                                                figure.detector, common.timeout())
                                              : DataFromFile(common, figure, *client));
  const v1::DetectorResult& detector = data.result.detectors(data.detector);
  figure::FigureInput input{data.result, detector, data.frame, {}};
  if (figure.options.kind != FigureKind::kClusters && figure.detector == "log_star") {
    input.windows = FetchWindows(channel, data, common.timeout());
  }
  ASSIGN_OR_RETURN(const std::string bytes, figure::DrawFigure(input, figure.options));
  RETURN_IF_ERROR(WriteFile(figure.output, bytes, figure.force));
  output.out << Printable(figure.output) << ": frame " << Printable(data.result.frame_id()) << ", "
             << figure.detector << ", " << detector.atoms().x_px_size() << " atoms, "
             << detector.clusters().clusters_size()
             << (detector.clusters().clusters_size() == 1 ? " cluster" : " clusters") << std::endl;
  return absl::OkStatus();
}

}  // namespace atomstream

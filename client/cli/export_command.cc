// `atomstream export`: one analysed frame as a picture, or many results as data.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/cli_command.h"
#include "client/cli/data_export.h"
#include "client/cli/figure_export.h"
#include "client/cli/filter_flags.h"
#include "client/export/export_format.h"
#include "client/figure/figure.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct ExportFlags {
  CommonFlags common;
  std::string output;
  std::string format;
  bool force = false;
  FilterFlags filter;
  FigureFlags figure;
  DataFlags data;
};

// One of the two.
struct Target {
  std::optional<figure::FileFormat> picture;
  std::optional<ExportFormat> data;
};

absl::StatusOr<Target> TargetOf(const ExportFlags& flags) {
  if (flags.output.empty()) {
    return absl::InvalidArgumentError("no --output given; see export --help");
  }
  Target target;
  target.data =
      flags.format.empty() ? ExportFormatOfFile(flags.output) : ExportFormatNamed(flags.format);
  if (target.data) return target;
  const absl::StatusOr<figure::FileFormat> picture =
      figure::FormatOf(flags.format.empty() ? flags.output : absl::StrCat(".", flags.format));
  if (!picture.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        flags.format.empty() ? "--output = " : "--format = ",
        flags.format.empty() ? flags.output : flags.format,
        flags.format.empty() ? ": its name must end in " : ": must be ",
        flags.format.empty() ? ".png, .svg, .pdf, .csv, .ndjson, .xyz, .extxyz, .h5 or .hdf5"
                             : "png, svg, pdf, csv, ndjson, xyz, extxyz or hdf5"));
  }
  target.picture = *picture;
  return target;
}

absl::StatusOr<FigureExport> FigureOf(const ExportFlags& flags, figure::FileFormat format) {
  if (!flags.figure.frame.empty() && !flags.filter.frame_id.empty()) {
    return absl::InvalidArgumentError("give either FRAME_ID or --frame");
  }
  if (!flags.data.GivenFlag().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flags.data.GivenFlag(), ": is of data, not of pictures"));
  }
  // A picture is of one frame: its id, its detector and its material are all that can be chosen.
  FilterFlags others = flags.filter;
  others.frame_id.clear();
  others.detector = FilterFlags().detector;
  others.material.clear();
  if (!others.Text().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(others.Text().substr(1), ": chooses data, not the frame of a picture"));
  }
  RETURN_IF_ERROR(flags.filter.Filter(absl::Now()).status());
  FigureExport figure;
  figure.output = flags.output;
  figure.force = flags.force;
  figure.frame_id = flags.filter.frame_id;
  figure.detector = flags.filter.detector == "both" ? "log_star" : flags.filter.detector;
  figure.material = flags.filter.material;
  figure.flags = flags.figure;
  ASSIGN_OR_RETURN(figure.options, FigureOptionsOf(flags.figure, format));
  return figure;
}

absl::StatusOr<DataExport> DataOf(const ExportFlags& flags, ExportFormat format) {
  if (!flags.figure.GivenFlag().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flags.figure.GivenFlag(), ": is of pictures, not of data"));
  }
  RETURN_IF_ERROR(flags.data.Validate(format));
  DataExport data;
  data.output = flags.output;
  data.force = flags.force;
  data.format = format;
  ASSIGN_OR_RETURN(data.filter, flags.filter.Filter(absl::Now()));
  data.filter_text = flags.filter.Text();
  data.flags = flags.data;
  return data;
}

}  // namespace

int ExportCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  ExportFlags flags;
  flags.common.timeout_s = 60;
  flags.filter.detector_help =
      "log_star, unet or both; a picture shows log_star, unless unet is named";
  flags.filter.material_help =
      "frames analysed as this material; with --frame: the material that it shows";
  FlagSet flag_set(
      "atomstream export [FRAME_ID] --output=FILE [flags]\n"
      "As PNG, SVG or PDF: draws one analysed frame, the newest unless named: its atoms by "
      "cluster,\n"
      "the clusters, the Pareto front and the windows' parameters.\n"
      "As CSV, NDJSON, XYZ, extended XYZ or HDF5: writes all kept results, or those that meet the\n"
      "flags. An export that is interrupted leaves FILE.part; the same command goes on with it.");
  flag_set.Add("server", &flags.common.server, "the daemon, host:port");
  flag_set.Add("timeout_s", &flags.common.timeout_s, "how long to wait for the daemon, seconds");
  AddSecurityFlags(flag_set, flags.common.security);
  flag_set.Add("output", &flags.output, "the file");
  flag_set.Add("format", &flags.format,
               "png, svg, pdf, csv, ndjson, xyz, extxyz or hdf5; empty: as the file's name ends");
  flag_set.Add("force", &flags.force, "overwrite the file if it is there");
  flags.filter.AddTo(flag_set);
  flags.data.AddTo(flag_set);
  flags.figure.AddTo(flag_set);
  int exit_code = kExitOk;
  std::vector<std::string> positional;
  if (!ParseCommand(flag_set, flags.common, arguments, &positional, output, exit_code)) {
    return exit_code;
  }
  if (positional.size() + (flags.filter.frame_id.empty() ? 0 : 1) > 1) {
    return Refuse(
        absl::InvalidArgumentError(absl::StrCat("unexpected argument: ", positional.back())),
        output);
  }
  if (!positional.empty()) flags.filter.frame_id = positional[0];
  const absl::StatusOr<Target> target = TargetOf(flags);
  if (!target.ok()) return Refuse(target.status(), output);
  if (target->data) {
    const absl::StatusOr<DataExport> data = DataOf(flags, *target->data);
    if (!data.ok()) return Refuse(data.status(), output);
    return Finish(ExportResults(flags.common, *data, output), output);
  }
  const absl::StatusOr<FigureExport> figure = FigureOf(flags, *target->picture);
  if (!figure.ok()) return Refuse(figure.status(), output);
  return Finish(ExportFigure(flags.common, *figure, output), output);
}

}  // namespace atomstream

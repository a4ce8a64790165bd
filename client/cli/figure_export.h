// `atomstream export` of one analysed frame as a picture. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_FIGURE_EXPORT_H_
#define ATOMSTREAM_CLIENT_CLI_FIGURE_EXPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/cli_command.h"
#include "client/figure/figure.h"
#include "core/base/flag_set.h"

namespace atomstream {

// The flags that only pictures have.
struct FigureFlags {
  std::string figure = "all";
  std::string colour_by = "auto";
  int width_px = 1800;
  std::string frame;  // a file
  int page = 0;
  double pixel_size_nm = 0;

  void AddTo(FlagSet& flags);
  // The name of one that was changed; empty: none was.
  absl::string_view GivenFlag() const;
};

struct FigureExport {
  std::string output;
  bool force = false;
  std::string frame_id;  // empty: the newest, or FigureFlags::frame
  std::string detector;  // "log_star", "unet"
  std::string material;  // of FigureFlags::frame
  FigureFlags flags;
  figure::FigureOptions options;
};

// InvalidArgument names the flag and its value.
absl::StatusOr<figure::FigureOptions> FigureOptionsOf(const FigureFlags& flags,
                                                      figure::FileFormat format);

absl::Status ExportFigure(const CommonFlags& common, const FigureExport& figure,
                          const CliOutput& output);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_FIGURE_EXPORT_H_

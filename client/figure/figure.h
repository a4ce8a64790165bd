// DrawFigure: one analysed frame as a picture for people: its atoms by cluster, the clusters' faces
// and principal components, the Pareto front and the windows' parameters. Pure: from messages to
// the bytes of a file. Any thread.
#ifndef ATOMSTREAM_CLIENT_FIGURE_FIGURE_H_
#define ATOMSTREAM_CLIENT_FIGURE_FIGURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"
#include "client/figure/canvas.h"

namespace atomstream::figure {

enum class FigureKind {
  kClusters,  // atoms, centroids and dispersions, principal components
  kSteering,  // atoms, Pareto front, hyper-parameter map
  kAll,
};

enum class ColourBy {
  kAuto,     // kCluster, or what there is; kNone in kSteering
  kCluster,  // of the atom
  kKind,     // of its site
  kNone,
};

// What is drawn; outlives the call.
struct FigureInput {
  const v1::FrameResult& result;
  const v1::DetectorResult& detector;  // one of result's
  const v1::Frame& frame;              // or a preview of it
  // The hyper-parameter map; empty: detector.windows().
  std::vector<v1::WindowFront> windows;
};

struct FigureOptions {
  FigureKind kind = FigureKind::kAll;
  ColourBy colour_by = ColourBy::kAuto;
  FileFormat format = FileFormat::kPng;
  int width_px = 1800;  // of a PNG
};

inline constexpr int kMinFigureWidth = 600;
inline constexpr int kMaxFigureWidth = 8000;

// What the result lacks (no clusters, no front, no atoms) is said in its place in the figure.
// FailedPrecondition: the detector failed on the frame. InvalidArgument: the frame's pixels, or
// width_px, named with their value.
absl::StatusOr<std::string> DrawFigure(const FigureInput& input, const FigureOptions& options);

// From a file name's extension: .png, .svg, .pdf. InvalidArgument: another one.
absl::StatusOr<FileFormat> FormatOf(absl::string_view path);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_FIGURE_H_

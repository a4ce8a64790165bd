#include "client/figure/figure.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/figure/atom_groups.h"
#include "client/figure/axis.h"
#include "client/figure/cluster_panels.h"
#include "client/figure/frame_panel.h"
#include "client/figure/front_panel.h"
#include "client/figure/grey_frame.h"
#include "client/figure/panel.h"
#include "client/figure/parameter_map.h"
#include "core/base/status_macros.h"

namespace atomstream::figure {
namespace {

// The page: a header, then rows of a wide and a narrow column.
constexpr double kPageWidth = 720;
constexpr double kMargin = 16;
constexpr double kGap = 20;
constexpr double kNarrow = 240;
constexpr double kContent = kPageWidth - 2 * kMargin;
constexpr double kWide = kContent - kGap - kNarrow;
constexpr double kHeaderHeight = 34;
constexpr double kScatterHeight = 190;
constexpr double kWideFrom = 1.6;  // width over height of a frame
constexpr int kPixelsAPoint = 3;   // of the frame's picture, at most

class Page {
 public:
  Page(const FigureInput& input, FigureKind kind, ColourBy by, GreyFrame frame)
      : input_(input),
        kind_(kind),
        groups_(GroupAtoms(input.detector, by, kind)),
        frame_(std::move(frame)) {}

  double height() const {
    double height = kMargin + kHeaderHeight + FrameRow();
    if (HasClusters()) height += kGap + TileRow();
    if (kind_ == FigureKind::kSteering) height += kGap + MapRow(kContent, kMaxMaps);
    if (kind_ == FigureKind::kAll) {
      height += kGap + std::max(MapRow(kWide, 2), kHeadingHeight + Front());
    }
    return height + kMargin;
  }

  void Draw(Canvas& canvas) const {
    DrawHeader(canvas);
    double y = kMargin + kHeaderHeight;
    char letter = 'a';
    DrawFrame(canvas, y, letter++);
    const double frame_end = y + kHeadingHeight + Map(0).box.height;
    const double beside = IsWide() ? frame_end + kGap : y;
    if (HasClusters()) {
      DrawLegend(canvas, {IsWide() ? kLeft : kRight, beside + kHeadingHeight, kNarrow, 0}, input_,
                 groups_);
      const double below = IsWide() ? beside : beside + kHeadingHeight + Legend() + kGap;
      DrawComponents(canvas, below, letter++);
      y += FrameRow() + kGap;
      DrawClusterTiles(canvas, y, letter++);
      y += TileRow() + kGap;
    } else {
      DrawFrontPanel(canvas, beside, letter++);
      const double below = beside + kHeadingHeight + (IsWide() ? 0 : Front() + kGap);
      DrawFacts(canvas, {IsWide() ? kLeft : kRight, below, kNarrow, 0}, input_);
      y += FrameRow() + kGap;
      DrawMaps(canvas, y, kContent, kMaxMaps, letter++);
    }
    if (kind_ == FigureKind::kAll) {
      DrawMaps(canvas, y, kWide, 2, letter++);
      DrawFrontPanel(canvas, y, letter++);
    }
  }

 private:
  static constexpr double kLeft = kMargin;
  static constexpr double kRight = kMargin + kWide + kGap;

  bool HasClusters() const { return kind_ != FigureKind::kSteering; }

  // Its frame has the page's width, and what explains it stands below.
  bool IsWide() const { return input_.result.width_px() > kWideFrom * input_.result.height_px(); }

  FrameMap Map(double y) const {
    return FitFrame(input_.result.width_px(), input_.result.height_px(), {kLeft, y},
                    IsWide() ? kContent : kWide, kWide);
  }
  double Legend() const { return LegendHeight(input_, groups_); }
  double FrameRow() const {
    const double frame = Map(0).box.height;
    const double second = HasClusters() ? kHeadingHeight + kScatterHeight : FactsHeight(input_);
    const double first = HasClusters() ? Legend() : Front();
    if (!IsWide()) return kHeadingHeight + std::max(frame, first + kGap + second);
    return kHeadingHeight + frame + kGap + kHeadingHeight + std::max(first, second);
  }
  double Front() const { return FrontHeight(input_.detector); }
  double TileRow() const { return kHeadingHeight + TilesHeight(input_.detector, kContent); }
  double MapRow(double width, int maps) const {
    return kHeadingHeight + MapsHeight(input_, width, maps);
  }

  void DrawHeader(Canvas& canvas) const {
    const v1::FrameResult& result = input_.result;
    const TextLook title{.size = 11, .bold = true};
    const TextLook line{.size = kTextSize, .colour = kDim};
    canvas.Text({kMargin, kMargin + 10}, canvas.Fit(result.frame_id(), kContent, title), title);
    const int atoms = input_.detector.atoms().x_px_size();
    std::string text = absl::StrCat(input_.detector.detector() == "unet" ? "U-Net" : "LoG*", ", ",
                                    CountText(atoms), atoms == 1 ? " atom" : " atoms");
    if (result.has_acquisition_time()) {
      absl::StrAppend(&text, "  ·  acquired ",
                      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                                       absl::FromUnixSeconds(result.acquisition_time().seconds()),
                                       absl::UTCTimeZone()));
    }
    if (result.position().sequence() > 0) {
      absl::StrAppend(&text, "  ·  result ", result.position().sequence());
    }
    if (result.settings_version() > 0) {
      absl::StrAppend(&text, "  ·  settings ", result.settings_version());
    }
    for (const std::string& flag : input_.detector.flags()) absl::StrAppend(&text, "  ·  ", flag);
    canvas.Text({kMargin, kMargin + 22}, canvas.Fit(text, kContent, line), line);
  }

  std::string FrameTitle() const {
    if (input_.detector.atoms().x_px().empty()) return "Frame: no atoms found";
    switch (groups_.by) {
      case ColourBy::kCluster:
        return "Atoms by cluster";
      case ColourBy::kKind:
        return "Atoms by kind of site";
      default:
        return "Atoms";
    }
  }

  void DrawFrame(Canvas& canvas, double y, char letter) const {
    DrawHeading(canvas, {kLeft, y, kWide, kHeadingHeight}, letter, FrameTitle());
    DrawAtoms(canvas, Map(y + kHeadingHeight), frame_, input_, groups_);
  }

  void DrawFrontPanel(Canvas& canvas, double y, char letter) const {
    const Box rest =
        DrawHeading(canvas, {kRight, y, kNarrow, kHeadingHeight + Front()}, letter, "Pareto front");
    DrawFront(canvas, rest, input_);
  }

  void DrawComponents(Canvas& canvas, double y, char letter) const {
    const Box rest = DrawHeading(canvas, {kRight, y, kNarrow, kHeadingHeight + kScatterHeight},
                                 letter, "Principal components");
    DrawScatter(canvas, rest, input_.detector, groups_);
  }

  void DrawClusterTiles(Canvas& canvas, double y, char letter) const {
    const Box rest =
        DrawHeading(canvas, {kLeft, y, kContent, TileRow()}, letter, TilesTitle(input_));
    DrawTiles(canvas, rest, input_.detector);
  }

  void DrawMaps(Canvas& canvas, double y, double width, int maps, char letter) const {
    const Box rest = DrawHeading(canvas, {kLeft, y, width, MapRow(width, maps)}, letter,
                                 MapTitle(WindowsOf(input_)));
    DrawParameterMaps(canvas, rest, input_, maps);
  }

  const FigureInput& input_;
  const FigureKind kind_;
  const AtomGroups groups_;
  const GreyFrame frame_;
};

absl::Status CheckInput(const FigureInput& input, const FigureOptions& options) {
  if (options.width_px < kMinFigureWidth || options.width_px > kMaxFigureWidth) {
    return absl::InvalidArgumentError(absl::StrCat("width_px = ", options.width_px,
                                                   ": must be in [", kMinFigureWidth, ", ",
                                                   kMaxFigureWidth, "]"));
  }
  if (!input.detector.error().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(input.detector.detector(), " failed on this frame: ", input.detector.error()));
  }
  const v1::FrameResult& result = input.result;
  if (result.width_px() < 1 || result.height_px() < 1) {
    return absl::InvalidArgumentError(absl::StrCat("result: a frame of ", result.width_px(), " x ",
                                                   result.height_px(), " pixels"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> DrawFigure(const FigureInput& input, const FigureOptions& options) {
  RETURN_IF_ERROR(CheckInput(input, options));
  ASSIGN_OR_RETURN(GreyFrame frame, DecodeFrame(input.frame));
  return CatchToStatus("drawing", [&]() -> absl::StatusOr<std::string> {
    const int max_side = static_cast<int>(kContent * kPixelsAPoint);
    const Page page(input, options.kind, options.colour_by, Reduce(std::move(frame), max_side));
    ASSIGN_OR_RETURN(const std::unique_ptr<Canvas> canvas,
                     Canvas::Create(options.format, kPageWidth, page.height(), options.width_px));
    page.Draw(*canvas);
    return canvas->Finish();
  });
}

absl::StatusOr<FileFormat> FormatOf(absl::string_view path) {
  const std::string name = absl::AsciiStrToLower(path);
  if (absl::EndsWith(name, ".png")) return FileFormat::kPng;
  if (absl::EndsWith(name, ".svg")) return FileFormat::kSvg;
  if (absl::EndsWith(name, ".pdf")) return FileFormat::kPdf;
  return absl::InvalidArgumentError(absl::StrCat(path, ": must end in .png, .svg or .pdf"));
}

}  // namespace atomstream::figure

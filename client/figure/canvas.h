// Canvas: one page that figures are drawn on, as PNG, SVG or PDF. The only user of Cairo.
//
// Units are points (1/72 inch) from the upper left corner, y down. A canvas belongs to one thread.
// Nothing that is drawn fails by itself: Finish tells whether the page could be made.
#ifndef ATOMSTREAM_CLIENT_FIGURE_CANVAS_H_
#define ATOMSTREAM_CLIENT_FIGURE_CANVAS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream::figure {

// Each in [0, 1].
struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

// From 0xRRGGBB.
constexpr Colour Rgb(uint32_t code) {
  return {(code >> 16 & 255) / 255.0, (code >> 8 & 255) / 255.0, (code & 255) / 255.0};
}

inline constexpr Colour kWhite = Rgb(0xffffff);
inline constexpr Colour kInk = Rgb(0x1c1c1c);    // text and marks
inline constexpr Colour kDim = Rgb(0x5f6368);    // axes, notes
inline constexpr Colour kFaint = Rgb(0xd9dce0);  // grids

struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Shape { kCircle, kSquare, kTriangle, kDiamond };

// How a mark looks; nothing that is unset is drawn.
struct MarkLook {
  Shape shape = Shape::kCircle;
  double radius = 3;
  std::optional<Colour> fill = std::nullopt;
  std::optional<Colour> outline = std::nullopt;
  double outline_width = 0.5;
  double opacity = 1;  // of the fill
};

enum class Align { kLeft, kCentre, kRight };

struct TextLook {
  double size = 8;
  Colour colour = kInk;
  bool bold = false;
  Align align = Align::kLeft;
  bool upwards = false;  // reads from below to above
};

// Pixels for Canvas::Draw, row by row, 0xRRGGBB.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<uint32_t> pixels;
};

enum class FileFormat { kPng, kSvg, kPdf };

class Canvas {
 public:
  // A white page. `width_px`: columns of a PNG, [1, 32767]; SVG and PDF have no pixels.
  static absl::StatusOr<std::unique_ptr<Canvas>> Create(FileFormat format, double width,
                                                        double height, int width_px);

  virtual ~Canvas() = default;

  virtual void Fill(const Box& box, Colour colour, double opacity = 1) = 0;
  virtual void Outline(const Box& box, Colour colour, double line_width) = 0;
  // `dash` > 0: dashes of this length.
  virtual void Line(const std::vector<Point>& points, Colour colour, double line_width,
                    double dash = 0) = 0;
  virtual void Mark(Point centre, const MarkLook& look) = 0;
  // `smooth`: interpolates between pixels that are drawn large; else they are squares.
  virtual void Draw(const Box& box, const Picture& picture, bool smooth) = 0;
  // `at` lies on the baseline: the text's beginning, middle or end, as aligned.
  virtual void Text(Point at, absl::string_view text, const TextLook& look = {}) = 0;
  virtual double TextWidth(absl::string_view text, const TextLook& look = {}) = 0;

  // Until the next call nothing is drawn outside `box`; nullopt: anywhere.
  virtual void Clip(const std::optional<Box>& box) = 0;

  // The file's contents; to be called once, at the end.
  virtual absl::StatusOr<std::string> Finish() = 0;

  // `text` cut to `width` with an ellipsis if it is longer.
  std::string Fit(absl::string_view text, double width, const TextLook& look = {});
  // `text` broken at blanks into lines not wider than `width`, where words allow it.
  std::vector<std::string> Wrap(absl::string_view text, double width, const TextLook& look = {});
};

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_CANVAS_H_

#include "client/figure/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream::figure {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr char kFont[] = "DejaVu Sans";  // fontconfig takes another where this one is missing

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;

struct ContextDeleter {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Context = std::unique_ptr<cairo_t, ContextDeleter>;

cairo_status_t Append(void* bytes, const unsigned char* data, unsigned int length) {
  try {
    static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

absl::Status StatusOf(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("drawing: ", cairo_status_to_string(status)));
}

class CairoCanvas final : public Canvas {
 public:
  CairoCanvas(FileFormat format, double width, double height, int width_px) : format_(format) {
    switch (format) {
      case FileFormat::kPng: {
        const double scale = width_px / width;
        surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_px,
                                                  static_cast<int>(std::lround(height * scale))));
        cairo_surface_set_device_scale(surface_.get(), scale, scale);
        break;
      }
      case FileFormat::kSvg:
        surface_.reset(cairo_svg_surface_create_for_stream(Append, &bytes_, width, height));
        break;
      case FileFormat::kPdf:
        surface_.reset(cairo_pdf_surface_create_for_stream(Append, &bytes_, width, height));
        break;
    }
    context_.reset(cairo_create(surface_.get()));
    SetColour(kWhite, 1);
    cairo_paint(cairo());
  }

  absl::Status status() const { return StatusOf(cairo_status(context_.get())); }

  void Fill(const Box& box, Colour colour, double opacity) override {
    SetColour(colour, opacity);
    cairo_rectangle(cairo(), box.x, box.y, box.width, box.height);
    cairo_fill(cairo());
  }

  void Outline(const Box& box, Colour colour, double line_width) override {
    SetColour(colour, 1);
    cairo_set_line_width(cairo(), line_width);
    cairo_rectangle(cairo(), box.x, box.y, box.width, box.height);
    cairo_stroke(cairo());
  }

  void Line(const std::vector<Point>& points, Colour colour, double line_width,
            double dash) override {
    for (const Point& point : points) cairo_line_to(cairo(), point.x, point.y);
    SetColour(colour, 1);
    cairo_set_line_width(cairo(), line_width);
    cairo_set_line_join(cairo(), CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(cairo(), &dash, dash > 0 ? 1 : 0, 0);
    cairo_stroke(cairo());
    cairo_set_dash(cairo(), nullptr, 0, 0);
  }

  void Mark(Point centre, const MarkLook& look) override {
    Trace(centre, look.shape, look.radius);
    if (look.fill) {
      SetColour(*look.fill, look.opacity);
      cairo_fill_preserve(cairo());
    }
    if (look.outline) {
      SetColour(*look.outline, 1);
      cairo_set_line_width(cairo(), look.outline_width);
      cairo_stroke_preserve(cairo());
    }
    cairo_new_path(cairo());
  }

  void Draw(const Box& box, const Picture& picture, bool smooth) override {
    Surface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height));
    if (cairo_surface_status(image.get()) != CAIRO_STATUS_SUCCESS) return Fail(image.get());
    unsigned char* data = cairo_image_surface_get_data(image.get());
    const int stride = cairo_image_surface_get_stride(image.get());
    for (int y = 0; y < picture.height; ++y) {
      std::memcpy(data + static_cast<size_t>(y) * stride,
                  &picture.pixels[static_cast<size_t>(y) * picture.width],
                  static_cast<size_t>(picture.width) * sizeof(uint32_t));
    }
    cairo_surface_mark_dirty(image.get());
    cairo_save(cairo());
    cairo_rectangle(cairo(), box.x, box.y, box.width, box.height);
    cairo_clip(cairo());
    cairo_translate(cairo(), box.x, box.y);
    cairo_scale(cairo(), box.width / picture.width, box.height / picture.height);
    cairo_set_source_surface(cairo(), image.get(), 0, 0);
    // Without padding the picture's edge would fade into the page.
    cairo_pattern_set_extend(cairo_get_source(cairo()), CAIRO_EXTEND_PAD);
    cairo_pattern_set_filter(cairo_get_source(cairo()),
                             smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_paint(cairo());
    cairo_restore(cairo());
  }

  void Text(Point at, absl::string_view text, const TextLook& look) override {
    const std::string terminated(text);
    const double width = look.align == Align::kLeft ? 0 : TextWidth(text, look);
    const double before = look.align == Align::kCentre  ? width / 2
                          : look.align == Align::kRight ? width
                                                        : 0;
    SetFont(look);
    SetColour(look.colour, 1);
    cairo_save(cairo());
    cairo_translate(cairo(), at.x, at.y);
    if (look.upwards) cairo_rotate(cairo(), -kPi / 2);
    cairo_move_to(cairo(), -before, 0);
    cairo_show_text(cairo(), terminated.c_str());
    cairo_restore(cairo());
    cairo_new_path(cairo());
  }

  double TextWidth(absl::string_view text, const TextLook& look) override {
    SetFont(look);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo(), std::string(text).c_str(), &extents);
    return extents.x_advance;
  }

  void Clip(const std::optional<Box>& box) override {
    cairo_reset_clip(cairo());
    if (!box) return;
    cairo_rectangle(cairo(), box->x, box->y, box->width, box->height);
    cairo_clip(cairo());
  }

  absl::StatusOr<std::string> Finish() override {
    cairo_show_page(cairo());
    absl::Status result = status();
    context_.reset();
    if (result.ok() && format_ == FileFormat::kPng) {
      result = StatusOf(cairo_surface_write_to_png_stream(surface_.get(), Append, &bytes_));
    }
    cairo_surface_finish(surface_.get());
    if (result.ok()) result = StatusOf(cairo_surface_status(surface_.get()));
    if (!result.ok()) return result;
    return std::move(bytes_);
  }

 private:
  cairo_t* cairo() { return context_.get(); }

  void SetColour(Colour colour, double opacity) {
    cairo_set_source_rgba(cairo(), colour.red, colour.green, colour.blue, opacity);
  }

  void SetFont(const TextLook& look) {
    cairo_select_font_face(cairo(), kFont, CAIRO_FONT_SLANT_NORMAL,
                           look.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo(), look.size);
  }

  void Trace(Point centre, Shape shape, double radius) {
    const auto corner = [&](double x, double y) {
      cairo_line_to(cairo(), centre.x + x * radius, centre.y + y * radius);
    };
    // Of about the same area as the circle.
    switch (shape) {
      case Shape::kCircle:
        cairo_new_sub_path(cairo());
        cairo_arc(cairo(), centre.x, centre.y, radius, 0, 2 * kPi);
        return;
      case Shape::kSquare:
        for (const auto& [x, y] : {Point{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}) corner(.9 * x, .9 * y);
        break;
      case Shape::kTriangle:
        for (const auto& [x, y] : {Point{0, -1.3}, {1.2, 0.8}, {-1.2, 0.8}}) corner(x, y);
        break;
      case Shape::kDiamond:
        for (const auto& [x, y] : {Point{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}}) corner(x, y);
        break;
    }
    cairo_close_path(cairo());
  }

  // Remembered by the context, so that Finish tells.
  void Fail(cairo_surface_t* surface) {
    cairo_set_source_surface(cairo(), surface, 0, 0);
    cairo_paint(cairo());
  }

  const FileFormat format_;
  std::string bytes_;  // outlives the surface, which writes to it
  Surface surface_;
  Context context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Canvas>> Canvas::Create(FileFormat format, double width,
                                                       double height, int width_px) {
  auto canvas = std::make_unique<CairoCanvas>(format, width, height, width_px);
  if (!canvas->status().ok()) return canvas->status();
  return canvas;
}

std::string Canvas::Fit(absl::string_view text, double width, const TextLook& look) {
  if (TextWidth(text, look) <= width) return std::string(text);
  while (!text.empty()) {
    size_t end = text.size() - 1;  // without the last character, which may be of several bytes
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
    const std::string cut = absl::StrCat(text, "…");
    if (TextWidth(cut, look) <= width) return cut;
  }
  return "";
}

std::vector<std::string> Canvas::Wrap(absl::string_view text, double width, const TextLook& look) {
  std::vector<std::string> lines;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::string longer = lines.empty() ? "" : absl::StrCat(lines.back(), " ", word);
    if (!lines.empty() && TextWidth(longer, look) <= width) {
      lines.back() = longer;
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace atomstream::figure

#include "client/export/xyz_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/result_view.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

constexpr double kAngstromPerNm = 10;

template <typename T>
void AppendNumber(T value, std::string& text) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  text.append(buffer, end);
}

// Of a value in the describing line: as it is if nothing in it could be mistaken, else in quotes.
std::string Value(absl::string_view text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-.:+") == absl::string_view::npos;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    // A line end would end the describing line, in quotes too.
    if (c == '\n' || c == '\r') {
      quoted.push_back(' ');
      continue;
    }
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

class Describer {
 public:
  void Text(absl::string_view key, absl::string_view value) {
    if (!value.empty()) parts_.push_back(absl::StrCat(key, "=", Value(value)));
  }
  void Number(absl::string_view key, double value) {
    if (!std::isfinite(value)) return;
    std::string part = absl::StrCat(key, "=");
    AppendNumber(value, part);
    parts_.push_back(std::move(part));
  }
  void Integer(absl::string_view key, int64_t value) {
    parts_.push_back(absl::StrCat(key, "=", value));
  }
  void Raw(absl::string_view part) { parts_.emplace_back(part); }
  std::string Line() const { return absl::StrJoin(parts_, " "); }

 private:
  std::vector<std::string> parts_;
};

// How long a pixel is in the text.
struct Scale {
  double per_px = 1;
  absl::string_view units = "pixel";
};

Scale ScaleOf(const v1::DetectorResult& detector) {
  const double pixel_size_nm = detector.lattice().pixel_size_nm_used();
  if (pixel_size_nm > 0 && std::isfinite(pixel_size_nm)) {
    return {pixel_size_nm * kAngstromPerNm, "angstrom"};
  }
  return {};
}

void Describe(const ResultView& view, const Scale& scale, Describer& line) {
  const v1::FrameResult& result = view.result;
  const v1::DetectorResult& detector = view.detector;
  line.Text("units", scale.units);
  line.Text("frame_id", result.frame_id());
  line.Integer("frame_number", result.frame_number());
  line.Text("epoch", result.position().epoch());
  line.Integer("sequence", result.position().sequence());
  line.Text("detector", detector.detector());
  line.Text("model_id", detector.model_id());
  line.Text("material", detector.lattice().material());
  if (result.has_acquisition_time()) {
    line.Text("acquisition_time", JsonTime(result.acquisition_time()));
  }
  line.Integer("width_px", result.width_px());
  line.Integer("height_px", result.height_px());
  if (detector.lattice().pixel_size_nm_used() > 0) {
    line.Number("pixel_size_nm", detector.lattice().pixel_size_nm_used());
  }
  if (view.has_scores()) {
    line.Number("qc", detector.qc());
    line.Number("er", detector.er());
  }
  if (view.evaluation != nullptr) line.Number("f1", view.evaluation->f1());
  line.Text("flags", absl::StrJoin(detector.flags(), ","));
  line.Text("error", detector.error());
}

// One column behind the position: its entry in Properties, and how an atom's value is written.
struct Column {
  absl::string_view property;
  const google::protobuf::RepeatedField<float>* reals = nullptr;
  const google::protobuf::RepeatedField<int32_t>* integers = nullptr;
};

// Columns that have an entry for each atom.
std::vector<Column> ColumnsOf(const v1::AtomTable& atoms) {
  std::vector<Column> columns;
  const auto reals = [&](absl::string_view property, const auto& values) {
    if (values.size() == atoms.x_px_size() && !values.empty()) {
      columns.push_back({property, &values, nullptr});
    }
  };
  const auto integers = [&](absl::string_view property, const auto& values) {
    if (values.size() == atoms.x_px_size() && !values.empty()) {
      columns.push_back({property, nullptr, &values});
    }
  };
  reals("sigma_px:R:1", atoms.sigma_px());
  reals("intensity:R:1", atoms.intensity());
  reals("response:R:1", atoms.response());
  reals("confidence:R:1", atoms.confidence());
  reals("spread:R:1", atoms.spread());
  integers("cluster:I:1", atoms.cluster());
  reals("cluster_probability:R:1", atoms.cluster_probability());
  integers("coordination:I:1", atoms.coordination());
  reals("nearest_px:R:1", atoms.nearest_px());
  return columns;
}

bool HasSiteKinds(const v1::AtomTable& atoms) {
  return atoms.site_kind_size() == atoms.x_px_size() && atoms.x_px_size() > 0;
}

int AtomsIn(const v1::AtomTable& atoms) { return std::min(atoms.x_px_size(), atoms.y_px_size()); }

void AppendPosition(const v1::AtomTable& atoms, int i, const Scale& scale, std::string& text) {
  absl::StrAppendFormat(&text, "X %.5f %.5f 0.00000", atoms.x_px(i) * scale.per_px,
                        atoms.y_px(i) * scale.per_px);
}

}  // namespace

std::string XyzText(const v1::FrameResult& result) {
  const ResultView view(result);
  const v1::AtomTable& atoms = view.detector.atoms();
  const Scale scale = ScaleOf(view.detector);
  const bool site_kinds = HasSiteKinds(atoms);
  std::string lines;
  int count = 0;
  for (int i = 0; i < AtomsIn(atoms); ++i) {
    if (site_kinds && atoms.site_kind(i) == v1::SITE_KIND_VACANCY) continue;
    AppendPosition(atoms, i, scale, lines);
    lines.push_back('\n');
    ++count;
  }
  Describer line;
  Describe(view, scale, line);
  return absl::StrCat(count, "\n", line.Line(), "\n", lines);
}

std::string ExtxyzText(const v1::FrameResult& result) {
  const ResultView view(result);
  const v1::AtomTable& atoms = view.detector.atoms();
  const Scale scale = ScaleOf(view.detector);
  const std::vector<Column> columns = ColumnsOf(atoms);
  const bool site_kinds = HasSiteKinds(atoms);
  Describer line;
  line.Raw(absl::StrFormat("Lattice=\"%.5f 0.0 0.0 0.0 %.5f 0.0 0.0 0.0 1.0\"",
                           result.width_px() * scale.per_px, result.height_px() * scale.per_px));
  line.Raw("pbc=\"F F F\"");
  std::string properties = "Properties=species:S:1:pos:R:3";
  for (const Column& column : columns) absl::StrAppend(&properties, ":", column.property);
  if (site_kinds) absl::StrAppend(&properties, ":site_kind:S:1");
  line.Raw(properties);
  Describe(view, scale, line);
  std::string text = absl::StrCat(AtomsIn(atoms), "\n", line.Line(), "\n");
  for (int i = 0; i < AtomsIn(atoms); ++i) {
    AppendPosition(atoms, i, scale, text);
    for (const Column& column : columns) {
      text.push_back(' ');
      if (column.reals != nullptr) {
        AppendNumber(column.reals->Get(i), text);
      } else {
        AppendNumber(column.integers->Get(i), text);
      }
    }
    if (site_kinds) absl::StrAppend(&text, " ", SiteKindText(atoms.site_kind(i)));
    text.push_back('\n');
  }
  return text;
}

}  // namespace atomstream

#include "tests/bench/real_frames.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "detectors/log_star/log_star.h"
#include "tests/bench/image_input.h"
#include "tests/bench/json_number.h"
#include "tests/bench/log_star_score.h"
#include "tests/bench/oracle.h"

namespace atomstream::bench {
namespace {

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return text.str();
}

absl::StatusOr<std::vector<PointPx>> ReadPoints(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  std::vector<PointPx> points;
  int x_column = -1, y_column = -1, line_number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    line = absl::StripSuffix(line, "\r");
    if (line.empty()) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (line_number == 1) {
      for (int i = 0; i < static_cast<int>(cells.size()); ++i) {
        if (cells[i] == "x_px") x_column = i;
        if (cells[i] == "y_px") y_column = i;
      }
      if (x_column < 0 || y_column < 0) {
        return absl::InvalidArgumentError(absl::StrCat(path, ": has no columns x_px and y_px"));
      }
      continue;
    }
    PointPx p;
    if (static_cast<int>(cells.size()) <= std::max(x_column, y_column) ||
        !absl::SimpleAtod(cells[x_column], &p.x_px) ||
        !absl::SimpleAtod(cells[y_column], &p.y_px)) {
      return absl::InvalidArgumentError(absl::StrCat(path, " line ", line_number, ": no position"));
    }
    points.push_back(p);
  }
  if (points.size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": has ", points.size(), " positions"));
  }
  return points;
}

double MedianNeighbourDistance(const std::vector<PointPx>& points) {
  std::vector<double> distances;
  for (size_t i = 0; i < points.size(); ++i) {
    double nearest = std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < points.size(); ++j) {
      if (i == j) continue;
      nearest = std::min(
          nearest, std::hypot(points[i].x_px - points[j].x_px, points[i].y_px - points[j].y_px));
    }
    distances.push_back(nearest);
  }
  std::nth_element(distances.begin(), distances.begin() + distances.size() / 2, distances.end());
  return distances[distances.size() / 2];
}

std::string MaterialOf(const std::string& name, const std::vector<std::string>& material_map) {
  for (const std::string& entry : material_map) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(entry, absl::MaxSplits('=', 1));
    if (absl::StrContains(name, pair.first)) return pair.second;
  }
  return "auto";
}

struct RealRow {
  std::string frame, reference, material;
  size_t reference_atoms = 0;
  double d_nn_px = 0;
  OracleResult oracle;
  LogStarScore score;
};

void Print(const RealRow& r, bool json) {
  const Matching& m = r.score.matching;
  const std::string flags = absl::StrJoin(r.score.flags, "+");
  if (json) {
    std::printf(
        "{\"frame\": \"%s\", \"reference\": \"%s\", \"material\": \"%s\", \"d_nn_px\": "
        "%.3f, \"oracle_f1\": %.6f, \"f1\": %.6f, \"precision\": %.6f, \"recall\": %.6f, "
        "\"rmse_px\": %.4f, \"found\": %zu, \"expected\": %.1f, \"reference_atoms\": %zu, "
        "\"d_nn_px_measured\": %.3f, \"sigma\": %.4f, \"threshold\": %.6g, "
        "\"preprocessing\": \"%s\", \"ms\": %.1f, \"flags\": \"%s\"}\n",
        r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.d_nn_px, r.oracle.f1, m.f1,
        m.precision, m.recall, m.rmse_px, r.score.predicted.size(), r.score.lattice.expected_atoms,
        r.reference_atoms, r.score.lattice.d_nn_px, r.score.sigma_over_d_nn, r.score.threshold,
        r.score.preprocessing.c_str(), r.score.milliseconds, flags.c_str());
    return;
  }
  std::printf(
      "%-22s %-28s %-9s | %6.3f | %6.3f %6.3f %6.3f %6.2f | %6zu %6.0f %6zu | %6.2f %6.2f "
      "| %5.3f %7.4f %-9s %7.1f %s\n",
      r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.oracle.f1, m.f1, m.precision,
      m.recall, m.rmse_px, r.score.predicted.size(), r.score.lattice.expected_atoms,
      r.reference_atoms, r.d_nn_px, r.score.lattice.d_nn_px, r.score.sigma_over_d_nn,
      r.score.threshold, r.score.preprocessing.c_str(), r.score.milliseconds, flags.c_str());
}

absl::Status ReportFrame(const std::filesystem::path& folder, const std::string& material,
                         LogStarOptions options, double border, bool json) {
  ASSIGN_OR_RETURN(const std::string meta, ReadText(folder / "meta.json"));
  FrameMetadata metadata;
  metadata.pixel_size_nm = JsonNumber(meta, "pixel_size_nm").value_or(0);
  ASSIGN_OR_RETURN(const auto frame, ReadFrame(folder / "image.npy", metadata));
  options.material = material;
  const SystemClock clock;
  ASSIGN_OR_RETURN(const auto log_star, LogStar::Create(options, &clock));

  std::vector<std::filesystem::path> references;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, "coords_") && absl::EndsWith(name, ".csv")) {
      references.push_back(entry.path());
    }
  }
  std::sort(references.begin(), references.end());
  for (const auto& reference : references) {
    ASSIGN_OR_RETURN(const std::vector<PointPx> points, ReadPoints(reference));
    RealRow row{folder.filename().string(),
                reference.stem().string(),
                material,
                points.size(),
                MedianNeighbourDistance(points),
                {},
                {}};
    MatchOptions match;
    match.radius_px = row.d_nn_px / 2;
    match.border_px = border * row.d_nn_px;
    match.width_px = frame->width();
    match.height_px = frame->height();
    row.oracle = FindOracle(frame->image(), points, row.d_nn_px, match);
    ASSIGN_OR_RETURN(row.score, ScoreLogStar(*frame, *log_star, points, row.d_nn_px, match));
    Print(row, json);
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReportRealFrames(const std::string& folder,
                              const std::vector<std::string>& material_map,
                              const LogStarOptions& options, double border, bool json) {
  return CatchToStatus(folder, [&]() -> absl::Status {
    std::vector<std::filesystem::path> frames;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (std::filesystem::exists(entry.path() / "image.npy")) frames.push_back(entry.path());
    }
    std::sort(frames.begin(), frames.end());
    if (frames.empty()) return absl::NotFoundError(absl::StrCat(folder, ": holds no frames"));
    if (!json) {
      std::printf(
          "%-22s %-28s %-9s | %6s | %6s %6s %6s %6s | %6s %6s %6s | %6s %6s | %5s %7s %-9s "
          "%7s %s\n",
          "frame", "reference", "material", "oracle", "LoG*", "prec", "recall", "rmse", "found",
          "expect", "ref", "d_NN", "meas.", "s/d", "thresh", "preproc", "ms", "flags");
    }
    absl::Status first_error;
    for (const auto& frame : frames) {
      const absl::Status status = ReportFrame(
          frame, MaterialOf(frame.filename().string(), material_map), options, border, json);
      if (status.ok()) continue;
      std::fprintf(stderr, "%s: %s\n", frame.filename().c_str(),
                   std::string(status.message()).c_str());
      if (first_error.ok()) first_error = status;
    }
    return first_error;
  });
}

}  // namespace atomstream::bench

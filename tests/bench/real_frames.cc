#include "tests/bench/real_frames.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "tests/bench/image_input.h"
#include "tests/bench/json_number.h"

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

absl::StatusOr<RealFrame> LoadRealFrame(const std::filesystem::path& folder,
                                        const std::string& material) {
  RealFrame result;
  result.name = folder.filename().string();
  result.material = material;
  ASSIGN_OR_RETURN(const std::string meta, ReadText(folder / "meta.json"));
  FrameMetadata metadata;
  metadata.material = material;
  metadata.pixel_size_nm = JsonNumber(meta, "pixel_size_nm").value_or(0);
  ASSIGN_OR_RETURN(result.frame, ReadFrame(folder / "image.npy", metadata));
  std::vector<std::filesystem::path> references;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, "coords_") && absl::EndsWith(name, ".csv")) {
      references.push_back(entry.path());
    }
  }
  std::sort(references.begin(), references.end());
  for (const auto& reference : references) {
    ASSIGN_OR_RETURN(std::vector<PointPx> points, ReadPoints(reference));
    const double d_nn_px = MedianNeighbourDistance(points);
    result.references.push_back({reference.stem().string(), std::move(points), d_nn_px});
  }
  return result;
}

}  // namespace

absl::StatusOr<std::vector<RealFrame>> LoadRealFrames(
    const std::string& folder, const std::vector<std::string>& material_map) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return absl::NotFoundError(absl::StrCat(folder, ": is no folder"));
  }
  std::vector<RealFrame> frames;
  const absl::Status status = CatchToStatus(folder, [&]() -> absl::Status {
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (std::filesystem::exists(entry.path() / "image.npy")) folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    for (const auto& path : folders) {
      ASSIGN_OR_RETURN(RealFrame frame,
                       LoadRealFrame(path, MaterialOf(path.filename().string(), material_map)));
      frames.push_back(std::move(frame));
    }
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  if (frames.empty()) return absl::NotFoundError(absl::StrCat(folder, ": holds no frames"));
  return frames;
}

}  // namespace atomstream::bench

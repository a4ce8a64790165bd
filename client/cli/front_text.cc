#include "client/cli/front_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/printable.h"
#include "client/cli/result_json.h"
#include "client/cli/result_view.h"
#include "client/cli/settings_text.h"

namespace atomstream {
namespace {

constexpr int kPlotColumns = 60;
constexpr int kPlotRows = 14;

// Least and greatest value of something over the front.
struct Range {
  double least = 0, greatest = 0;

  // Where a value lies in it, [0, 1]; of an empty range 0.
  double Share(double value) const {
    return greatest > least ? (value - least) / (greatest - least) : 0;
  }
};

template <typename Value>
Range RangeOf(const v1::ParetoFront& front, Value value) {
  Range range{value(front.solutions(0)), value(front.solutions(0))};
  for (const v1::ParetoSolution& solution : front.solutions()) {
    range.least = std::min(range.least, value(solution));
    range.greatest = std::max(range.greatest, value(solution));
  }
  return range;
}

std::string SolutionLine(const v1::ParetoSolution& solution, int index, bool chosen) {
  const v1::LogParams& params = solution.params();
  return absl::StrFormat("%s%5d  %7.4f  %7.4f  %-8s  %6.2f  %6.2f  %5d  %9.5f  %7.3f  %10.2f",
                         chosen ? ">" : " ", index, solution.qc(), solution.er(),
                         PreprocessingText(params.preprocessing()), params.min_sigma_px(),
                         params.max_sigma_px(), params.num_sigma(), params.threshold(),
                         params.overlap(), params.min_spacing_px());
}

struct MappedParameter {
  const char* name;
  double (*value)(const v1::LogParams&);
};

constexpr MappedParameter kMapped[] = {
    {"min_sigma_px", [](const v1::LogParams& p) { return p.min_sigma_px(); }},
    {"max_sigma_px", [](const v1::LogParams& p) { return p.max_sigma_px(); }},
    {"threshold", [](const v1::LogParams& p) { return p.threshold(); }},
    {"overlap", [](const v1::LogParams& p) { return p.overlap(); }},
    {"min_spacing_px", [](const v1::LogParams& p) { return p.min_spacing_px(); }},
};

// The first letter of its name; the letters differ.
char PreprocessingSign(const v1::LogParams& params) {
  return PreprocessingText(params.preprocessing())[0];
}

// The chosen solution of each window, by the window's corner: row, column.
using WindowPlaces = std::map<std::pair<int, int>, const v1::LogParams*>;

WindowPlaces PlacesOf(const v1::GetParetoFrontResponse& response) {
  WindowPlaces places;
  for (const v1::WindowFront& window : response.windows()) {
    const int chosen = window.front().chosen_index();
    if (chosen < 0 || chosen >= window.front().solutions_size()) continue;
    places[{window.y_px(), window.x_px()}] = &window.front().solutions(chosen).params();
  }
  return places;
}

// One sign a window, where it lies in the frame.
template <typename Sign>
std::string SignMap(const WindowPlaces& places, const std::set<int>& rows,
                    const std::set<int>& columns, Sign sign) {
  std::string text;
  for (const int y : rows) {
    text += "  ";
    for (const int x : columns) {
      const auto found = places.find({y, x});
      text += found == places.end() ? ' ' : sign(*found->second);
    }
    text += "\n";
  }
  return text;
}

std::string ParameterMap(const MappedParameter& parameter, const WindowPlaces& places,
                         const std::set<int>& rows, const std::set<int>& columns) {
  Range range{parameter.value(*places.begin()->second), parameter.value(*places.begin()->second)};
  for (const auto& [place, params] : places) {
    range.least = std::min(range.least, parameter.value(*params));
    range.greatest = std::max(range.greatest, parameter.value(*params));
  }
  constexpr absl::string_view kDigits = ".123456789";
  return absl::StrCat(
      absl::StrFormat("%s, %.5g to %.5g\n", parameter.name, range.least, range.greatest),
      SignMap(places, rows, columns, [&](const v1::LogParams& params) {
        return kDigits[static_cast<size_t>(std::lround(9 * range.Share(parameter.value(params))))];
      }));
}

}  // namespace

std::string FrontPlot(const v1::ParetoFront& front, int columns, int rows) {
  if (front.solutions().empty()) return "";
  const Range qc = RangeOf(front, [](const v1::ParetoSolution& s) { return s.qc(); });
  const Range er = RangeOf(front, [](const v1::ParetoSolution& s) { return s.er(); });
  std::vector<std::string> canvas(static_cast<size_t>(rows), std::string(columns, ' '));
  const auto mark = [&](int index, char sign) {
    const v1::ParetoSolution& solution = front.solutions(index);
    const auto x = static_cast<size_t>(std::lround(qc.Share(solution.qc()) * (columns - 1)));
    const auto y = static_cast<size_t>(std::lround((1 - er.Share(solution.er())) * (rows - 1)));
    canvas[y][x] = sign;
  };
  for (int i = 0; i < front.solutions_size(); ++i) mark(i, 'o');
  // Last, so that no neighbour hides it.
  if (front.chosen_index() >= 0 && front.chosen_index() < front.solutions_size()) {
    mark(front.chosen_index(), '@');
  }
  std::string text;
  for (int row = 0; row < rows; ++row) {
    const std::string label = row == 0          ? absl::StrFormat("%8.4f", er.greatest)
                              : row == rows - 1 ? absl::StrFormat("%8.4f", er.least)
                              : row == rows / 2 ? "      ER"
                                                : "        ";
    absl::StrAppend(&text, label, " |", canvas[static_cast<size_t>(row)], "\n");
  }
  const std::string least = absl::StrFormat("%.4f", qc.least);
  const std::string greatest = absl::StrFormat("%.4f", qc.greatest);
  const int between = columns - static_cast<int>(least.size() + greatest.size());
  absl::StrAppend(&text, "         +", std::string(columns, '-'), "\n          ", least,
                  absl::StrFormat("%*s", between / 2, "QC"),
                  std::string(std::max(1, between - between / 2), ' '), greatest, "\n");
  return text;
}

std::string FrontText(const v1::GetParetoFrontResponse& raw, const TextStyle& style) {
  const v1::GetParetoFrontResponse response = PrintableCopy(raw);
  const v1::ParetoFront& front = response.front();
  std::string text = absl::StrFormat("frame %s, %d x %d px, result %d of epoch %s\n",
                                     response.frame_id(), response.width_px(), response.height_px(),
                                     response.position().sequence(), response.position().epoch());
  absl::StrAppendFormat(&text, "settings version %d: %s\n", response.settings().version(),
                        SelectionText(response.settings().selection()));
  if (front.solutions().empty()) {
    absl::StrAppend(&text, "no front", response.flags().empty() ? "" : ": ",
                    absl::StrJoin(response.flags(), ", "), "\n");
    return text;
  }
  absl::StrAppendFormat(&text, "the atoms: QC %.4f, ER %.4f, chosen by %s\n\n", response.qc(),
                        response.er(), front.chosen_by());
  absl::StrAppend(
      &text,
      style.Dim("  index       QC       ER  preproc.  sigma from  to  levels  threshold  "
                "overlap  spacing px"),
      "\n");
  for (int i = 0; i < front.solutions_size(); ++i) {
    const bool chosen = i == front.chosen_index();
    const std::string line = SolutionLine(front.solutions(i), i, chosen);
    absl::StrAppend(&text, chosen ? style.Good(line) : line, "\n");
  }
  // One point shows nothing.
  if (front.solutions_size() > 1) {
    absl::StrAppend(&text, "\n", FrontPlot(front, kPlotColumns, kPlotRows));
  }
  return text;
}

std::string WindowMaps(const v1::GetParetoFrontResponse& response) {
  const WindowPlaces places = PlacesOf(response);
  if (places.empty()) return "no window has a front\n";
  std::set<int> rows, columns;
  for (const auto& [place, params] : places) {
    rows.insert(place.first);
    columns.insert(place.second);
  }
  int searched = 0;
  for (const v1::WindowFront& window : response.windows()) searched += window.evaluations() > 0;
  std::string text =
      absl::StrFormat("%d window%s of %d px, %d searched in this frame; . least, 9 greatest\n",
                      response.windows_size(), response.windows_size() == 1 ? "" : "s",
                      response.windows(0).width_px(), searched);
  for (const MappedParameter& parameter : kMapped) {
    absl::StrAppend(&text, "\n", ParameterMap(parameter, places, rows, columns));
  }
  absl::StrAppend(&text, "\npreprocessing, n none, g gaussian, l lattice\n",
                  SignMap(places, rows, columns, PreprocessingSign));
  return text;
}

void WriteFront(const v1::GetParetoFrontResponse& response, JsonWriter& json) {
  json.Key("epoch").Text(response.position().epoch());
  json.Key("sequence").Integer(response.position().sequence());
  json.Key("frame_id").Text(response.frame_id());
  json.Key("width_px").Integer(response.width_px()).Key("height_px").Integer(response.height_px());
  json.Key("qc").Number(response.qc()).Key("er").Number(response.er());
  const auto write = [&json](const v1::ParetoFront& front) {
    json.Key("chosen_index").Integer(front.chosen_index());
    json.Key("chosen_by").Text(front.chosen_by());
    json.Key("hypervolume").Number(front.hypervolume());
    json.Key("pareto_front").BeginArray();
    for (const v1::ParetoSolution& solution : front.solutions()) {
      json.BeginObject();
      WriteSolution(solution, json);
      json.EndObject();
    }
    json.EndArray();
  };
  write(response.front());
  json.Key("windows").BeginArray();
  for (const v1::WindowFront& window : response.windows()) {
    json.BeginObject().Key("x_px").Integer(window.x_px()).Key("y_px").Integer(window.y_px());
    json.Key("width_px").Integer(window.width_px());
    json.Key("height_px").Integer(window.height_px());
    json.Key("evaluations").Integer(window.evaluations());
    write(window.front());
    json.EndObject();
  }
  json.EndArray().Key("flags").BeginArray();
  for (const std::string& flag : response.flags()) json.Text(flag);
  json.EndArray().Key("settings").BeginObject();
  WriteSettings(response.settings(), json);
  json.EndObject();
}

}  // namespace atomstream

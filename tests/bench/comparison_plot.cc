#include "tests/bench/comparison_plot.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/str_format.h"

namespace atomstream::bench {
namespace {

struct Quantity {
  const char* title;
  std::function<Statistic(const ComparisonRow&)> value;
  double low, high;  // least range of the axis
};

std::string DisplayName(const std::string& detector) {
  if (detector == "log_star") return "LoG*";
  if (detector == "unet") return "U-Net";
  return detector;
}

std::vector<Quantity> Quantities(PlotCounts counts) {
  const auto share = [counts](Statistic CountStatistics::*count) {
    return [=](const ComparisonRow& row) -> Statistic {
      const CountStatistics& shares =
          counts == PlotCounts::kOneSided ? row.one_sided_shares : row.count_shares;
      return {100 * (shares.*count).mean, 100 * (shares.*count).deviation};
    };
  };
  return {
      {"True positives (% of atoms)", share(&CountStatistics::true_positives), 90, 100},
      {"False positives (% of atoms)", share(&CountStatistics::false_positives), 0, 5},
      {"False negatives (% of atoms)", share(&CountStatistics::false_negatives), 0, 5},
      {"F1 (one-to-one)", [](const ComparisonRow& row) { return row.f1; }, 0.9, 1},
  };
}

bool SameSpecimen(const ComparisonRow& a, const ComparisonRow& b) {
  return a.options.material == b.options.material &&
         a.options.pixel_size_nm == b.options.pixel_size_nm &&
         a.options.hole_fraction == b.options.hole_fraction;
}

std::string SpecimenName(const AccuracyCaseOptions& o) {
  std::string name = absl::StrFormat("%s, %g nm/px", o.material, o.pixel_size_nm);
  if (o.hole_fraction > 0) name += absl::StrFormat(", hole %g %%", 100 * o.hole_fraction);
  return name;
}

PlotPanel Panel(const std::vector<ComparisonRow>& rows, const Quantity& quantity) {
  PlotPanel panel;
  panel.title = quantity.title;
  panel.x_label = "noise (s.d., frame scaled to [0, 1])";
  panel.y_low = quantity.low;
  panel.y_high = quantity.high;
  for (const ComparisonRow& row : rows) {
    const std::string name = DisplayName(row.detector);
    auto series = std::find_if(panel.series.begin(), panel.series.end(),
                               [&](const PlotSeries& s) { return s.name == name; });
    if (series == panel.series.end()) {
      panel.series.push_back({name, {}});
      series = panel.series.end() - 1;
    }
    const Statistic value = quantity.value(row);
    series->points.push_back({row.options.noise, value.mean, value.deviation});
  }
  return panel;
}

}  // namespace

PlotFigure ComparisonFigure(const std::vector<ComparisonRow>& rows, PlotCounts counts) {
  PlotFigure figure;
  figure.title = "Atoms found in simulated frames";
  const std::vector<Quantity> quantities = Quantities(counts);
  figure.columns = static_cast<int>(quantities.size());
  if (!rows.empty()) {
    figure.caption = absl::StrFormat(
        "Mean and standard deviation over %d seeds, each with its own rotation; %d px frames; "
        "counts are %s",
        rows.front().seeds, rows.front().options.size_px,
        counts == PlotCounts::kOneToOne ? "one-to-one within half a neighbour distance"
                                        : "one-sided, as the paper's");
  }
  std::vector<ComparisonRow> left = rows;
  while (!left.empty()) {
    const auto others = std::stable_partition(
        left.begin(), left.end(),
        [first = left.front()](const ComparisonRow& r) { return SameSpecimen(r, first); });
    const std::vector<ComparisonRow> specimen(left.begin(), others);
    left.erase(left.begin(), others);
    for (size_t i = 0; i < quantities.size(); ++i) {
      figure.panels.push_back(Panel(specimen, quantities[i]));
      if (i == 0) figure.panels.back().row_title = SpecimenName(specimen.front().options);
    }
  }
  return figure;
}

}  // namespace atomstream::bench

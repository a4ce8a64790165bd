// The catalogue: every metric that the daemon gives, with its type, the keys of its labels and what
// it tells. The registry and the process collector take type and help from here and refuse a metric
// that has no row; `atomstreamd --print_metrics` prints it as the tables of docs/operations.md. A
// new metric is a row in metric_catalogue.cc and an Add of its name where it is counted.
#ifndef ATOMSTREAM_SERVER_METRICS_METRIC_CATALOGUE_H_
#define ATOMSTREAM_SERVER_METRICS_METRIC_CATALOGUE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace atomstream {

// An info is a gauge that is always 1; its labels say what is there now.
enum class MetricType { kCounter, kGauge, kHistogram, kInfo };

struct MetricSpec {
  absl::string_view name;
  MetricType type;
  absl::string_view labels;  // their keys in the order of use, by comma; empty: none
  absl::string_view help;    // Markdown, one line; the labels' values between backticks
  bool hide_unused = false;  // a series is shown when it has counted something
};

// Rows that an operator looks for together.
struct MetricGroup {
  absl::string_view title;
  absl::Span<const MetricSpec> metrics;
};

using MetricCatalogue = absl::Span<const MetricGroup>;

MetricCatalogue DaemonCatalogue();

// Null: there is no such row.
const MetricSpec* FindMetric(MetricCatalogue catalogue, absl::string_view name);

// A table for each group, with its title above: metric, type, what it tells.
std::string MarkdownTables(MetricCatalogue catalogue);

// `markdown` without backticks, and of links only their text.
std::string PlainText(absl::string_view markdown);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_METRIC_CATALOGUE_H_

// What is done with a catalogue, whatever its rows.
#include "absl/strings/str_cat.h"
#include "server/metrics/metric_catalogue.h"

namespace atomstream {
namespace {

absl::string_view NameOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
    case MetricType::kInfo:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

}  // namespace

const MetricSpec* FindMetric(MetricCatalogue catalogue, absl::string_view name) {
  for (const MetricGroup& group : catalogue) {
    for (const MetricSpec& spec : group.metrics) {
      if (spec.name == name) return &spec;
    }
  }
  return nullptr;
}

std::string MarkdownTables(MetricCatalogue catalogue) {
  std::string text;
  for (const MetricGroup& group : catalogue) {
    absl::StrAppend(&text, text.empty() ? "**" : "\n**", group.title, "**\n\n",
                    "| metric | type | what it tells |\n|---|---|---|\n");
    for (const MetricSpec& spec : group.metrics) {
      absl::StrAppend(&text, "| `", spec.name);
      if (!spec.labels.empty()) absl::StrAppend(&text, "{", spec.labels, "}");
      absl::StrAppend(&text, "` | ", NameOf(spec.type), " | ", spec.help, " |\n");
    }
  }
  return text;
}

std::string PlainText(absl::string_view markdown) {
  std::string text;
  while (!markdown.empty()) {
    const char c = markdown.front();
    markdown.remove_prefix(1);
    const size_t end = markdown.find(')');
    if (c == ']' && markdown.substr(0, 1) == "(" && end != absl::string_view::npos) {
      markdown.remove_prefix(end + 1);
    } else if (c != '`' && c != '[') {
      text += c;
    }
  }
  return text;
}

}  // namespace atomstream

#include "server/metrics/metric_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/metrics/certificate_metrics.h"
#include "server/metrics/daemon_metrics.h"
#include "server/metrics/operations_metrics.h"

namespace atomstream {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;

std::vector<MetricSpec> AllRows() {
  std::vector<MetricSpec> rows;
  for (const MetricGroup& group : DaemonCatalogue()) {
    rows.insert(rows.end(), group.metrics.begin(), group.metrics.end());
  }
  return rows;
}

// What process_collector adds for each scrape.
bool OfProcess(absl::string_view name) { return absl::StartsWith(name, "process_"); }

// A name without what its type puts at its end.
std::string WithoutTotal(absl::string_view name) {
  return std::string(absl::EndsWith(name, "_total") ? name.substr(0, name.size() - 6) : name);
}

TEST(MetricCatalogueTest, NamesAreUniqueAndOurs) {
  std::set<std::string> names;
  for (const MetricSpec& row : AllRows()) {
    EXPECT_TRUE(names.insert(std::string(row.name)).second) << row.name << " has two rows";
    EXPECT_TRUE(absl::StartsWith(row.name, "atomstream_") || OfProcess(row.name)) << row.name;
    EXPECT_TRUE(std::all_of(row.name.begin(), row.name.end(), [](char c) {
      return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    })) << row.name;
  }
}

TEST(MetricCatalogueTest, TheEndOfANameIsThatOfItsType) {
  for (const MetricSpec& row : AllRows()) {
    EXPECT_EQ(absl::EndsWith(row.name, "_total"), row.type == MetricType::kCounter) << row.name;
    if (row.type == MetricType::kHistogram) {
      EXPECT_THAT(std::string(row.name),
                  AnyOf(EndsWith("_seconds"), EndsWith("_bytes"), EndsWith("_tiles")));
    }
    if (row.type == MetricType::kInfo) {
      EXPECT_TRUE(absl::EndsWith(row.name, "_info")) << row.name;
    }
  }
}

TEST(MetricCatalogueTest, UnitsAreBaseUnits) {
  for (const MetricSpec& row : AllRows()) {
    const std::string name = WithoutTotal(row.name);
    for (const char* unit : {"_ms", "_us", "_ns", "_milliseconds", "_microseconds", "_minutes",
                             "_hours", "_kib", "_mib", "_gib", "_kilobytes", "_megabytes",
                             "_percent", "_nm", "_pm", "_angstrom", "_count", "_sum", "_bucket"}) {
      EXPECT_FALSE(absl::EndsWith(name, unit)) << row.name;
    }
  }
}

TEST(MetricCatalogueTest, LabelsAreOfAFewKinds) {
  const std::set<std::string> known = {
      "certificate", "code",      "component", "detector", "flag",    "group", "method",
      "device",      "id",        "kind",      "origin",   "outcome", "part",  "place",
      "policy",      "precision", "queue",     "reason",   "stage",   "state", "version"};
  for (const MetricSpec& row : AllRows()) {
    const std::vector<std::string> labels = absl::StrSplit(row.labels, ',', absl::SkipEmpty());
    std::set<std::string> own;
    for (const std::string& label : labels) {
      EXPECT_TRUE(known.count(label)) << row.name << ": " << label;
      EXPECT_TRUE(own.insert(label).second) << row.name << ": " << label << " twice";
    }
  }
}

TEST(MetricCatalogueTest, HelpFitsIntoACellOfATable) {
  for (const MetricSpec& row : AllRows()) {
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(row.help.find_first_of("|\n"), absl::string_view::npos) << row.name;
    EXPECT_EQ(std::count(row.help.begin(), row.help.end(), '`') % 2, 0) << row.name;
  }
}

class FilledCatalogueTest : public testing::Test {
 protected:
  MetricRegistry registry_;
  const DaemonMetrics daemon_{registry_};
  const OperationsMetrics operations_{registry_};
  const CertificateMetrics certificates_{registry_};
};

TEST_F(FilledCatalogueTest, EveryRowIsThere) {
  std::set<std::string> there;
  for (const MetricFamily& family : registry_.families()) there.insert(family.name);
  for (const MetricSpec& row : AllRows()) {
    EXPECT_TRUE(OfProcess(row.name) || there.count(std::string(row.name)))
        << row.name << " has a row, and nothing gives it";
  }
}

// But for the few that mean the same everywhere, and those that other documents explain.
TEST_F(FilledCatalogueTest, HelpNamesEveryValueOfALabel) {
  const std::set<std::string> kToldOnce = {"code", "detector", "method", "policy", "version"};
  for (const MetricFamily& family : registry_.families()) {
    const std::string help(FindMetric(DaemonCatalogue(), family.name)->help);
    for (const LabelledMetric& metric : family.metrics) {
      for (const auto& [key, value] : metric.labels) {
        if (kToldOnce.count(key) > 0) continue;
        EXPECT_THAT(help, HasSubstr(absl::StrCat("`", value, "`"))) << family.name;
      }
    }
  }
}

// Also when every method has ended with every code.
TEST_F(FilledCatalogueTest, ItIsNeverMoreThan1500Series) {
  size_t series = 0;
  for (const MetricSpec& row : AllRows()) series += OfProcess(row.name);
  for (const MetricFamily& family : registry_.families()) {
    for (const LabelledMetric& metric : family.metrics) {
      // A histogram: its bounds, the unbounded bucket, sum and count.
      series += metric.histogram ? metric.histogram->snapshot().upper_bounds.size() + 3 : 1;
    }
  }
  EXPECT_LE(series, 1500u);
  EXPECT_GT(series, 500u);
}

TEST_F(FilledCatalogueTest, NoTwoMetricsAreTheSame) {
  for (const MetricFamily& family : registry_.families()) {
    std::set<MetricLabels> labels;
    for (const LabelledMetric& metric : family.metrics) {
      EXPECT_TRUE(labels.insert(metric.labels).second) << family.name;
    }
  }
}

TEST(MarkdownTablesTest, AreOneForEachGroup) {
  constexpr MetricSpec kFrames[] = {{"a_total", MetricType::kCounter, "x,y", "frames: `p`"},
                                    {"b_seconds", MetricType::kHistogram, "", "time"}};
  constexpr MetricSpec kModels[] = {{"m_info", MetricType::kInfo, "id", "which"}};
  const MetricGroup groups[] = {{"Frames", kFrames}, {"Models", kModels}};
  EXPECT_EQ(MarkdownTables(groups),
            "**Frames**\n\n"
            "| metric | type | what it tells |\n|---|---|---|\n"
            "| `a_total{x,y}` | counter | frames: `p` |\n"
            "| `b_seconds` | histogram | time |\n"
            "\n**Models**\n\n"
            "| metric | type | what it tells |\n|---|---|---|\n"
            "| `m_info{id}` | gauge | which |\n");
}

TEST(PlainTextTest, LeavesTheTextOfLinksAndOfCode) {
  EXPECT_EQ(PlainText("fits: `first` ([clusters.md](clusters.md))"), "fits: first (clusters.md)");
  EXPECT_EQ(PlainText("0 to 1 (of all)"), "0 to 1 (of all)");
}

}  // namespace
}  // namespace atomstream

#include "client/cli/structure_text.h"

#include "absl/strings/str_split.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two atoms in one of two clusters and one at the edge, with their sites.
v1::FrameResult ResultWithStructure() {
  v1::FrameResult result;
  v1::DetectorResult& detector = *result.add_detectors();
  detector.set_detector("log_star");
  v1::AtomTable& atoms = *detector.mutable_atoms();
  for (const float x : {1.0f, 2.0f, 3.0f}) {
    atoms.add_x_px(x);
    atoms.add_y_px(9);
    atoms.add_nearest_px(7.5f);
  }
  for (const int cluster : {0, 3, -1}) atoms.add_cluster(cluster);
  for (const float probability : {0.75f, 1.0f, 0.0f}) atoms.add_cluster_probability(probability);
  for (const float component : {1.5f, -2.0f, 3.0f, 4.0f, 0.0f, 0.0f}) {
    atoms.add_components(component);
  }
  for (const int bonds : {2, 1, 3}) atoms.add_coordination(bonds);
  atoms.add_site_kind(v1::SITE_KIND_BULK);
  atoms.add_site_kind(v1::SITE_KIND_DOPANT);
  atoms.add_site_kind(v1::SITE_KIND_UNKNOWN);

  v1::Clusters& clusters = *detector.mutable_clusters();
  for (const int id : {0, 3}) {
    v1::Cluster& cluster = *clusters.add_clusters();
    cluster.set_id(id);
    cluster.set_size(1);
    cluster.set_weight(id == 0 ? 0.75 : 0.25);
    cluster.set_mean_intensity(id == 0 ? 0.5 : 0.875);
    cluster.add_centroid(0.5f);
    cluster.add_dispersion(0.25f);
    cluster.add_mean_components(id);
  }
  clusters.set_patch_grid(1);
  clusters.add_explained_variance(0.5);
  clusters.add_explained_variance(0.125);
  clusters.set_clustered(2);
  clusters.set_dropped_at_edge(1);
  clusters.set_generation(4);

  v1::Structure& structure = *detector.mutable_structure();
  structure.set_usual_coordination(3);
  structure.add_usual_ring_sizes(6);
  structure.set_odd_rings(5);
  structure.set_vacancies(2);
  for (const int kind : {v1::SITE_KIND_UNKNOWN, v1::SITE_KIND_BULK, v1::SITE_KIND_DOPANT}) {
    v1::SiteKindCount& count = *structure.add_site_kinds();
    count.set_site_kind(static_cast<v1::SiteKind>(kind));
    count.set_atoms(1);
  }
  structure.add_bond_first(0);
  structure.add_bond_second(1);
  structure.add_bond_length_px(7.25f);
  for (const float angle : {100.0f, 260.0f, 110.0f, 120.0f, 130.0f}) structure.add_angle_deg(angle);
  return result;
}

std::string Watch(const v1::FrameResult& result, bool colour = false) {
  return WatchStructure(ResultView(result), {colour});
}

std::string JsonOf(const v1::FrameResult& result) {
  JsonWriter json;
  json.BeginObject();
  WriteResult(ResultView(result), json);
  json.EndObject();
  return json.text();
}

TEST(WatchStructureTest, TellsClustersAndSitesInThreeLines) {
  const std::string text = Watch(ResultWithStructure());
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ASSERT_EQ(lines.size(), 4u);  // and the empty rest
  EXPECT_THAT(lines[0], HasSubstr("2 clusters of 2 atoms, 1 more at the edge; 2 components explain "
                                  "62.5 % of the variance; model 4"));
  EXPECT_THAT(lines[1], HasSubstr("\u25a0 0      1 at  0.50"));
  EXPECT_THAT(lines[1], HasSubstr("\u25a0 3      1 at  0.88"));
  EXPECT_THAT(lines[2], HasSubstr("sites: 1 unknown, 1 bulk, 1 dopant; usually 3 bonds, rings of "
                                  "6; 2 vacancies, 5 odd rings"));
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120u);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(WatchStructureTest, SixteenClustersOfGreatFramesFitIn120Columns) {
  v1::FrameResult result = ResultWithStructure();
  v1::Clusters& clusters = *result.mutable_detectors(0)->mutable_clusters();
  clusters.clear_clusters();
  for (int id = 20; id < 36; ++id) {
    v1::Cluster& cluster = *clusters.add_clusters();
    cluster.set_id(id);
    cluster.set_size(100'000);
    cluster.set_mean_intensity(10);
  }
  const std::vector<std::string> lines = absl::StrSplit(Watch(result), '\n');
  // A mark takes three bytes and one column.
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120u + 2 * 5);
  EXPECT_EQ(lines.size(), 1u + 4u + 1u + 1u);  // five a line
}

TEST(WatchStructureTest, ManyKindsOfSitesTakeALineMore) {
  v1::FrameResult result = ResultWithStructure();
  v1::Structure& structure = *result.mutable_detectors(0)->mutable_structure();
  structure.clear_site_kinds();
  for (int kind = v1::SITE_KIND_UNKNOWN; kind <= v1::SiteKind_MAX; ++kind) {
    v1::SiteKindCount& count = *structure.add_site_kinds();
    count.set_site_kind(static_cast<v1::SiteKind>(kind));
    count.set_atoms(1000);
  }
  const std::string text = Watch(result);
  EXPECT_THAT(text, HasSubstr("1000 vacancy_neighbour"));
  EXPECT_THAT(text, HasSubstr("\n       usually 3 bonds, rings of 6; 2 vacancies, 5 odd rings\n"));
  for (const absl::string_view line : absl::StrSplit(text, '\n'))
    EXPECT_LE(line.size(), 120u + 2 * 2);
}

TEST(WatchStructureTest, AClusterHasTheColourOfItsIdOnATerminal) {
  const std::string text = Watch(ResultWithStructure(), /*colour=*/true);
  EXPECT_THAT(text, HasSubstr("\x1b[38;5;33m\u25a0 0\x1b[0m"));
  EXPECT_THAT(text, HasSubstr("\x1b[38;5;160m\u25a0 3\x1b[0m"));
}

TEST(WatchStructureTest, AnnouncesARefitAndAModelThatNoLongerFits) {
  v1::FrameResult result = ResultWithStructure();
  v1::Clusters& clusters = *result.mutable_detectors(0)->mutable_clusters();
  EXPECT_THAT(Watch(result), Not(HasSubstr("fitted")));
  clusters.set_refit_reason("likelihood");
  EXPECT_THAT(Watch(result),
              HasSubstr("model 4 no longer describes the frame (likelihood) but stands for now\n"));
  clusters.set_refitted(true);
  EXPECT_THAT(Watch(result), HasSubstr("model 4 fitted to this frame: likelihood\n"));
  EXPECT_THAT(StructureText(ResultView(result)),
              HasSubstr("model 4 fitted to this frame: likelihood\n"));
}

TEST(WatchStructureTest, SaysWhyThereIsNothing) {
  v1::FrameResult result = ResultWithStructure();
  v1::DetectorResult& detector = *result.mutable_detectors(0);
  detector.mutable_clusters()->Clear();
  detector.mutable_clusters()->set_empty_reason("too_few_atoms");
  detector.mutable_clusters()->set_detail("3 atoms for 1 clusters");
  detector.mutable_structure()->Clear();
  detector.mutable_structure()->set_error("INTERNAL: broken");
  EXPECT_THAT(Watch(result), HasSubstr("no clusters: too_few_atoms (3 atoms for 1 clusters)\n"));
  EXPECT_THAT(Watch(result), HasSubstr("no site kinds: INTERNAL: broken\n"));
  EXPECT_THAT(StructureText(ResultView(result)), HasSubstr("not analysed: INTERNAL: broken\n"));
  detector.clear_clusters();
  detector.clear_structure();
  EXPECT_THAT(Watch(result), IsEmpty());
  EXPECT_THAT(StructureText(ResultView(result)), IsEmpty());
}

TEST(StructureTextTest, GetShowsATableOfTheClusters) {
  const std::string text = ResultText(ResultWithStructure());
  EXPECT_THAT(text, HasSubstr("clusters       2 clusters of 2 atoms"));
  EXPECT_THAT(text, HasSubstr("     3  red           1  0.2500     0.8750    3.000\n"));
  EXPECT_THAT(
      text,
      HasSubstr("sites          1 unknown, 1 bulk, 1 dopant\n               usually 3 bonds"));
}

TEST(StructureJsonTest, CarriesClustersSitesAndTheColumnsOfTheAtoms) {
  const std::string json = JsonOf(ResultWithStructure());
  EXPECT_THAT(json, HasSubstr(R"({"x_px":1,"y_px":9,"cluster":0,"cluster_probability":0.75,)"
                              R"("components":[1.5,-2],"site_kind":"bulk","nearest_px":7.5,)"
                              R"("coordination":2,"angles_deg":[100,260]},)"));
  // One bond makes no angle; the next three are those of the third atom.
  EXPECT_THAT(json, HasSubstr(R"("coordination":1,"angles_deg":[]})"));
  EXPECT_THAT(json, HasSubstr(R"("coordination":3,"angles_deg":[110,120,130]})"));
  EXPECT_THAT(json, HasSubstr(R"("clusters":{"clusters":[{"id":0,"size":1,"weight":0.75,)"
                              R"("mean_intensity":0.5,"mean_components":[0],"centroid":[0.5],)"
                              R"("dispersion":[0.25]},)"));
  EXPECT_THAT(json, HasSubstr(R"("explained_variance":[0.5,0.125],"clustered":2,)"
                              R"("dropped_at_edge":1,"generation":4,"refitted":false,)"
                              R"("refit_reason":"")"));
  EXPECT_THAT(json, HasSubstr(R"("structure":{"usual_coordination":3,"usual_ring_sizes":[6],)"
                              R"("odd_rings":5,"vacancies":2,)"));
  EXPECT_THAT(json, HasSubstr(R"("site_kinds":{"unknown":1,"bulk":1,"dopant":1},)"
                              R"("bonds":[[0,1,7.25]],"error":"")"));
}

TEST(StructureJsonTest, LeavesOutWhatTheResultDoesNotHave) {
  v1::FrameResult result = ResultWithStructure();
  result.mutable_detectors(0)->clear_clusters();
  result.mutable_detectors(0)->clear_structure();
  result.mutable_detectors(0)->mutable_atoms()->clear_cluster();
  result.mutable_detectors(0)->mutable_atoms()->clear_site_kind();
  const std::string json = JsonOf(result);
  for (const char* key : {"\"clusters\"", "\"structure\"", "\"cluster\"", "\"site_kind\""}) {
    EXPECT_THAT(json, Not(HasSubstr(key)));
  }
}

TEST(StructureCsvTest, HasTheClusterAndTheSiteOfEachAtom) {
  const std::string lines = CsvLines(ResultView(ResultWithStructure()));
  EXPECT_THAT(lines, HasSubstr(",log_star,\"\",1,9,,,,,,0,0.75,bulk,2,7.5\n"));
  EXPECT_THAT(lines, HasSubstr(",-1,0,unknown,3,7.5\n"));
}

}  // namespace
}  // namespace atomstream

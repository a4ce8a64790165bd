#include "client/cli/result_json.h"

#include <algorithm>
#include <string>

#include "client/cli/result_csv.h"
#include "client/cli/result_text.h"
#include "client/cli/status_view.h"
#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string JsonOf(const v1::FrameResult& result) {
  JsonWriter json;
  json.BeginObject();
  WriteResult(ResultView(result), json);
  json.EndObject();
  return json.text();
}

v1::FrameResult SomeResult() {
  v1::FrameResult result;
  result.set_frame_id("a.npy#0");
  v1::DetectorResult& detector = *result.add_detectors();
  detector.set_detector("log_star");
  v1::AtomTable& atoms = *detector.mutable_atoms();
  atoms.add_x_px(1.5f);
  atoms.add_y_px(2.25f);
  atoms.add_sigma_px(3);
  atoms.add_intensity(0.5f);
  atoms.add_response(0.1f);
  for (const double qc : {0.0, 0.5}) {
    v1::ParetoSolution& solution = *detector.mutable_front()->add_solutions();
    solution.set_qc(qc);
    solution.set_er(0.25);
    solution.mutable_params()->set_num_sigma(10);
    solution.mutable_params()->set_threshold(0.002);
  }
  detector.mutable_front()->set_chosen_index(1);
  detector.mutable_front()->set_chosen_by("knee");
  detector.mutable_lattice()->set_d_nn_px(7.1);
  detector.mutable_lattice()->set_metadata_disagrees(true);
  detector.add_flags("metadata_disagrees");
  return result;
}

TEST(ResultJsonTest, ListsAtomsFrontChoiceAndLattice) {
  const std::string json = JsonOf(SomeResult());
  EXPECT_THAT(json, HasSubstr(R"("atoms":[{"x_px":1.5,"y_px":2.25,"sigma_px":3,"intensity":0.5,)"));
  EXPECT_THAT(json, HasSubstr(R"("pareto_front":[{"qc":0,"er":0.25,"params":{"min_sigma_px":0,)"));
  EXPECT_THAT(json, HasSubstr(R"("chosen":{"index":1,"chosen_by":"knee","qc":0.5,)"));
  EXPECT_THAT(json, HasSubstr(R"("num_sigma":10,"threshold":0.002)"));
  EXPECT_THAT(json, HasSubstr(R"("d_nn_px":7.1)"));
  EXPECT_THAT(json, HasSubstr(R"("metadata_disagrees":true)"));
  EXPECT_THAT(json, HasSubstr(R"("evaluation":null)"));
  EXPECT_THAT(json, HasSubstr(R"("flags":["metadata_disagrees"])"));
  EXPECT_THAT(json, Not(HasSubstr("\"error\"")));
}

// What LoG* and the U-Net found in one frame.
v1::FrameResult BothResults() {
  v1::FrameResult result = SomeResult();
  v1::DetectorResult& unet = *result.add_detectors();
  unet.set_detector("unet");
  unet.set_model_id("lattice@1");
  unet.set_device("cpu");
  unet.set_precision("bfloat16");
  unet.set_ensemble_members(3);
  unet.set_mean_variance(0.0625);
  unet.set_expected_f1(0.875);
  unet.set_tiles(4);
  unet.mutable_atoms()->add_x_px(1);
  unet.mutable_atoms()->add_y_px(2);
  unet.mutable_atoms()->add_confidence(0.75f);
  unet.mutable_atoms()->add_spread(0.125f);
  v1::DetectorSummary& summary = *result.mutable_summary()->add_detectors();
  summary.set_detector("unet");
  summary.set_state(v1::DETECTOR_STATE_DONE);
  summary.set_sequence(9);
  result.mutable_summary()->set_complete(true);
  return result;
}

TEST(ResultJsonTest, TheUnetHasItsModelAndItsAtomsTheirConfidenceAndSpread) {
  const v1::FrameResult result = BothResults();
  JsonWriter json;
  json.BeginObject();
  WriteResult(ResultView(result, 1), json);
  json.EndObject();
  EXPECT_THAT(json.text(), HasSubstr(R"("detector":"unet")"));
  EXPECT_THAT(json.text(),
              HasSubstr(R"("atoms":[{"x_px":1,"y_px":2,"confidence":0.75,"spread":0.125}])"));
  EXPECT_THAT(json.text(), HasSubstr(R"("model_id":"lattice@1","device":"cpu",)"
                                     R"("precision":"bfloat16","ensemble_members":3,)"
                                     R"("mean_variance":0.0625,"tiles":4,"expected_f1":0.875)"));
  EXPECT_THAT(json.text(), HasSubstr(R"("qc":null,"er":null)"));
  EXPECT_THAT(
      json.text(),
      HasSubstr(R"("summary":[{"detector":"unet","state":"done","reason":"","sequence":9}],)"
                R"("complete":true)"));
  EXPECT_THAT(JsonOf(result), HasSubstr(R"("detector":"log_star")"));
  EXPECT_THAT(JsonOf(result), Not(HasSubstr("model_id")));
}

TEST(ResultViewTest, ThereIsOneADetectorAndOneOfAnEmptyResult) {
  EXPECT_EQ(ViewsOf(BothResults()).size(), 2u);
  EXPECT_EQ(ViewsOf(v1::FrameResult()).size(), 1u);
}

TEST(ResultCsvTest, HasOneLineAnAtomWithItsConfidenceAndSpread) {
  v1::FrameResult result = BothResults();
  result.set_frame_id("a \"b\", c");
  result.set_frame_number(5);
  result.mutable_position()->set_sequence(9);
  EXPECT_EQ(CsvLines(ResultView(result, 1)),
            "\"a \"\"b\"\", c\",5,9,unet,\"lattice@1\",1,2,,,,0.75,0.125,,,,,\n");
  EXPECT_EQ(CsvLines(ResultView(result, 0)),
            "\"a \"\"b\"\", c\",5,9,log_star,\"\",1.5,2.25,3,0.5,0.1,,,,,,,\n");
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  result.set_frame_id("plain");
  EXPECT_EQ(commas(CsvHeader()), commas(CsvLines(ResultView(result, 1))));
}

TEST(StatusJsonTest, TellsTheModelOrThatThereIsNone) {
  v1::GetStatusResponse status;
  JsonWriter without, with;
  WriteStatus(status, without);
  EXPECT_THAT(without.text(), HasSubstr(R"("model":null)"));
  status.mutable_model()->set_model_id("lattice@1");
  status.mutable_model()->set_last_refusal("sha256 differs");
  WriteStatus(status, with);
  EXPECT_THAT(with.text(), HasSubstr(R"("model":{"model_id":"lattice@1",)"));
  EXPECT_THAT(with.text(), HasSubstr(R"("last_refusal":"sha256 differs")"));
  EXPECT_THAT(StatusText(status), HasSubstr("last refusal: sha256 differs"));
}

TEST(StatusTest, TellsOfAStoreThatCannotBeWrittenAndOfTheComponents) {
  v1::GetStatusResponse status;
  v1::StoreStatus& store = *status.mutable_store();
  store.set_durable(true);
  store.set_results_waiting(12);
  store.set_results_lost(3);
  store.set_last_error("no space");
  store.set_disk_free_bytes(int64_t{5} << 20);
  v1::ComponentStatus& component = *status.add_components();
  component.set_name("store");
  component.set_detail("no space");
  const std::string text = StatusText(status);
  EXPECT_THAT(text, HasSubstr("store       NOT SERVING: no space\n"));
  EXPECT_THAT(text, HasSubstr("kept        on disk, NOT BEING WRITTEN"));
  EXPECT_THAT(text, HasSubstr("12 results wait to be written, 3 are lost to the history"));
  EXPECT_THAT(text, HasSubstr("5 MiB of the disk are free"));
  JsonWriter json;
  WriteStatus(status, json);
  EXPECT_THAT(json.text(),
              HasSubstr(R"("components":[{"name":"store","serving":false,"detail":"no space"}])"));
  EXPECT_THAT(json.text(), HasSubstr(R"("results_waiting":12,"results_lost":3,)"));
}

TEST(ResultTextTest, ShowsEveryDetectorOfAResult) {
  const std::string text = ResultText(BothResults());
  EXPECT_THAT(text, HasSubstr("detectors      unet done\n"));
  EXPECT_THAT(text, HasSubstr("detector       log_star\n"));
  EXPECT_THAT(text, HasSubstr("detector       unet\n"));
  EXPECT_THAT(text, HasSubstr("lattice@1, 3 members, bfloat16 on cpu, 4 tiles"));
  EXPECT_THAT(text, HasSubstr("mean variance  0.0625"));
}

TEST(ResultJsonTest, SaysNullWhenNothingWasChosen) {
  v1::FrameResult result = SomeResult();
  result.mutable_detectors(0)->mutable_front()->set_chosen_index(-1);
  EXPECT_THAT(JsonOf(result), HasSubstr(R"("chosen":null)"));
  result.mutable_detectors(0)->mutable_front()->set_chosen_index(2);  // beyond the front
  EXPECT_THAT(JsonOf(result), HasSubstr(R"("chosen":null)"));
}

TEST(ResultJsonTest, SurvivesAResultWithoutDetectors) {
  EXPECT_THAT(JsonOf(v1::FrameResult()), HasSubstr(R"("atoms":[],"pareto_front":[])"));
}

TEST(ResultJsonTest, TellsTheDetectorsError) {
  v1::FrameResult result = SomeResult();
  result.mutable_detectors(0)->set_error("out of \"luck\"");
  EXPECT_THAT(JsonOf(result), HasSubstr(R"("error":"out of \"luck\"")"));
}

TEST(ResultJsonTest, TheBriefFormCountsAtomsAlsoWhenTheyWereLeftOut) {
  v1::FrameResult result = SomeResult();
  JsonWriter with, without;
  WriteResultBrief(ResultView(result), with);
  EXPECT_THAT(with.text(), HasSubstr(R"("atoms":1,)"));
  result.mutable_detectors(0)->clear_atoms();
  result.mutable_detectors(0)->set_atom_count(77);
  WriteResultBrief(ResultView(result), without);
  EXPECT_THAT(without.text(), HasSubstr(R"("atoms":77,)"));
}

}  // namespace
}  // namespace atomstream

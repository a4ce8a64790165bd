#include "client/cli/result_json.h"

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

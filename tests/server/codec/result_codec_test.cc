#include "server/codec/result_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/codec/detector_choice.h"
#include "tests/fakes/full_records.h"

namespace atomstream {
namespace {

TEST(ResultCodecTest, EveryFieldReachesTheMessage) {
  const v1::FrameResult proto = ResultToProto(FullRecord());
  EXPECT_EQ(proto.position().epoch(), "epoch");
  EXPECT_EQ(proto.position().sequence(), 5);
  EXPECT_EQ(proto.frame_id(), "id");
  EXPECT_EQ(proto.frame_number(), 6);
  EXPECT_EQ(proto.acquisition_time().seconds(), -2);
  EXPECT_EQ(proto.acquisition_time().nanos(), 500'000'000);
  EXPECT_EQ(proto.result_time().seconds(), 2);
  EXPECT_EQ(proto.width_px(), 7);
  EXPECT_EQ(proto.height_px(), 8);
  EXPECT_EQ(proto.origin(), "analyze");
  EXPECT_EQ(proto.frames_dropped_before(), 9);
  ASSERT_EQ(proto.timings_size(), 2);
  EXPECT_EQ(proto.timings(1).stage(), "total");
  EXPECT_EQ(proto.timings(1).duration().seconds(), 2);
  EXPECT_EQ(proto.timings(1).duration().nanos(), 250'000'000);

  ASSERT_EQ(proto.evaluations_size(), 1);
  const v1::Evaluation& score = proto.evaluations(0);
  EXPECT_EQ(score.detector(), "log_star");
  EXPECT_EQ(score.match_radius_px(), 1.5);
  EXPECT_EQ(score.true_positives(), 10);
  EXPECT_EQ(score.false_positives(), 11);
  EXPECT_EQ(score.false_negatives(), 12);
  EXPECT_EQ(score.f1(), 0.5);
  EXPECT_EQ(score.rmse_px(), 0.25);

  ASSERT_EQ(proto.detectors_size(), 1);
  const v1::DetectorResult& detector = proto.detectors(0);
  EXPECT_EQ(detector.detector(), "log_star");
  EXPECT_EQ(detector.error(), "");
  ASSERT_EQ(detector.atoms().x_px_size(), 2);
  EXPECT_EQ(detector.atoms().x_px(1), 6);
  EXPECT_EQ(detector.atoms().y_px(1), 7);
  EXPECT_EQ(detector.atoms().sigma_px(1), 8);
  EXPECT_EQ(detector.atoms().intensity(1), 9);
  EXPECT_EQ(detector.atoms().response(1), 10);
  EXPECT_EQ(detector.atom_count(), 2);
  EXPECT_EQ(detector.qc(), 0.375);
  EXPECT_EQ(detector.er(), 0.0625);
  EXPECT_EQ(detector.evaluations(), 350);
  EXPECT_EQ(detector.infeasible_evaluations(), 4);
  ASSERT_EQ(detector.flags_size(), 1);
  EXPECT_EQ(detector.flags(0), "metadata_disagrees");
  EXPECT_EQ(detector.timings(detector.timings_size() - 1).stage(), "total");

  const v1::LatticeEstimate& lattice = detector.lattice();
  EXPECT_TRUE(lattice.found());
  EXPECT_EQ(lattice.d_nn_px(), 7.1);
  EXPECT_EQ(lattice.pixel_size_nm_metadata(), 0.02);
  EXPECT_EQ(lattice.pixel_size_nm_measured(), 0.025);
  EXPECT_EQ(lattice.pixel_size_nm_used(), 0.026);
  EXPECT_TRUE(lattice.metadata_disagrees());
  EXPECT_EQ(lattice.orientation_rad(), 0.3);
  EXPECT_EQ(lattice.expected_atoms(), 99);
  EXPECT_EQ(lattice.material_area_fraction(), 0.8);
  EXPECT_EQ(lattice.material(), "graphene");

  EXPECT_EQ(detector.front().chosen_index(), 0);
  EXPECT_EQ(detector.front().chosen_by(), "knee");
  EXPECT_EQ(detector.front().hypervolume(), 0.9);
  ASSERT_EQ(detector.front().solutions_size(), 1);
  const v1::ParetoSolution& solution = detector.front().solutions(0);
  EXPECT_EQ(solution.qc(), 0.125);
  EXPECT_EQ(solution.er(), 0.25);
  EXPECT_EQ(solution.params().min_sigma_px(), 1.5);
  EXPECT_EQ(solution.params().max_sigma_px(), 2.5);
  EXPECT_EQ(solution.params().num_sigma(), 3);
  EXPECT_EQ(solution.params().threshold(), 0.01);
  EXPECT_EQ(solution.params().overlap(), 0.75);
  EXPECT_EQ(solution.params().min_spacing_px(), 4.5);
  EXPECT_EQ(solution.params().preprocessing(), v1::PREPROCESSING_LATTICE);

  ASSERT_EQ(detector.windows_size(), 1);
  EXPECT_EQ(detector.windows(0).x_px(), 1);
  EXPECT_EQ(detector.windows(0).y_px(), 2);
  EXPECT_EQ(detector.windows(0).width_px(), 3);
  EXPECT_EQ(detector.windows(0).height_px(), 4);
  EXPECT_EQ(detector.windows(0).evaluations(), 17);
  EXPECT_EQ(detector.windows(0).front().hypervolume(), 0.7);
}

TEST(ResultCodecTest, EveryFieldOfTheUnetReachesTheMessage) {
  const v1::FrameResult proto = ResultToProto(UnetRecord());
  ASSERT_EQ(proto.detectors_size(), 1);
  const v1::DetectorResult& detector = proto.detectors(0);
  EXPECT_EQ(detector.detector(), "unet");
  EXPECT_EQ(detector.atom_count(), 2);
  EXPECT_EQ(detector.atoms().x_px(1), 6);
  ASSERT_EQ(detector.atoms().confidence_size(), 2);
  EXPECT_EQ(detector.atoms().confidence(1), 0.25f);
  ASSERT_EQ(detector.atoms().spread_size(), 2);
  EXPECT_EQ(detector.atoms().spread(1), 0.0625f);
  EXPECT_EQ(detector.lattice().d_nn_px(), 7.1);
  EXPECT_EQ(detector.mean_variance(), 0.03125);
  EXPECT_EQ(detector.expected_f1(), 0.875);
  EXPECT_EQ(detector.model_id(), "lattice@0123456789ab");
  EXPECT_EQ(detector.ensemble_members(), 3);
  EXPECT_EQ(detector.device(), "cuda:0");
  EXPECT_EQ(detector.precision(), "float16");
  EXPECT_EQ(detector.tiles(), 4);
  ASSERT_EQ(detector.flags_size(), 1);
  EXPECT_EQ(detector.flags(0), "smaller_tiles");
  EXPECT_FALSE(detector.has_front());
  EXPECT_EQ(detector.timings(4).stage(), "compute");
  EXPECT_EQ(detector.timings(4).duration().nanos(), 50'000'000);
  EXPECT_EQ(proto.evaluations(0).detector(), "unet");
  v1::FrameResult without_atoms = proto;
  KeepParts({.atoms = false}, without_atoms);
  EXPECT_FALSE(without_atoms.detectors(0).has_atoms());
}

TEST(ResultCodecTest, TheSummaryTellsHowFarTheDetectorsAre) {
  const v1::FrameSummary first = ResultToProto(FullRecord()).summary();
  ASSERT_EQ(first.detectors_size(), 2);
  EXPECT_EQ(first.detectors(0).detector(), "log_star");
  EXPECT_EQ(first.detectors(0).state(), v1::DETECTOR_STATE_DONE);
  EXPECT_EQ(first.detectors(0).sequence(), 5);
  EXPECT_EQ(first.detectors(1).state(), v1::DETECTOR_STATE_PENDING);
  EXPECT_FALSE(first.complete());
  EXPECT_TRUE(ResultToProto(UnetRecord()).summary().complete());
  FrameRecord record = FullRecord();
  record.summary[1] = {DetectorKind::kUnet, DetectorState::kSkipped, "busy", 0};
  const v1::FrameSummary skipped = ResultToProto(record).summary();
  EXPECT_EQ(skipped.detectors(1).state(), v1::DETECTOR_STATE_SKIPPED);
  EXPECT_EQ(skipped.detectors(1).reason(), "busy");
  EXPECT_TRUE(skipped.complete());
  record.summary[1].state = DetectorState::kFailed;
  EXPECT_EQ(ResultToProto(record).summary().detectors(1).state(), v1::DETECTOR_STATE_FAILED);
}

TEST(ResultCodecTest, TheResultsOfAFrameArePutTogetherWithLogStarFirst) {
  const auto log_star = std::make_shared<const FrameRecord>(FullRecord());
  const auto unet = std::make_shared<const FrameRecord>(UnetRecord());
  for (const FrameRecords& records : {FrameRecords{log_star, unet}, FrameRecords{unet, log_star}}) {
    const v1::FrameResult proto = MergedToProto(records);
    ASSERT_EQ(proto.detectors_size(), 2);
    EXPECT_EQ(proto.detectors(0).detector(), "log_star");
    EXPECT_EQ(proto.detectors(1).detector(), "unet");
    ASSERT_EQ(proto.evaluations_size(), 2);
    EXPECT_EQ(proto.evaluations(1).f1(), 0.75);
    EXPECT_EQ(proto.frames_dropped_before(), 9);
  }
  const v1::FrameResult proto = MergedToProto({log_star, unet});
  EXPECT_EQ(proto.position().sequence(), 8);
  EXPECT_EQ(proto.result_time().seconds(), 3);
  EXPECT_TRUE(proto.summary().complete());
}

TEST(DetectorChoiceTest, NamesBecomeASetAndUnknownOnesAreRefused) {
  const auto wanted = [](std::vector<std::string> names, DetectorSet available) {
    return DetectorsOf({names.begin(), names.end()}, available);
  };
  EXPECT_EQ(*wanted({}, DetectorSet::All()), DetectorSet::All());
  EXPECT_EQ(*wanted({}, {DetectorKind::kLogStar}), DetectorSet{DetectorKind::kLogStar});
  EXPECT_EQ(*wanted({"unet"}, DetectorSet::All()), DetectorSet{DetectorKind::kUnet});
  EXPECT_EQ(*wanted({"unet", "log_star", "unet"}, DetectorSet::All()), DetectorSet::All());
  const absl::Status absent = wanted({"unet"}, {DetectorKind::kLogStar}).status();
  EXPECT_TRUE(absl::IsNotFound(absent));
  EXPECT_EQ(absent.message(), "detectors = unet: this daemon runs log_star");
  EXPECT_EQ(wanted({"log_star", "yolo"}, DetectorSet::All()).status().message(),
            "detectors = yolo: this daemon runs log_star and unet");
}

TEST(ModelStatusTest, EveryFieldReachesTheMessage) {
  ModelStatus status;
  status.model.id = "lattice@1";
  status.model.device = "cpu";
  status.model.precision = "bfloat16";
  status.model.members = 3;
  status.load_time = absl::FromUnixSeconds(7);
  status.reloads = 4;
  status.refused = 5;
  status.last_refusal = "because";
  status.loading = true;
  const v1::ModelStatus proto = ModelStatusToProto(status);
  EXPECT_EQ(proto.model_id(), "lattice@1");
  EXPECT_EQ(proto.device(), "cpu");
  EXPECT_EQ(proto.precision(), "bfloat16");
  EXPECT_EQ(proto.ensemble_members(), 3);
  EXPECT_EQ(proto.load_time().seconds(), 7);
  EXPECT_EQ(proto.reloads(), 4);
  EXPECT_EQ(proto.reloads_refused(), 5);
  EXPECT_EQ(proto.last_refusal(), "because");
  EXPECT_TRUE(proto.loading());
}

TEST(ResultCodecTest, UnwantedPartsAreLeftOut) {
  v1::SubscribeRequest request;
  request.add_parts(v1::RESULT_PART_WINDOWS);
  request.add_parts(v1::RESULT_PART_UNSPECIFIED);
  v1::FrameResult proto = ResultToProto(FullRecord());
  KeepParts(PartsOf(request.parts()), proto);
  EXPECT_FALSE(proto.detectors(0).has_atoms());
  EXPECT_FALSE(proto.detectors(0).has_front());
  EXPECT_EQ(proto.detectors(0).windows_size(), 1);
  EXPECT_TRUE(proto.detectors(0).has_lattice());
  EXPECT_EQ(proto.detectors(0).atom_count(), 2);
}

TEST(ResultCodecTest, AskingForNoPartsMeansAll) {
  EXPECT_EQ(PartsOf({}).mask(), ResultParts().mask());
  v1::SubscribeRequest request;
  request.add_parts(v1::RESULT_PART_UNSPECIFIED);
  EXPECT_EQ(PartsOf(request.parts()).mask(), ResultParts().mask());
}

TEST(ResultCodecTest, AFailedDetectorHasAnErrorAndNothingElse) {
  FrameRecord record = FullRecord();
  record.detector.status = absl::InternalError("broken");
  const v1::FrameResult proto = ResultToProto(record);
  EXPECT_EQ(proto.detectors(0).error(), "INTERNAL: broken");
  EXPECT_FALSE(proto.detectors(0).has_atoms());
  EXPECT_FALSE(proto.detectors(0).has_lattice());
}

TEST(ResultCodecTest, EventsBecomeTheirKindOfMessage) {
  EXPECT_EQ(EventToProto(Gap{3, 5, 2}, {}).gap().last_sequence(), 5);
  EXPECT_EQ(EventToProto(Gap{3, 5, 2}, {}).gap().results(), 2);
  SourceStatus status{
      .state = SourceState::kConnecting, .description = "d", .last_error = "e", .reconnects = 4};
  const v1::SourceStatus proto = EventToProto(status, {}).source();
  EXPECT_EQ(proto.state(), v1::SOURCE_STATE_CONNECTING);
  EXPECT_EQ(proto.description(), "d");
  EXPECT_EQ(proto.last_error(), "e");
  EXPECT_EQ(proto.reconnects(), 4);
}

}  // namespace
}  // namespace atomstream

#include "server/codec/result_codec.h"

#include <gtest/gtest.h>

#include <memory>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/service/error.h"
#include "server/service/event_encoder.h"

namespace atomstream {
namespace {

// A record with every field set to a value of its own.
FrameRecord FullRecord() {
  FrameRecord record;
  record.position = {"epoch", 5};
  record.frame_id = "id";
  record.frame_number = 6;
  record.acquisition_time = absl::FromUnixMillis(-1500);
  record.result_time = absl::FromUnixMillis(2500);
  record.width_px = 7;
  record.height_px = 8;
  record.origin = FrameOrigin::kAnalyze;
  record.timings = {{"queue", absl::Milliseconds(1)}, {"total", absl::Milliseconds(2250)}};
  record.frames_dropped_before = 9;
  record.evaluations = {{"log_star", 1.5, 10, 11, 12, 0.5, 0.25}};

  DetectorRecord detector;
  detector.detector = "log_star";
  LogStarResult& result = detector.log_star;
  result.atoms = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}};
  FrontPoint point;
  point.qc = 0.125;
  point.er = 0.25;
  point.params.min_sigma_px = 1.5;
  point.params.max_sigma_px = 2.5;
  point.params.num_sigma = 3;
  point.params.threshold = 0.01;
  point.params.overlap = 0.75;
  point.params.min_spacing_px = 4.5;
  point.params.preprocessing = Preprocessing::kLattice;
  result.front = {point};
  result.chosen = 0;
  result.chosen_by = "knee";
  result.qc = 0.375;
  result.er = 0.0625;
  result.hypervolume = 0.9;
  result.lattice.found = true;
  result.lattice.d_nn_px = 7.1;
  result.lattice.pixel_size_nm_metadata = 0.02;
  result.lattice.pixel_size_nm_measured = 0.025;
  result.lattice.pixel_size_nm_used = 0.026;
  result.lattice.metadata_disagrees = true;
  result.lattice.orientation_rad = 0.3;
  result.lattice.expected_atoms = 99;
  result.lattice.material_area_fraction = 0.8;
  result.lattice.material = "graphene";
  WindowResult window;
  window.x_px = 1;
  window.y_px = 2;
  window.width_px = 3;
  window.height_px = 4;
  window.front = {point};
  window.chosen = 0;
  window.evaluations = 17;
  window.hypervolume = 0.7;
  result.windows = {window};
  result.timings.lattice = absl::Milliseconds(3);
  result.timings.total = absl::Milliseconds(30);
  result.evaluations = 350;
  result.infeasible = 4;
  result.flags = {"metadata_disagrees"};
  record.detectors = {detector};
  return record;
}

TEST(ResultCodecTest, EveryFieldReachesTheMessage) {
  const v1::FrameResult proto = ResultToProto(FullRecord(), {});
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

TEST(ResultCodecTest, UnwantedPartsAreLeftOut) {
  v1::SubscribeRequest request;
  request.add_parts(v1::RESULT_PART_WINDOWS);
  request.add_parts(v1::RESULT_PART_UNSPECIFIED);
  const v1::FrameResult proto = ResultToProto(FullRecord(), PartsOf(request));
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
  EXPECT_EQ(PartsOf(request).mask(), ResultParts().mask());
}

TEST(ResultCodecTest, AFailedDetectorHasAnErrorAndNothingElse) {
  FrameRecord record = FullRecord();
  record.detectors[0].status = absl::InternalError("broken");
  const v1::FrameResult proto = ResultToProto(record, {});
  EXPECT_EQ(proto.detectors(0).error(), "INTERNAL: broken");
  EXPECT_FALSE(proto.detectors(0).has_atoms());
  EXPECT_FALSE(proto.detectors(0).has_lattice());
}

TEST(ResultCodecTest, EventsBecomeTheirKindOfMessage) {
  EXPECT_EQ(EventToProto(Gap{3, 5}, {}).gap().last_sequence(), 5);
  EXPECT_EQ(EventToProto(std::make_shared<const FrameRecord>(FullRecord()), {}).result().frame_id(),
            "id");
  SourceStatus status{
      .state = SourceState::kConnecting, .description = "d", .last_error = "e", .reconnects = 4};
  const v1::SourceStatus proto = EventToProto(status, {}).source();
  EXPECT_EQ(proto.state(), v1::SOURCE_STATE_CONNECTING);
  EXPECT_EQ(proto.description(), "d");
  EXPECT_EQ(proto.last_error(), "e");
  EXPECT_EQ(proto.reconnects(), 4);
}

TEST(EventEncoderTest, SharesOneEncodingBetweenSubscribersOfTheSameParts) {
  EventEncoder encoder;
  const HubEvent event = std::make_shared<const FrameRecord>(FullRecord());
  grpc::Slice first, second, other;
  ASSERT_TRUE(encoder.Encode(event, {}).TrySingleSlice(&first).ok());
  ASSERT_TRUE(encoder.Encode(event, {}).TrySingleSlice(&second).ok());
  ASSERT_TRUE(encoder.Encode(event, {.windows = false}).TrySingleSlice(&other).ok());
  EXPECT_EQ(first.begin(), second.begin());
  EXPECT_NE(first.begin(), other.begin());
  v1::SubscribeResponse response;
  ASSERT_TRUE(response.ParseFromArray(other.begin(), static_cast<int>(other.size())));
  EXPECT_EQ(response.result().detectors(0).windows_size(), 0);
}

TEST(ErrorTest, CarriesOneErrorInfoWithFieldAndValue) {
  const grpc::Status status =
      ToGrpcStatus(absl::InvalidArgumentError("width_px = 0: must be in [8, 4096]"), kFrameInvalid);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "width_px = 0: must be in [8, 4096]");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "FRAME_INVALID");
  EXPECT_EQ(info.domain(), "atomstream");
  EXPECT_EQ(info.metadata().at("field"), "width_px");
  EXPECT_EQ(info.metadata().at("value"), "0");
}

}  // namespace
}  // namespace atomstream

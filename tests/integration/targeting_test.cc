// Targets and visits over a real connection: a daemon whose detector finds the atoms of simulated
// silicon in graphene, and a beam that the test commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "tests/fakes/fake_beam.h"
#include "tests/integration/daemon_harness.h"
#include "tests/server/structure/structure_fixture.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TargetingTest : public testing::Test {
 protected:
  using Watch = grpc::ClientReader<v1::WatchTargetsResponse>;

  // The frames of a test are as old as the test is slow.
  static TargetingOptions Patient() {
    TargetingOptions options;
    options.max_target_age = absl::Minutes(10);
    options.max_target_age_frames = 1000;
    return options;
  }

  void Start(const TargetingOptions& targeting = Patient()) {
    detected_ = DetectedGraphene(0.1, 0);
    HarnessOptions options;
    options.daemon.targeting = targeting;
    options.detect = [this](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
      return std::get<LogStarResult>(detected_.detector.result);
    };
    auto beam = std::make_unique<FakeBeam>();
    beam_ = beam.get();
    options.beam = std::move(beam);
    harness_ = std::make_unique<DaemonHarness>(std::move(options));
    stub_ = v1::Targeting::NewStub(harness_->NewChannel());
    reader_ = harness_->Subscribe(&subscription_);
  }
  void TearDown() override { subscription_.TryCancel(); }

  // The same specimen again, acquired now; returns when its targets are known.
  void Give(absl::Duration age = absl::ZeroDuration()) {
    FrameMetadata metadata;
    metadata.number = ++number_;
    metadata.id = absl::StrCat("frame-", number_);
    metadata.acquisition_time = absl::Now() - age;
    const Image& image = detected_.frame->image();
    harness_->source().Give(Frame::Create(
        metadata, image.cols, image.rows, PixelType::kF32,
        absl::string_view(reinterpret_cast<const char*>(image.data), image.total() * 4)));
    v1::FrameResult result;
    ASSERT_TRUE(ReadResult(*reader_, &result));
    EXPECT_EQ(result.frame_id(), metadata.id);
    EXPECT_EQ(result.has_drift(), number_ > 1);
    epoch_ = result.position().epoch();
    // The result is published before targets are brought up to it: the first one's is refused till
    // then.
    v1::SelectTargetsResponse response;
    while (response.frame().frame_id() != metadata.id) {
      const grpc::Status status = Select(Dopants(), &response);
      ASSERT_TRUE(status.ok() || number_ == 1) << status.error_message();
    }
  }

  static v1::Criteria Dopants() {
    v1::Criteria criteria;
    criteria.mutable_where()->mutable_kind()->add_kinds(v1::SITE_KIND_DOPANT);
    return criteria;
  }

  grpc::Status Select(const v1::Criteria& criteria, v1::SelectTargetsResponse* response) {
    grpc::ClientContext context;
    v1::SelectTargetsRequest request;
    *request.mutable_criteria() = criteria;
    return stub_->SelectTargets(&context, request, response);
  }
  v1::SelectTargetsResponse Select() {
    v1::SelectTargetsResponse response;
    const grpc::Status status = Select(Dopants(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  static v1::VisitTargetRequest RequestFor(const v1::SelectTargetsResponse& selected, int target) {
    v1::VisitTargetRequest request;
    request.set_selection_id(selected.selection_id());
    request.set_target_id(selected.targets(target).id());
    request.set_epoch(selected.frame().position().epoch());
    request.mutable_dwell_time()->set_nanos(20'000'000);
    request.set_holder("test");
    request.set_min_frames_sure(1);  // most tests show one frame
    return request;
  }
  grpc::Status Visit(const v1::VisitTargetRequest& request,
                     v1::VisitTargetResponse* response = nullptr) {
    grpc::ClientContext context;
    v1::VisitTargetResponse unread;
    return stub_->VisitTarget(&context, request, response == nullptr ? &unread : response);
  }
  std::string ReasonOf(const v1::VisitTargetRequest& request) {
    const grpc::Status status = Visit(request);
    EXPECT_FALSE(status.ok());
    return ErrorInfoOf(status).reason();
  }
  std::vector<v1::Visit> Visits() {
    grpc::ClientContext context;
    v1::ListVisitsResponse response;
    EXPECT_TRUE(stub_->ListVisits(&context, {}, &response).ok());
    return {response.visits().begin(), response.visits().end()};
  }
  // Of a visit that ends by itself, some time after its caller went.
  v1::Visit WaitForVisit() {
    std::vector<v1::Visit> visits;
    while (visits.empty()) visits = Visits();
    return visits.front();
  }

  Detected detected_;
  FakeBeam* beam_ = nullptr;
  grpc::ClientContext subscription_;
  std::unique_ptr<DaemonHarness> harness_;
  std::unique_ptr<v1::Targeting::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  int64_t number_ = 0;
  std::string epoch_;
};

TEST_F(TargetingTest, SelectsWatchesAndVisits) {
  Start();
  Give();
  const v1::SelectTargetsResponse selected = Select();
  ASSERT_GT(selected.targets_size(), 3);
  EXPECT_EQ(selected.frame().position().epoch(), epoch_);
  EXPECT_EQ(selected.frame().width_px(), 256);
  EXPECT_GT(selected.sites(), 500);
  for (const v1::Target& target : selected.targets()) {
    EXPECT_EQ(target.kind(), v1::SITE_KIND_DOPANT);
    EXPECT_EQ(target.dose_s(), 0);
  }

  grpc::ClientContext context;
  v1::WatchTargetsRequest watching;
  *watching.mutable_criteria() = Dopants();
  auto watch = stub_->WatchTargets(&context, watching);
  v1::WatchTargetsResponse update;
  ASSERT_TRUE(watch->Read(&update));
  EXPECT_EQ(update.added_size(), selected.targets_size());
  const std::string selection = update.selection_id();
  v1::VisitTargetRequest request = RequestFor(selected, 0);
  request.set_selection_id(selection);
  request.clear_min_frames_sure();
  EXPECT_EQ(ReasonOf(request), "TARGET_DOUBTFUL");  // unless told otherwise two frames must agree
  Give();
  ASSERT_TRUE(watch->Read(&update));
  EXPECT_EQ(update.selection_id(), selection);
  EXPECT_EQ(update.frame().frame_id(), "frame-2");
  EXPECT_EQ(update.frame().drift_state(), v1::DRIFT_STATE_MEASURED);
  EXPECT_EQ(update.added_size(), 0);
  EXPECT_EQ(update.targets(0).id(), selected.targets(0).id());  // the same name for everybody
  EXPECT_EQ(update.targets(0).frames_sure(), 2);

  v1::VisitTargetResponse visited;
  const grpc::Status status = Visit(request, &visited);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(visited.visit().outcome(), v1::VISIT_OUTCOME_COMPLETED);
  EXPECT_NEAR(visited.visit().x_fraction(), update.targets(0).x_fraction(), 1e-3);
  EXPECT_DOUBLE_EQ(visited.visit().dose_s(), 0.02);
  EXPECT_FALSE(beam_->on());
  ASSERT_EQ(Visits().size(), 1u);
  EXPECT_EQ(Visits()[0].holder(), "test");
  EXPECT_EQ(ReasonOf(request), "SITE_VISITED");
  context.TryCancel();
}

TEST_F(TargetingTest, RefusesTargetsBeforeThereIsAFrame) {
  Start();
  v1::SelectTargetsResponse response;
  const grpc::Status status = Select(Dopants(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "NO_LIVE_FRAME");
}

TEST_F(TargetingTest, NamesWhatIsWrongWithCriteria) {
  Start();
  Give();
  v1::Criteria criteria;
  auto& all = *criteria.mutable_where()->mutable_all_of();
  all.add_conditions()->mutable_coordination()->set_min(3);
  all.add_conditions()->mutable_coordination()->set_min(-1);
  v1::SelectTargetsResponse response;
  grpc::Status status = Select(criteria, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CRITERIA_INVALID");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"),
            "criteria.where.all_of[1].coordination.min");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "-1");

  all.mutable_conditions(1)->mutable_coordination()->clear_min();
  all.mutable_conditions(1)->mutable_coordination()->set_max(2);
  status = Select(criteria, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("no site can be coordination in"));

  grpc::ClientContext context;
  v1::WatchTargetsRequest watching;
  *watching.mutable_criteria() = criteria;
  v1::WatchTargetsResponse update;
  auto watch = stub_->WatchTargets(&context, watching);
  EXPECT_FALSE(watch->Read(&update));
  EXPECT_EQ(ErrorInfoOf(watch->Finish()).reason(), "CRITERIA_INVALID");

  criteria = Dopants();
  criteria.set_min_spacing(1);
  criteria.set_min_spacing_unit(v1::LENGTH_UNIT_NANOMETRES);
  status = Select(criteria, &response);  // the frames state no pixel size
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "PIXEL_SIZE_UNKNOWN");
}

TEST_F(TargetingTest, RefusesVisitsThatCannotBe) {
  Start();
  Give();
  const v1::SelectTargetsResponse selected = Select();
  v1::VisitTargetRequest request = RequestFor(selected, 0);
  request.clear_dwell_time();
  EXPECT_EQ(ReasonOf(request), "VISIT_INVALID");
  request = RequestFor(selected, 0);
  request.set_holder("");
  EXPECT_EQ(ReasonOf(request), "VISIT_INVALID");
  request = RequestFor(selected, 0);
  request.set_epoch("00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(ReasonOf(request), "EPOCH_CHANGED");
  request = RequestFor(selected, 0);
  request.set_target_id(999'999);
  EXPECT_EQ(ReasonOf(request), "TARGET_NOT_FOUND");
  request = RequestFor(selected, 0);
  request.set_selection_id("selection-0");
  EXPECT_EQ(ReasonOf(request), "SELECTION_NOT_FOUND");
  request = RequestFor(selected, 0);
  request.set_min_frames_sure(7);
  EXPECT_EQ(ReasonOf(request), "TARGET_DOUBTFUL");
  Give(/*age=*/absl::Hours(1));
  EXPECT_EQ(ReasonOf(RequestFor(selected, 0)), "FRAME_TOO_OLD");
  EXPECT_TRUE(Visits().empty());
  EXPECT_TRUE(beam_->places().empty());
}

TEST_F(TargetingTest, BlanksTheBeamWhenTheCallerGoes) {
  Start();
  Give();
  beam_->Behave(FakeBeam::Manner::kHang);
  grpc::ClientContext context;
  const v1::VisitTargetRequest request = RequestFor(Select(), 0);
  std::future<grpc::Status> visit = std::async(std::launch::async, [&] {
    v1::VisitTargetResponse response;
    return stub_->VisitTarget(&context, request, &response);
  });
  beam_->WaitUntilPlaced();
  context.TryCancel();
  EXPECT_EQ(visit.get().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(WaitForVisit().outcome(), v1::VISIT_OUTCOME_CANCELLED);
  EXPECT_FALSE(beam_->on());
  beam_->Behave(FakeBeam::Manner::kObey);
  EXPECT_TRUE(Visit(RequestFor(Select(), 1)).ok());
}

TEST_F(TargetingTest, BlanksTheBeamAndEndsWatchesAtShutdown) {
  Start();
  Give();
  beam_->Behave(FakeBeam::Manner::kHang);
  const v1::VisitTargetRequest request = RequestFor(Select(), 0);
  grpc::ClientContext context;
  v1::WatchTargetsRequest watching;
  *watching.mutable_criteria() = Dopants();
  auto watch = stub_->WatchTargets(&context, watching);
  v1::WatchTargetsResponse update;
  ASSERT_TRUE(watch->Read(&update));
  std::future<grpc::Status> visit = std::async(std::launch::async, [&] { return Visit(request); });
  beam_->WaitUntilPlaced();
  EXPECT_TRUE(harness_->daemon().Shutdown());
  EXPECT_FALSE(beam_->on());
  const grpc::Status visited = visit.get();
  EXPECT_EQ(visited.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(visited).reason(), "SHUTTING_DOWN");
  while (watch->Read(&update)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TargetingTest, SaysThatItIsSwitchedOff) {
  TargetingOptions off;
  off.enabled = false;
  Start(off);
  v1::SelectTargetsResponse response;
  EXPECT_EQ(ErrorInfoOf(Select(Dopants(), &response)).reason(), "TARGETING_DISABLED");
  EXPECT_EQ(ReasonOf({}), "TARGETING_DISABLED");
}

TEST_F(TargetingTest, ListsVisitsInPages) {
  Start();
  Give();
  const v1::SelectTargetsResponse selected = Select();
  for (int target = 0; target < 3; ++target) {
    EXPECT_TRUE(Visit(RequestFor(selected, target)).ok());
  }
  grpc::ClientContext context;
  v1::ListVisitsRequest request;
  request.set_after_number(1);
  request.set_max_count(1);
  v1::ListVisitsResponse response;
  ASSERT_TRUE(stub_->ListVisits(&context, request, &response).ok());
  ASSERT_EQ(response.visits_size(), 1);
  EXPECT_EQ(response.visits(0).number(), 2);
  EXPECT_NEAR(response.total_dose_s(), 0.06, 1e-9);
  EXPECT_EQ(response.active(), 0);
  request.set_max_count(-1);
  grpc::ClientContext again;
  const grpc::Status refused = stub_->ListVisits(&again, request, &response);
  EXPECT_EQ(ErrorInfoOf(refused).reason(), "VISIT_LIST_INVALID");
  EXPECT_THAT(refused.error_message(), StartsWith("max_count = -1: "));
}

}  // namespace
}  // namespace atomstream

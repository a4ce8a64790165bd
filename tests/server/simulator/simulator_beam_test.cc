// PlaceBeam, BlankBeam and SimulatedSpecimen over loopback. Nothing sleeps: calls block until they
// are answered, or the test asks until the server has seen what the client did.
#include <chrono>
#include <string>
#include <thread>

#include "atomstream/v1/microscope.grpc.pb.h"
#include "atomstream/v1/simulator.grpc.pb.h"
#include "client/cpp/channel.h"
#include "gmock/gmock.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "server/simulator/simulator_server.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

constexpr int kSize = 64;
constexpr double kElectronsPerSecond = 50 * 6.241509074e6;  // at the default current

class SimulatorBeamTest : public ::testing::Test {
 protected:
  void Start(SimulatorOptions options) {
    options.address = "127.0.0.1:0";
    options.size_px = kSize;
    options.pixel_size_nm = 0.05;
    options.dopants = 0.05;
    auto server = SimulatorServer::Start(options, &clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ChannelOptions channel;
    channel.address = server_->address();
    const auto connection = MakeChannel(channel);
    microscope_ = v1::Microscope::NewStub(*connection);
    specimen_ = v1::SimulatedSpecimen::NewStub(*connection);
  }

  v1::Frame Acquire() {
    grpc::ClientContext context;
    v1::AcquireFrameResponse response;
    EXPECT_TRUE(microscope_->AcquireFrame(&context, {}, &response).ok());
    return response.frame();
  }
  static v1::PlaceBeamRequest At(double x_px, double y_px, absl::Duration dwell) {
    v1::PlaceBeamRequest request;
    request.set_x_fraction((x_px + 0.5) / kSize);
    request.set_y_fraction((y_px + 0.5) / kSize);
    request.mutable_dwell_time()->set_seconds(absl::IDivDuration(dwell, absl::Seconds(1), &dwell));
    request.mutable_dwell_time()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(dwell)));
    return request;
  }
  grpc::Status Place(const v1::PlaceBeamRequest& request) {
    grpc::ClientContext context;
    v1::PlaceBeamResponse response;
    return microscope_->PlaceBeam(&context, request, &response);
  }
  void Blank(bool blanked) {
    grpc::ClientContext context;
    v1::BlankBeamRequest request;
    request.set_blanked(blanked);
    v1::BlankBeamResponse response;
    EXPECT_TRUE(microscope_->BlankBeam(&context, request, &response).ok());
  }
  v1::GetSpecimenResponse Specimen(const std::string& element = "") {
    grpc::ClientContext context;
    v1::GetSpecimenRequest request;
    request.set_element(element);
    v1::GetSpecimenResponse response;
    EXPECT_TRUE(specimen_->GetSpecimen(&context, request, &response).ok());
    return response;
  }
  v1::ListExposuresResponse Exposures() {
    grpc::ClientContext context;
    v1::ListExposuresResponse response;
    EXPECT_TRUE(specimen_->ListExposures(&context, {}, &response).ok());
    return response;
  }
  void AwaitPlaced(bool placed) {
    while (Specimen("none").beam_placed() != placed) std::this_thread::yield();
  }

  FakeClock clock_;  // frames and drift; dwells take their time
  std::unique_ptr<SimulatorServer> server_;
  std::unique_ptr<v1::Microscope::Stub> microscope_;
  std::unique_ptr<v1::SimulatedSpecimen::Stub> specimen_;
};

// Index of a dopant well inside the frame.
int DopantIn(const v1::Frame& frame) {
  const v1::GroundTruth& truth = frame.ground_truth();
  for (int i = 0; i < truth.x_px_size(); ++i) {
    if (truth.species_names(static_cast<int>(truth.species(i))) != "Si") continue;
    if (truth.x_px(i) > 4 && truth.x_px(i) < kSize - 4 && truth.y_px(i) > 4 &&
        truth.y_px(i) < kSize - 4) {
      return i;
    }
  }
  return -1;
}

TEST_F(SimulatorBeamTest, ExposesTheAtomThatDriftHasBroughtThereSinceTheNewestFrame) {
  SimulatorOptions options;
  options.drift_px = 3;
  Start(options);
  v1::Frame frame;
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(absl::Milliseconds(100));
    frame = Acquire();
  }
  const int dopant = DopantIn(frame);
  ASSERT_GE(dopant, 0);
  const double x = frame.ground_truth().x_px(dopant), y = frame.ground_truth().y_px(dopant);
  clock_.Advance(absl::Milliseconds(50));
  // The drift of 3 px a frame is (2.4, 1.8).
  ASSERT_TRUE(Place(At(x + 1.2, y + 0.9, absl::Milliseconds(20))).ok());

  const v1::ListExposuresResponse exposures = Exposures();
  ASSERT_EQ(exposures.exposures_size(), 1);
  const v1::Exposure& exposure = exposures.exposures(0);
  EXPECT_EQ(exposure.number(), 1);
  EXPECT_EQ(exposure.frame_number(), frame.frame_number());
  EXPECT_NEAR(exposure.x_px(), x, 1e-4);
  EXPECT_NEAR(exposure.y_px(), y, 1e-4);
  EXPECT_EQ(exposure.end(), v1::EXPOSURE_END_COMPLETED);
  EXPECT_EQ(exposure.on_time().nanos(), 20000000);
  EXPECT_NEAR(exposure.electrons(), 0.02 * kElectronsPerSecond, 1);
  ASSERT_GT(exposure.atoms_size(), 0);
  EXPECT_EQ(exposure.atoms(0).element(), "Si");
  EXPECT_LT(exposure.atoms(0).distance_nm(), 1e-5);
  EXPECT_EQ(exposure.events_size(), 0);

  const v1::GetSpecimenResponse silicon = Specimen("Si");
  EXPECT_TRUE(silicon.beam_blanked());
  EXPECT_EQ(silicon.placements(), 1);
  EXPECT_EQ(silicon.frame_number(), frame.frame_number());
  EXPECT_EQ(silicon.size_px(), kSize);
  int found = 0;
  for (const v1::SimulatedAtom& atom : silicon.atoms()) {
    EXPECT_EQ(atom.element(), "Si");
    EXPECT_TRUE(atom.present());
    if (atom.atom_id() != exposure.atoms(0).atom_id()) continue;
    ++found;
    EXPECT_NEAR(atom.x_px(), x, 1e-4);
    EXPECT_NEAR(atom.y_px(), y, 1e-4);
    EXPECT_EQ(atom.dose_per_nm2(), exposure.atoms(0).dose_per_nm2());
  }
  EXPECT_EQ(found, 1);
  grpc::ClientContext context;
  v1::GetSpecimenRequest exposed_only;
  exposed_only.set_exposed_only(true);
  v1::GetSpecimenResponse exposed;
  ASSERT_TRUE(specimen_->GetSpecimen(&context, exposed_only, &exposed).ok());
  EXPECT_EQ(exposed.atoms_size(), exposure.atoms_size());
}

TEST_F(SimulatorBeamTest, FramesShowWhatTheBeamChanged) {
  SimulatorOptions options;
  options.beam_damage = "Si:knock_out=1";  // certain
  Start(options);
  const v1::Frame before = Acquire();
  const int dopant = DopantIn(before);
  ASSERT_GE(dopant, 0);
  const float x = before.ground_truth().x_px(dopant), y = before.ground_truth().y_px(dopant);
  ASSERT_TRUE(Place(At(x, y, absl::Milliseconds(1))).ok());
  const v1::Frame after = Acquire();
  EXPECT_LT(after.ground_truth().x_px_size(), before.ground_truth().x_px_size());
  for (int i = 0; i < after.ground_truth().x_px_size(); ++i) {
    EXPECT_FALSE(after.ground_truth().x_px(i) == x && after.ground_truth().y_px(i) == y);
  }
  const v1::Exposure exposure = Exposures().exposures(0);
  ASSERT_GT(exposure.events_size(), 0);
  EXPECT_EQ(exposure.events(0).kind(), v1::SPECIMEN_EVENT_KIND_KNOCK_OUT);
  EXPECT_EQ(exposure.events(0).element(), "Si");
  int gone = 0;
  const v1::GetSpecimenResponse silicon = Specimen("Si");
  for (const v1::SimulatedAtom& atom : silicon.atoms()) {
    if (atom.present()) continue;
    ++gone;
    if (atom.atom_id() == exposure.atoms(0).atom_id()) {
      EXPECT_NEAR(atom.x_px(), x, 1e-4);
    }
  }
  EXPECT_EQ(gone, exposure.events_size());
}

TEST_F(SimulatorBeamTest, CancellingBlanksTheBeamAndEndsTheDose) {
  Start({});
  Acquire();
  for (const bool by_deadline : {false, true}) {
    grpc::ClientContext context;
    if (by_deadline) {
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
    }
    grpc::StatusCode code = grpc::StatusCode::OK;
    std::thread caller([&] {
      v1::PlaceBeamResponse response;
      code =
          microscope_->PlaceBeam(&context, At(20, 20, absl::Minutes(50)), &response).error_code();
    });
    if (!by_deadline) {
      AwaitPlaced(true);
      context.TryCancel();
    }
    caller.join();
    EXPECT_EQ(code,
              by_deadline ? grpc::StatusCode::DEADLINE_EXCEEDED : grpc::StatusCode::CANCELLED);
    AwaitPlaced(false);
    EXPECT_TRUE(Specimen().beam_blanked());
    const v1::ListExposuresResponse exposures = Exposures();
    const v1::Exposure& last = exposures.exposures(exposures.exposures_size() - 1);
    EXPECT_EQ(last.end(), v1::EXPOSURE_END_CANCELLED);
    const double on_s = last.on_time().seconds() + 1e-9 * last.on_time().nanos();
    EXPECT_LT(on_s, 3000);
    EXPECT_NEAR(last.electrons(), on_s * kElectronsPerSecond, 1);
  }
}

TEST_F(SimulatorBeamTest, BlankingEndsADwellAndASecondPlaceIsRefusedMeanwhile) {
  Start({});
  Acquire();
  grpc::Status first;
  std::thread caller([&] { first = Place(At(20, 20, absl::Minutes(50))); });
  AwaitPlaced(true);
  const grpc::Status second = Place(At(30, 30, absl::Milliseconds(1)));
  EXPECT_EQ(second.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(second.error_message(), HasSubstr("the beam is on another place"));
  Blank(true);
  caller.join();
  EXPECT_EQ(first.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(first.error_message(), HasSubstr("blanked"));
  const v1::GetSpecimenResponse account = Specimen("none");
  EXPECT_EQ(account.refused_placements(), 1);
  EXPECT_EQ(account.blankings(), 1);
  EXPECT_TRUE(account.beam_blanked());
}

TEST_F(SimulatorBeamTest, AFailedBeamStaysOnUntilItIsBlanked) {
  SimulatorOptions options;
  options.fault = "beam_fails_every_1";
  Start(options);
  EXPECT_EQ(Place(At(20, 20, absl::Milliseconds(1))).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Specimen("none").beam_placed());
  EXPECT_FALSE(Specimen("none").beam_blanked());
  Blank(true);
  EXPECT_FALSE(Specimen("none").beam_placed());
  EXPECT_TRUE(Specimen("none").beam_blanked());
}

TEST_F(SimulatorBeamTest, StopsWithTheBeamOnAPlace) {
  Start({});
  grpc::Status status;
  std::thread caller([&] { status = Place(At(20, 20, absl::Minutes(50))); });
  AwaitPlaced(true);
  server_->Stop();
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(SimulatorBeamTest, RefusesNegativePages) {
  Start({});
  v1::ListExposuresRequest request;
  request.set_after_number(-1);
  grpc::ClientContext context;
  v1::ListExposuresResponse response;
  const grpc::Status status = specimen_->ListExposures(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("after_number = -1"));
}

}  // namespace
}  // namespace atomstream

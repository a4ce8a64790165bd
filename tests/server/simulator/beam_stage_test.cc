#include "server/simulator/beam_stage.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Specimen> SiliconInGraphene() {
  SpecimenOptions options;
  options.material = FindMaterial("graphene", {}).value();
  options.field_width_nm = options.field_height_nm = 3;
  options.margin_nm = 1;
  options.dopant_fraction = 0.05;
  return std::make_shared<Specimen>(BuildSpecimen(options).value());
}

constexpr double kElectronsPerSecond = 50 * 6.241509074e6;  // at BeamOptions' current

class BeamStageTest : public ::testing::Test {
 protected:
  BeamStageTest() : specimen_(SiliconInGraphene()) {}

  void Make(const BeamFaults& faults = {}, const BeamOptions& options = {}) {
    auto stage = BeamStage::Create(
        options, faults, specimen_,
        [this](std::shared_ptr<const Specimen> now) { shown_.push_back(std::move(now)); }, &steady_,
        &wall_);
    ASSERT_TRUE(stage.ok()) << stage.status();
    stage_ = *std::move(stage);
  }

  BeamPlacement At(int index, absl::Duration dwell) const {
    BeamPlacement placement;
    placement.place_nm = {specimen_->atoms[index].x_nm, specimen_->atoms[index].y_nm};
    placement.dwell_time = dwell;
    placement.x_fraction = 0.25;
    placement.y_fraction = 0.75;
    return placement;
  }
  int FirstDopant() const {
    for (size_t i = 0; i < specimen_->atoms.size(); ++i) {
      if (specimen_->species[specimen_->atoms[i].species] == "Si" &&
          std::hypot(specimen_->atoms[i].x_nm, specimen_->atoms[i].y_nm) < 1.2) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  BeamStage::Answer Remember() {
    return [this](const absl::Status& status) { answers_.push_back(status.code()); };
  }
  std::vector<ExposureRecord> Exposures() const {
    return stage_->ExposuresAfter(0, 1000).exposures;
  }

  const std::shared_ptr<const Specimen> specimen_;
  FakeClock steady_, wall_;
  std::vector<std::shared_ptr<const Specimen>> shown_;
  std::vector<absl::StatusCode> answers_;
  std::unique_ptr<BeamStage> stage_;
};

TEST_F(BeamStageTest, AnswersAfterTheDwellAndLeavesTheBeamBlanked) {
  Make();
  EXPECT_FALSE(stage_->blanked());
  ASSERT_TRUE(stage_->Place(At(7, absl::Milliseconds(100)), Remember()).ok());
  EXPECT_FALSE(stage_->blanked());
  EXPECT_TRUE(stage_->Account().placed);
  steady_.Advance(absl::Milliseconds(99));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre());
  EXPECT_EQ(stage_->Account().total_electrons, 0);
  steady_.Advance(absl::Milliseconds(5));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kOk));
  EXPECT_TRUE(stage_->blanked());
  const auto exposures = Exposures();
  ASSERT_EQ(exposures.size(), 1u);
  EXPECT_EQ(exposures[0].end, ExposureEnd::kCompleted);
  EXPECT_EQ(exposures[0].on_time, absl::Milliseconds(100));  // not the 4 ms that the clock was late
  EXPECT_NEAR(exposures[0].report.electrons, 0.1 * kElectronsPerSecond, 1);
  EXPECT_EQ(exposures[0].started, wall_.Now());
  const BeamAccount account = stage_->Account();
  EXPECT_FALSE(account.placed);
  EXPECT_EQ(account.placements, 1);
  EXPECT_NEAR(account.total_electrons, 0.1 * kElectronsPerSecond, 1);
  ASSERT_EQ(account.atoms.size(), specimen_->atoms.size());
  EXPECT_EQ(account.atoms[7].id, 7);
  EXPECT_EQ(account.atoms[7].dose, exposures[0].report.peak_dose);
}

TEST_F(BeamStageTest, CancellingEndsTheDoseThere) {
  Make();
  const auto id = stage_->Place(At(7, absl::Seconds(1)), Remember());
  ASSERT_TRUE(id.ok());
  steady_.Advance(absl::Milliseconds(300));
  stage_->Cancel(*id + 1);  // somebody else's
  EXPECT_THAT(answers_, ElementsAre());
  stage_->Cancel(*id);
  stage_->Cancel(*id);
  steady_.Advance(absl::Seconds(2));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled));
  EXPECT_TRUE(stage_->blanked());
  const auto exposures = Exposures();
  ASSERT_EQ(exposures.size(), 1u);
  EXPECT_EQ(exposures[0].end, ExposureEnd::kCancelled);
  EXPECT_NEAR(exposures[0].report.electrons, 0.3 * kElectronsPerSecond, 1);
}

TEST_F(BeamStageTest, CancelledAtOnceGivesNoDose) {
  Make();
  stage_->Cancel(*stage_->Place(At(7, absl::Seconds(1)), Remember()));
  ASSERT_EQ(Exposures().size(), 1u);
  EXPECT_EQ(Exposures()[0].report.electrons, 0);
  EXPECT_EQ(stage_->Account().atoms[7].dose, 0);
  EXPECT_TRUE(stage_->blanked());
}

TEST_F(BeamStageTest, BlankingEndsTheDwellAndUnblankingDoesNot) {
  Make();
  ASSERT_TRUE(stage_->Place(At(7, absl::Seconds(1)), Remember()).ok());
  stage_->SetBlanked(false);
  EXPECT_THAT(answers_, ElementsAre());
  steady_.Advance(absl::Milliseconds(250));
  stage_->SetBlanked(true);
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kAborted));
  EXPECT_NEAR(stage_->Account().total_electrons, 0.25 * kElectronsPerSecond, 1);
  EXPECT_EQ(Exposures()[0].end, ExposureEnd::kBlanked);
  stage_->SetBlanked(false);
  steady_.Advance(absl::Seconds(9));
  stage_->EndDue();
  EXPECT_FALSE(stage_->blanked());
  EXPECT_NEAR(stage_->Account().total_electrons, 0.25 * kElectronsPerSecond, 1);
  EXPECT_EQ(stage_->Account().blankings, 1);
}

TEST_F(BeamStageTest, OneBeamRefusesASecondPlace) {
  Make();
  ASSERT_TRUE(stage_->Place(At(7, absl::Seconds(1)), Remember()).ok());
  steady_.Advance(absl::Milliseconds(250));
  const absl::Status refused = stage_->Place(At(8, absl::Seconds(1)), Remember()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("(0.25, 0.75), since 250ms"));
  EXPECT_EQ(stage_->Account().refused, 1);
  steady_.Advance(absl::Seconds(1));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kOk));
  EXPECT_TRUE(stage_->Place(At(8, absl::Seconds(1)), Remember()).ok());
}

TEST_F(BeamStageTest, RefusesDwellsAndPlacesThatCannotBe) {
  Make();
  for (const absl::Duration dwell :
       {absl::ZeroDuration(), absl::Seconds(-1), absl::Seconds(3601), absl::InfiniteDuration()}) {
    const absl::Status status = stage_->Place(At(7, dwell), Remember()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("dwell_time = "));
  }
  BeamPlacement nowhere = At(7, absl::Seconds(1));
  nowhere.place_nm.x = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(stage_->Place(nowhere, Remember()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(stage_->Account().placements, 0);
  EXPECT_FALSE(stage_->Account().placed);
}

TEST_F(BeamStageTest, ShowsTheSpecimenAsTheBeamChangedItBeforeItAnswers) {
  BeamOptions options;
  options.damage = {{"Si", /*knock_out_dose=*/1, 0}};  // certain
  Make({}, options);
  const int dopant = FirstDopant();
  ASSERT_GE(dopant, 0);
  size_t shown_when_answered = 0;
  ASSERT_TRUE(stage_
                  ->Place(At(dopant, absl::Seconds(1)),
                          [&](const absl::Status&) { shown_when_answered = shown_.size(); })
                  .ok());
  EXPECT_TRUE(shown_.empty());
  steady_.Advance(absl::Seconds(1));
  stage_->EndDue();
  EXPECT_EQ(shown_when_answered, 1u);
  ASSERT_EQ(shown_.size(), 1u);
  EXPECT_LT(shown_[0]->atoms.size(), specimen_->atoms.size());
  const BeamAccount account = stage_->Account();
  ASSERT_EQ(account.atoms.size(), specimen_->atoms.size());  // with those that are gone
  const StageAtom& gone = account.atoms[dopant];
  EXPECT_EQ(gone.id, dopant);
  EXPECT_FALSE(gone.present);
  EXPECT_EQ(gone.place_nm.x, specimen_->atoms[dopant].x_nm);
  EXPECT_GT(gone.dose, 0);
  EXPECT_EQ(account.events, static_cast<int64_t>(Exposures()[0].report.events.size()));
  EXPECT_GE(account.events, 1);
}

TEST_F(BeamStageTest, HarmlessBeamChangesNothing) {
  Make();
  ASSERT_TRUE(stage_->Place(At(FirstDopant(), absl::Minutes(30)), Remember()).ok());
  steady_.Advance(absl::Minutes(30));
  stage_->EndDue();
  EXPECT_TRUE(shown_.empty());
  EXPECT_EQ(stage_->Account().events, 0);
}

TEST_F(BeamStageTest, AFailureLeavesTheBeamOnUntilItIsBlanked) {
  BeamFaults faults;
  faults.fail_every = 2;
  Make(faults);
  const auto first = stage_->Place(At(7, absl::Seconds(1)), Remember());
  ASSERT_TRUE(first.ok());
  stage_->Cancel(*first);
  EXPECT_EQ(stage_->Place(At(7, absl::Seconds(1)), Remember()).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(stage_->blanked());
  steady_.Advance(absl::Seconds(4));  // longer than the dwell
  stage_->EndDue();
  EXPECT_FALSE(stage_->blanked());
  EXPECT_THAT(std::string(stage_->Place(At(8, absl::Seconds(1)), Remember()).status().message()),
              HasSubstr("blank it"));
  stage_->SetBlanked(true);
  EXPECT_NEAR(stage_->Account().total_electrons, 4 * kElectronsPerSecond, 10);
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled));  // the first's alone
}

TEST_F(BeamStageTest, AHungPlacementAnswersOnlyToCancelAndEndsOnlyByBlanking) {
  BeamFaults faults;
  faults.hang_every = 1;
  Make(faults);
  const auto id = stage_->Place(At(7, absl::Seconds(1)), Remember());
  ASSERT_TRUE(id.ok());
  steady_.Advance(absl::Seconds(2));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre());
  stage_->Cancel(*id);
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled));
  EXPECT_FALSE(stage_->blanked());
  stage_->Cancel(*id);
  EXPECT_FALSE(stage_->blanked());
  stage_->SetBlanked(true);
  EXPECT_TRUE(stage_->blanked());
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled));
  EXPECT_NEAR(stage_->Account().total_electrons, 2 * kElectronsPerSecond, 10);
}

TEST_F(BeamStageTest, ALateAnswerComesAfterABeamThatWasBlankedInTime) {
  BeamFaults faults;
  faults.late_every = 1;
  faults.late_by = absl::Seconds(3);
  Make(faults);
  ASSERT_TRUE(stage_->Place(At(7, absl::Seconds(1)), Remember()).ok());
  steady_.Advance(absl::Seconds(1));
  stage_->EndDue();
  EXPECT_TRUE(stage_->blanked());
  EXPECT_NEAR(stage_->Account().total_electrons, kElectronsPerSecond, 10);
  EXPECT_THAT(answers_, ElementsAre());
  // The beam is free meanwhile; that answer can be cancelled.
  const auto second = stage_->Place(At(8, absl::Seconds(1)), Remember());
  ASSERT_TRUE(second.ok());
  steady_.Advance(absl::Seconds(1));
  stage_->EndDue();
  stage_->Cancel(*second);
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled));
  steady_.Advance(absl::Seconds(2));
  stage_->EndDue();
  EXPECT_THAT(answers_, ElementsAre(absl::StatusCode::kCancelled, absl::StatusCode::kOk));
}

TEST_F(BeamStageTest, StoppingEndsTheDwellAndAnswersEverybody) {
  BeamFaults faults;
  faults.late_every = 1;
  Make(faults);
  ASSERT_TRUE(stage_->Place(At(7, absl::Seconds(1)), Remember()).ok());
  steady_.Advance(absl::Seconds(1));
  stage_->EndDue();
  ASSERT_TRUE(stage_->Place(At(8, absl::Seconds(1)), Remember()).ok());
  steady_.Advance(absl::Milliseconds(500));
  stage_->Stop();
  EXPECT_THAT(answers_,
              ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable));
  EXPECT_NEAR(stage_->Account().total_electrons, 1.5 * kElectronsPerSecond, 10);
  EXPECT_EQ(Exposures().back().end, ExposureEnd::kStopped);
  stage_->SetBlanked(false);
  EXPECT_TRUE(stage_->blanked());
  EXPECT_EQ(stage_->Place(At(7, absl::Seconds(1)), Remember()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(BeamStageTest, PagesExposuresOldestFirst) {
  Make();
  for (int i = 0; i < 5; ++i) {
    stage_->Cancel(*stage_->Place(At(i, absl::Seconds(1)), Remember()));
  }
  const auto numbers = [&](int64_t after, int count) {
    std::vector<int64_t> result;
    for (const auto& e : stage_->ExposuresAfter(after, count).exposures) result.push_back(e.number);
    return result;
  };
  EXPECT_THAT(numbers(0, 2), ElementsAre(1, 2));
  EXPECT_TRUE(stage_->ExposuresAfter(0, 2).more);
  EXPECT_THAT(numbers(2, 10), ElementsAre(3, 4, 5));
  EXPECT_FALSE(stage_->ExposuresAfter(2, 10).more);
  EXPECT_THAT(numbers(5, 10), ElementsAre());
}

TEST_F(BeamStageTest, NamesAnUnknownSpecies) {
  BeamOptions options;
  options.damage = {{"Pu", 1, 0}};
  const absl::Status status =
      BeamStage::Create(options, {}, specimen_, nullptr, &steady_, &wall_).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("Pu"));
}

}  // namespace
}  // namespace atomstream

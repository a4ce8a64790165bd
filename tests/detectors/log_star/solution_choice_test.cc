#include "detectors/log_star/solution_choice.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

ParetoFront FrontOf(const std::vector<ObjectiveVector>& objectives) {
  ParetoFront front;
  for (const ObjectiveVector& o : objectives) front.Insert({{0.5, 0.5, 0.5, 0.5}, o});
  return front;
}

// Four solutions; QC, ER.
ParetoFront Four() { return FrontOf({{0.001, 0.5}, {0.009, 0.2}, {0.05, 0.1}, {0.5, 0.0}}); }

int Chosen(const SolutionChoice& choice) { return ChooseOnFront(Four(), choice).value(); }

TEST(SolutionChoiceTest, KneeHasLeastErAmongThoseWithNearlyTheLeastQc) {
  EXPECT_EQ(Chosen(SolutionChoice()), 1);
}

TEST(SolutionChoiceTest, NamedPointsAreTheEndsAndTheKnee) {
  EXPECT_EQ(Chosen(NamedChoice("knee").value()), 1);
  EXPECT_EQ(Chosen(NamedChoice("min_qc").value()), 0);
  EXPECT_EQ(Chosen(NamedChoice("min_er").value()), 3);
}

TEST(SolutionChoiceTest, PreferenceGoesFromLeastErToLeastQc) {
  EXPECT_EQ(Chosen(SolutionChoice::ByPreference(0)), 3);
  EXPECT_EQ(Chosen(SolutionChoice::ByPreference(0.4)), 2);
  EXPECT_EQ(Chosen(SolutionChoice::ByPreference(0.6)), 1);
  EXPECT_EQ(Chosen(SolutionChoice::ByPreference(1)), 0);
}

TEST(SolutionChoiceTest, IndexIsTakenAsItIs) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Chosen(SolutionChoice::AtIndex(i)), i);
}

TEST(SolutionChoiceTest, WeightsSayWhatAnErrorIsWorth) {
  EXPECT_EQ(Chosen(SolutionChoice::ByWeights(1, 0)), 0);
  EXPECT_EQ(Chosen(SolutionChoice::ByWeights(0, 1)), 3);
  EXPECT_EQ(Chosen(SolutionChoice::ByWeights(1, 1)), 2);     // sums .501, .209, .15, .5
  EXPECT_EQ(Chosen(SolutionChoice::ByWeights(1, 0.01)), 0);  // sums .006, .011, .051, .5
  // Of equal sums the least QC.
  const ParetoFront equal = FrontOf({{0.25, 0.5}, {0.5, 0.25}});
  EXPECT_EQ(ChooseOnFront(equal, SolutionChoice::ByWeights(1, 1)).value(), 0);
}

TEST(SolutionChoiceTest, NameTellsHowItWasChosen) {
  for (const char* name : {"knee", "min_er", "min_qc"}) {
    EXPECT_EQ(ChoiceName(NamedChoice(name).value()), name);
  }
  EXPECT_EQ(ChoiceName(SolutionChoice::ByPreference(0.5)), "preference");
  EXPECT_EQ(ChoiceName(SolutionChoice::AtIndex(2)), "index");
  EXPECT_EQ(ChoiceName(SolutionChoice::ByWeights(1, 2)), "weights");
}

TEST(SolutionChoiceTest, IndexBecomesTheSameShareOfAnotherFront) {
  const ParetoFront front = Four();
  for (int i = 0; i < front.size(); ++i) {
    const SolutionChoice other = ForOtherFronts(SolutionChoice::AtIndex(i), front.size());
    EXPECT_EQ(other.kind, SolutionChoice::Kind::kPreference);
    EXPECT_EQ(Chosen(other), i);  // on an equally long front: the same member
  }
  EXPECT_EQ(ForOtherFronts(SolutionChoice::AtIndex(0), 1), SolutionChoice());
  EXPECT_EQ(ForOtherFronts(SolutionChoice::ByPreference(0.3), 4),
            SolutionChoice::ByPreference(0.3));
}

TEST(SolutionChoiceTest, RefusalsNameFieldAndValue) {
  struct Case {
    SolutionChoice choice;
    absl::StatusCode code;
    const char* message;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const Case cases[] = {
      {SolutionChoice::ByPreference(-0.01), invalid, "choice.preference = -0.01"},
      {SolutionChoice::ByPreference(1.5), invalid, "choice.preference = 1.5"},
      {SolutionChoice::ByPreference(nan), invalid, "choice.preference = nan"},
      {SolutionChoice::AtIndex(-1), invalid, "choice.index = -1"},
      {SolutionChoice::AtIndex(4), absl::StatusCode::kOutOfRange,
       "choice.index = 4: the front has 4 solutions"},
      {SolutionChoice::ByWeights(-1, 1), invalid, "choice.qc_weight = -1"},
      {SolutionChoice::ByWeights(1, infinity), invalid, "choice.er_weight = inf"},
      {SolutionChoice::ByWeights(0, 0), invalid, "choice.er_weight = 0"},
  };
  for (const Case& c : cases) {
    const absl::Status status = ChooseOnFront(Four(), c.choice).status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
  const absl::Status unknown = NamedChoice("best").status();
  EXPECT_EQ(unknown.code(), invalid);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("choice.point = \"best\""));
  for (const char* name : {"", "preference", "index", "weights"}) {
    EXPECT_FALSE(NamedChoice(name).ok()) << name;  // these need a value
  }
}

TEST(SolutionChoiceTest, EmptyFrontIsAFailedPrecondition) {
  const absl::Status status = ChooseOnFront(ParetoFront(), NamedChoice("min_er").value()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"min_er\": the front is empty"));
}

}  // namespace
}  // namespace atomstream

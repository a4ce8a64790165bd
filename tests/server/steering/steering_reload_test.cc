// A SteeringDesk that takes over what changed in the configuration file.
#include <string>
#include <utility>
#include <vector>

#include "tests/server/steering/steering_desk_fixture.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

SteeringCall FromFile() { return CallOf("configuration", "SIGHUP"); }

TEST_F(SteeringDeskTest, AReloadedFileChangesOnlyWhatChangedInIt) {
  ASSERT_TRUE(Prefer(0.3).ok());
  ASSERT_TRUE(SetMaterial("graphene").ok());
  ReloadedSettings reloaded;  // the file still says auto, and knee
  reloaded.log_star.max_evaluations = 77;
  reloaded.log_star.seed = 5;
  reloaded.fields = {"max_evaluations", "seed"};
  const auto outcome = desk_->Reload(reloaded, FromFile(), /*validate_only=*/false);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(outcome->settings.version, 4);
  EXPECT_EQ(outcome->settings.log_star.max_evaluations, 77);
  EXPECT_EQ(outcome->settings.log_star.seed, 5u);
  // What operators chose stays.
  EXPECT_EQ(outcome->settings.log_star.material, "graphene");
  EXPECT_EQ(outcome->settings.selection, SolutionChoice::ByPreference(0.3));
  ASSERT_EQ(published_.size(), 3u);
  EXPECT_THAT(published_.back()->changed_fields,
              ElementsAre("log_star.max_evaluations", "log_star.seed"));
  EXPECT_EQ(published_.back()->settings.changed_by, "configuration (SIGHUP)");
  EXPECT_THAT(audit_.lines().back(), StartsWith("configuration (SIGHUP)|reload|version 4: "));
}

TEST_F(SteeringDeskTest, AllThatChangedInTheFileIsOneVersion) {
  ReloadedSettings reloaded;
  reloaded.log_star.preference = 0.25;
  reloaded.log_star.material = "graphene";
  reloaded.log_star.time_budget = absl::Milliseconds(9);
  reloaded.fields = {"material", "preference", "time_budget_ms"};
  ASSERT_TRUE(desk_->Reload(reloaded, FromFile(), false).ok());
  EXPECT_EQ(desk_->settings().version, 2);
  EXPECT_EQ(desk_->settings().selection, SolutionChoice::ByPreference(0.25));
  EXPECT_EQ(desk_->settings().log_star.time_budget, absl::Milliseconds(9));
  EXPECT_THAT(published_.back()->changed_fields,
              ElementsAre("log_star.material", "log_star.time_budget", "selection"));
  EXPECT_FALSE(desk_->settings().log_star.preference);  // `selection` has it
}

TEST_F(SteeringDeskTest, APreferenceThatLeftTheFileIsTheKneeAgain) {
  ASSERT_TRUE(Prefer(0.3).ok());
  ReloadedSettings reloaded;
  reloaded.fields = {"preference"};
  ASSERT_TRUE(desk_->Reload(reloaded, FromFile(), false).ok());
  EXPECT_EQ(desk_->settings().selection, SolutionChoice());
}

TEST_F(SteeringDeskTest, AReloadThatSaysWhatCountsAlreadyIsNoChange) {
  ASSERT_TRUE(SetMaterial("graphene").ok());
  ReloadedSettings reloaded;
  reloaded.log_star.material = "graphene";
  reloaded.fields = {"material"};
  const auto outcome = desk_->Reload(reloaded, FromFile(), false);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->changed);
  EXPECT_EQ(desk_->settings().version, 2);
}

TEST_F(SteeringDeskTest, AReloadThatIsRefusedOrOnlyCheckedChangesNothing) {
  ReloadedSettings reloaded;
  reloaded.log_star.material = "unobtainium";
  reloaded.log_star.max_evaluations = 5;
  reloaded.fields = {"material", "max_evaluations"};
  const absl::Status refused = desk_->Reload(reloaded, FromFile(), false).status();
  EXPECT_THAT(std::string(refused.message()), StartsWith("log_star.material = unobtainium: "));
  ExpectUnchanged();
  reloaded.fields = {"max_evaluations"};
  const auto checked = desk_->Reload(reloaded, FromFile(), /*validate_only=*/true);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_FALSE(checked->changed);
  EXPECT_EQ(checked->settings.log_star.max_evaluations, 5);
  ExpectUnchanged();
}

TEST_F(SteeringDeskTest, ANewCustomMaterialCanBeUsedInTheSameReload) {
  ReloadedSettings reloaded;
  reloaded.log_star.custom_materials = {
      Material{.name = "mine", .vectors_nm = {{{0.3, 0}, {0, 0.3}}}, .basis = {{{0, 0}, "X", 1}}}};
  reloaded.log_star.material = "mine";
  reloaded.fields = {"custom_materials", "material"};
  const auto outcome = desk_->Reload(reloaded, FromFile(), false);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->settings.log_star.material, "mine");
  // A file that takes it away while it counts is refused.
  reloaded.log_star = {};
  reloaded.fields = {"custom_materials"};
  EXPECT_FALSE(desk_->Reload(reloaded, FromFile(), false).ok());
  EXPECT_EQ(desk_->settings().log_star.material, "mine");
}

}  // namespace
}  // namespace atomstream

#include "client/agent/specimen_audit.h"

#include "client/agent/agent_report.h"
#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Visit VisitAt(double x, bool exposed = true) {
  v1::Visit visit;
  visit.set_x_fraction(x);
  visit.set_y_fraction(0.5);
  visit.set_exposed(exposed);
  return visit;
}

v1::Exposure ExposureAt(double x, int atom, const std::string& element, double distance_nm) {
  v1::Exposure exposure;
  exposure.set_x_fraction(x);
  exposure.set_y_fraction(0.5);
  exposure.set_electrons(1000);
  v1::ExposedAtom& nearest = *exposure.add_atoms();
  nearest.set_atom_id(atom);
  nearest.set_element(element);
  nearest.set_distance_nm(distance_nm);
  v1::ExposedAtom& next = *exposure.add_atoms();
  next.set_atom_id(atom + 1000);
  next.set_element("C");
  next.set_distance_nm(0.142);
  return exposure;
}

TEST(SpecimenAuditTest, CountsHitsMissesAndDoubleVisits) {
  std::vector<v1::Exposure> exposures = {ExposureAt(0.1, 7, "Si", 0.010),
                                         ExposureAt(0.2, 8, "Si", 0.020),
                                         ExposureAt(0.3, 9, "C", 0.005),    // the wrong element
                                         ExposureAt(0.4, 10, "Si", 0.080),  // beside the atom
                                         ExposureAt(0.5, 7, "Si", 0.030)};  // again
  v1::SpecimenEvent& hop = *exposures[0].add_events();
  hop.set_element("Si");
  exposures[1].add_events()->set_element("C");  // not the agent's target
  const SpecimenAudit audit = AuditSpecimen(
      exposures, {VisitAt(0.1), VisitAt(0.2), VisitAt(0.3), VisitAt(0.4), VisitAt(0.5)}, {});
  EXPECT_EQ(audit.exposures, 5);
  EXPECT_EQ(audit.others, 0);
  EXPECT_EQ(audit.misses, 2);
  EXPECT_EQ(audit.double_visits, 1);
  EXPECT_EQ(audit.changed_atoms, 1);
  EXPECT_EQ(audit.electrons, 5000);
  EXPECT_EQ(audit.electrons_outside, 2000);
  EXPECT_EQ(audit.median_error_nm, 0.020);
  EXPECT_EQ(audit.max_error_nm, 0.030);
  ASSERT_EQ(audit.notes.size(), 2u);
  EXPECT_THAT(audit.notes[1], HasSubstr("Si at 80 pm C at 142 pm"));
}

TEST(SpecimenAuditTest, VacuumIsAMiss) {
  v1::Exposure exposure = ExposureAt(0.1, 7, "Si", 0);
  exposure.clear_atoms();
  EXPECT_EQ(AuditSpecimen({exposure}, {VisitAt(0.1)}, {}).misses, 1);
}

TEST(SpecimenAuditTest, LeavesOutWhatOthersDid) {
  const SpecimenAudit audit =
      AuditSpecimen({ExposureAt(0.1, 7, "Si", 0), ExposureAt(0.2, 7, "Si", 0)},
                    {VisitAt(0.1), VisitAt(0.2, /*exposed=*/false)}, {});
  EXPECT_EQ(audit.exposures, 1);
  EXPECT_EQ(audit.others, 1);
  EXPECT_EQ(audit.double_visits, 0);
}

TEST(AgentReportTest, TheGoalIsReachedOnlyIfTheSpecimenAgrees) {
  AgentReport report;
  report.goal_sites = 2;
  report.account.visited = 2;
  report.end = AgentEnd::kGoal;
  EXPECT_THAT(Shortcomings(report), IsEmpty());
  report.audit.emplace();
  report.audit->exposures = 2;
  EXPECT_THAT(Shortcomings(report), IsEmpty());
  EXPECT_THAT(ReportText(report), HasSubstr("goal reached"));
  report.audit->misses = 1;
  report.audit->double_visits = 3;
  EXPECT_THAT(Shortcomings(report), ElementsAre("1 misses", "3 atoms visited again"));
  EXPECT_THAT(ReportJson(report), HasSubstr("\"goal_reached\":false"));
  report.audit.emplace().exposures = 1;
  EXPECT_THAT(Shortcomings(report), ElementsAre("the simulator knows of 1 exposures only"));
}

TEST(AgentReportTest, NamesWhatIsMissing) {
  AgentReport report;
  report.goal_sites = 5;
  report.goal_changed = 2;
  report.account.visited = 3;
  report.account.changed = 1;
  report.end = AgentEnd::kNoTargets;
  EXPECT_THAT(Shortcomings(report), ElementsAre("3 of 5 sites visited, ended by no_targets",
                                                "1 of 2 sites seen to change"));
  EXPECT_THAT(ReportText(report), HasSubstr("goal not reached: 3 of 5"));
}

}  // namespace
}  // namespace atomstream

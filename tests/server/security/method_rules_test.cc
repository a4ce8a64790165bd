// Against the service descriptors and SECURITY.md: tests/server/service/method_table_test.cc.
#include "server/security/method_rules.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace atomstream {
namespace {

TEST(MethodRulesTest, EachMethodIsThereOnceAndIsFound) {
  std::set<std::string> paths;
  for (const MethodRule& rule : MethodRules()) {
    EXPECT_TRUE(paths.insert(std::string(rule.path)).second) << rule.path;
    EXPECT_EQ(FindMethodRule(rule.path), &rule);
  }
}

TEST(MethodRulesTest, WhatIsNotExactlyAMethodIsNotFound) {
  for (const char* path :
       {"", "/", "Subscribe", "/atomstream.v1.Analysis/", "/atomstream.v1.Analysis/subscribe",
        "/atomstream.v1.Analysis/Subscribe/", "atomstream.v1.Analysis/Subscribe",
        "//atomstream.v1.Analysis/Subscribe", "/atomstream.v2.Analysis/Subscribe"}) {
    EXPECT_EQ(FindMethodRule(path), nullptr) << path;
  }
}

TEST(MethodRulesTest, OnlyAgentsPlaceTheBeamAndOnlyOperatorsSteer) {
  const RoleSet beam = FindMethodRule("/atomstream.v1.Targeting/VisitTarget")->roles;
  EXPECT_TRUE(beam.Has(Role::kAgent));
  EXPECT_FALSE(beam.Has(Role::kOperator));
  EXPECT_FALSE(beam.Has(Role::kViewer));
  const RoleSet steering = FindMethodRule("/atomstream.v1.Steering/UpdateSettings")->roles;
  EXPECT_TRUE(steering.Has(Role::kOperator));
  EXPECT_FALSE(steering.Has(Role::kAgent));
  EXPECT_FALSE(steering.Has(Role::kViewer));
}

TEST(MethodRulesTest, AdminMayCallEverything) {
  for (const MethodRule& rule : MethodRules()) EXPECT_TRUE(rule.roles.Has(Role::kAdmin));
}

}  // namespace
}  // namespace atomstream

#include "server/security/role_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

RolePolicy PolicyOf(absl::string_view text) {
  const auto policy = RolePolicy::Parse("lab.policy", text);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *policy : RolePolicy();
}

std::string Complaint(absl::string_view text) {
  const auto policy = RolePolicy::Parse("lab.policy", text);
  EXPECT_FALSE(policy.ok());
  return std::string(policy.status().message());
}

TEST(RoleTest, OnlyAdminIsInASetThatDoesNotNameIt) {
  constexpr RoleSet kOperators = {Role::kOperator};
  EXPECT_TRUE(kOperators.Has(Role::kOperator));
  EXPECT_TRUE(kOperators.Has(Role::kAdmin));
  EXPECT_FALSE(kOperators.Has(Role::kAgent));
  EXPECT_FALSE(kOperators.Has(Role::kViewer));
  EXPECT_EQ(RoleNames(kOperators), "operator, admin");
}

TEST(RoleTest, EveryNameIsReadBack) {
  for (const Role role : kAllRoles) {
    const auto parsed = ParseRole(RoleName(role));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, role);
  }
  EXPECT_FALSE(ParseRole("Admin").ok());
  EXPECT_FALSE(ParseRole("").ok());
}

TEST(RolePolicyTest, FindsByCommonNameAndByAlternativeName) {
  const RolePolicy policy = PolicyOf(
      "# the lab\n"
      "cn=Ana Lima   operator  # by her card\n"
      "\n"
      "san=agent1.lab\tagent\r\n");
  EXPECT_EQ(policy.RoleOf({.common_name = "Ana Lima"}), Role::kOperator);
  EXPECT_EQ(policy.RoleOf({.common_name = "x", .alternative_names = {"y", "agent1.lab"}}),
            Role::kAgent);
}

TEST(RolePolicyTest, ACertificateThatNoLineFitsHasNoRole) {
  const RolePolicy policy = PolicyOf("cn=ana admin\n");
  EXPECT_EQ(policy.RoleOf({.common_name = "Ana"}), std::nullopt);
  EXPECT_EQ(policy.RoleOf({.common_name = ""}), std::nullopt);
  EXPECT_EQ(policy.RoleOf({.common_name = "bo", .alternative_names = {"ana"}}), std::nullopt);
  EXPECT_EQ(PolicyOf("").RoleOf({.common_name = "ana"}), std::nullopt);
}

TEST(RolePolicyTest, TheFirstLineThatFitsCounts) {
  const RolePolicy policy = PolicyOf("cn=ana viewer\nsan=ana.lab admin\n");
  EXPECT_EQ(policy.RoleOf({.common_name = "ana", .alternative_names = {"ana.lab"}}), Role::kViewer);
}

TEST(RolePolicyTest, ErrorsNameFileAndLine) {
  EXPECT_THAT(Complaint("cn=ana viewer\n\ncn=bo boss\n"),
              StartsWith("lab.policy:3: role = boss: must be viewer"));
  EXPECT_THAT(Complaint("ana viewer\n"), StartsWith("lab.policy:1: \"ana viewer\": must be cn="));
  EXPECT_THAT(Complaint("viewer\n"), StartsWith("lab.policy:1: "));
  EXPECT_THAT(Complaint("cn=ana\n"), StartsWith("lab.policy:1: "));
  EXPECT_THAT(Complaint("cn= viewer\n"), HasSubstr("the name must not be empty"));
  EXPECT_THAT(Complaint("cn=ana viewer\ncn=ana admin\n"),
              StartsWith("lab.policy:2: cn=ana: is in line 1, too"));
}

}  // namespace
}  // namespace atomstream

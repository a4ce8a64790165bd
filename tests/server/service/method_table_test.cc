// The table of who may call what, and the methods that are counted, against the service descriptors
// and against SECURITY.md.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "atomstream/v1/analysis.pb.h"
#include "atomstream/v1/operations.pb.h"
#include "atomstream/v1/steering.pb.h"
#include "atomstream/v1/targeting.pb.h"
#include "server/metrics/call_metrics.h"
#include "server/security/method_rules.h"

namespace atomstream {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Of every service of the daemon.
std::vector<const MethodDescriptor*> AllMethods() {
  const FileDescriptor* files[] = {v1::GetStatusRequest::descriptor()->file(),
                                   v1::GetSettingsRequest::descriptor()->file(),
                                   v1::SelectTargetsRequest::descriptor()->file(),
                                   v1::ReloadConfigurationRequest::descriptor()->file()};
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      const ServiceDescriptor& service = *file->service(s);
      for (int m = 0; m < service.method_count(); ++m) methods.push_back(service.method(m));
    }
  }
  return methods;
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

TEST(MethodTableTest, HasEveryMethodOfEveryServiceOfTheDaemon) {
  EXPECT_FALSE(AllMethods().empty());
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_NE(FindMethodRule(PathOf(*method)), nullptr) << PathOf(*method) << ": who may call it?";
  }
}

TEST(CallMetricsTest, CountEveryMethodAndTimeThoseThatAnswerOnce) {
  MetricRegistry registry;
  const CallMetrics calls(registry);
  for (const MethodDescriptor* method : AllMethods()) {
    ASSERT_NE(calls.Calls(PathOf(*method), 0), nullptr) << PathOf(*method);
    EXPECT_EQ(calls.Duration(PathOf(*method)) == nullptr, method->server_streaming())
        << PathOf(*method);
  }
  EXPECT_EQ(calls.methods(), AllMethods().size()) << "one is counted that there is not";
}

TEST(MethodTableTest, HasNothingThatIsNoMethod) {
  for (const MethodRule& rule : MethodRules()) {
    if (!absl::StartsWith(rule.path, "/atomstream.")) continue;
    std::string name(rule.path.substr(1));
    name[name.find('/')] = '.';
    EXPECT_NE(DescriptorPool::generated_pool()->FindMethodByName(name), nullptr) << rule.path;
  }
}

// Rows of SECURITY.md look like "| Analysis.Subscribe | yes | yes | yes | yes |": viewer, operator,
// agent, admin; "–" is no.
TEST(MethodTableTest, IsWhatTheDocumentSays) {
  std::ifstream file(SECURITY_MD);
  ASSERT_TRUE(file.good()) << SECURITY_MD;
  std::map<std::string, std::string> documented;
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "| `")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, '`');
    if (cells.size() == 3 && absl::StrContains(cells[1], '.')) documented[cells[1]] = cells[2];
  }
  for (const MethodRule& rule : MethodRules()) {
    if (!absl::StartsWith(rule.path, "/atomstream.v1.")) continue;
    std::string name(rule.path.substr(std::string("/atomstream.v1.").size()));
    name[name.find('/')] = '.';
    std::string row = " |";
    for (const Role role : kAllRoles)
      absl::StrAppend(&row, rule.roles.Has(role) ? " yes |" : " – |");
    EXPECT_EQ(documented[name], row) << name;
    documented.erase(name);
  }
  for (const auto& [name, row] : documented)
    ADD_FAILURE() << "SECURITY.md: " << name << " is no method";
}

}  // namespace
}  // namespace atomstream

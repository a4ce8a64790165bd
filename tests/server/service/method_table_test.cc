// The table of who may call what, against the service descriptors and against SECURITY.md.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "atomstream/v1/analysis.pb.h"
#include "atomstream/v1/operations.pb.h"
#include "atomstream/v1/steering.pb.h"
#include "atomstream/v1/targeting.pb.h"
#include "server/security/method_rules.h"

namespace atomstream {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;

TEST(MethodTableTest, HasEveryMethodOfEveryServiceOfTheDaemon) {
  const FileDescriptor* files[] = {v1::GetStatusRequest::descriptor()->file(),
                                   v1::GetSettingsRequest::descriptor()->file(),
                                   v1::SelectTargetsRequest::descriptor()->file(),
                                   v1::ReloadConfigurationRequest::descriptor()->file()};
  int methods = 0;
  for (const FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      const ServiceDescriptor& service = *file->service(s);
      for (int m = 0; m < service.method_count(); ++m) {
        const std::string path =
            absl::StrCat("/", service.full_name(), "/", service.method(m)->name());
        EXPECT_NE(FindMethodRule(path), nullptr) << path << ": who may call it?";
        ++methods;
      }
    }
  }
  EXPECT_GT(methods, 0);
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

#include "server/audit/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() { std::remove(path_.c_str()); }
  ~AuditLogTest() override { std::filesystem::remove_all(path_); }

  std::unique_ptr<AuditLog> Make(const std::string& path) {
    return MakeAuditLog(
        path, {.clock = &clock_, .log = &log_, .lines_written = written_, .lines_failed = failed_});
  }

  const std::string path_ = absl::StrCat(
      testing::TempDir(), testing::UnitTest::GetInstance()->current_test_info()->name(), ".audit");
  FakeClock clock_;
  SilentLog log_;
  MetricRegistry registry_;
  Counter* const written_ =
      registry_.AddCounter("atomstream_audit_lines_total", {{"outcome", "written"}});
  Counter* const failed_ =
      registry_.AddCounter("atomstream_audit_lines_total", {{"outcome", "failed"}});
};

TEST_F(AuditLogTest, WritesOneLineAnActWithItsTimeAndWhoDidIt) {
  auto audit = Make(path_);
  audit->Record({"ana (ipv4:127.0.0.1:40112)", "select", "selection: knee -> preference 0.3"});
  clock_.Advance(absl::Milliseconds(1500));
  audit->Record({"unnamed (ipv4:127.0.0.1:40113)", "update", "log_star.material: auto -> graphene",
                 "5c1e09f2-17"});
  EXPECT_THAT(LinesOf(path_),
              testing::ElementsAre("2023-11-14T22:13:20.000000Z\tselect\tana "
                                   "(ipv4:127.0.0.1:40112)\tselection: knee -> preference 0.3\t-",
                                   "2023-11-14T22:13:21.500000Z\tupdate\tunnamed "
                                   "(ipv4:127.0.0.1:40113)\tlog_star.material: auto -> "
                                   "graphene\t5c1e09f2-17"));
  EXPECT_EQ(written_->value(), 2);
  EXPECT_EQ(failed_->value(), 0);
}

TEST_F(AuditLogTest, ANameCannotForgeALine) {
  auto audit = Make(path_);
  audit->Record({"a\n2023\tselect\tboss\\", "select", "x\x7f\xc3\xbc", "r\t\n"});
  EXPECT_THAT(LinesOf(path_),
              testing::ElementsAre(testing::EndsWith("\tselect\ta\\x0a2023\\x09select\\x09boss"
                                                     "\\\\\tx\\x7f\xc3\xbc\tr\\x09\\x0a")));
}

TEST_F(AuditLogTest, AppendsToWhatIsThere) {
  for (int i = 0; i < 2; ++i) Make(path_)->Record({"a", "select", absl::StrCat(i)});
  EXPECT_EQ(LinesOf(path_).size(), 2u);
}

TEST_F(AuditLogTest, GoesOnInANewFileWhenTheOldOneIsMovedAway) {
  auto audit = Make(path_);
  audit->Record({"a", "select", "first"});
  std::filesystem::rename(path_, path_ + ".1");
  audit->Record({"a", "select", "second"});
  EXPECT_THAT(LinesOf(path_ + ".1"), testing::ElementsAre(testing::HasSubstr("first")));
  EXPECT_THAT(LinesOf(path_), testing::ElementsAre(testing::HasSubstr("second")));
  std::filesystem::remove(path_ + ".1");
}

TEST_F(AuditLogTest, ALineThatCannotBeWrittenIsCounted) {
  auto audit = Make(path_);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  audit->Record({"a", "select", "lost"});
  EXPECT_EQ(failed_->value(), 1);
  EXPECT_EQ(written_->value(), 0);
}

TEST_F(AuditLogTest, APathThatCannotBeWrittenIsToldBeforehandAndNothingIsMade) {
  for (const std::string path : {"/nonexistent/folder/audit.log", "/"}) {
    const absl::Status status = CheckAuditFile(path);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr(absl::StrCat("steering.audit_log = ", path, ": ")));
  }
  EXPECT_TRUE(CheckAuditFile(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(CheckAuditFile("").ok());
}

TEST_F(AuditLogTest, WithoutAFileTheEventLogIsEnough) {
  auto audit = Make("");
  audit->Record({"a", "select", "x"});
  EXPECT_EQ(written_->value(), 1);
}

TEST_F(AuditLogTest, LinesOfManyThreadsStayWhole) {
  auto audit = Make(path_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&audit, t] {
      for (int i = 0; i < 50; ++i) audit->Record({absl::StrCat("t", t), "select", "text"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = LinesOf(path_);
  EXPECT_EQ(lines.size(), 200u);
  for (const std::string& line : lines) {
    EXPECT_THAT(line, testing::MatchesRegex("2023-11-14T22:13:20.000000Z\tselect\tt.\ttext\t-"));
  }
}

TEST(CallerNameTest, JoinsNameAndAddress) {
  EXPECT_EQ(CallerName("ana", "ipv4:127.0.0.1:1"), "ana (ipv4:127.0.0.1:1)");
  EXPECT_EQ(CallerName("", "ipv4:127.0.0.1:1"), "unnamed (ipv4:127.0.0.1:1)");
}

TEST(ShownNameTest, AClaimIsAddedToTheAuthenticatedNameAndNeverReplacesIt) {
  EXPECT_EQ(ShownName("cert:ana", ""), "cert:ana");
  EXPECT_EQ(ShownName("cert:ana", "night shift"), "cert:ana as night shift");
  EXPECT_EQ(ShownName("", "night shift"), "night shift");
  EXPECT_EQ(ShownName("", ""), "");
}

}  // namespace
}  // namespace atomstream

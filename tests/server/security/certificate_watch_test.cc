#include "server/security/certificate_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/metrics/metric_catalogue.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Begins now, and moves only when the test says so.
class MovedClock final : public Clock {
 public:
  absl::Time Now() const override { return begin_ + moved; }
  absl::Duration moved;

 private:
  const absl::Time begin_ = absl::Now();
};

class KeptLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Keep("INFO ", message); }
  void Warning(absl::string_view message) override { Keep("WARNING ", message); }
  std::vector<std::string> Take() {
    MutexLock lock(&mutex_);
    return std::exchange(lines_, {});
  }

 private:
  void Keep(absl::string_view level, absl::string_view message) {
    MutexLock lock(&mutex_);
    lines_.push_back(absl::StrCat(level, message));
  }
  Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

class CertificateWatchTest : public testing::Test {
 protected:
  static constexpr absl::Duration kYear = absl::Hours(24 * 365);

  CertificateWatchTest() {
    Write("ca.crt", ca_.Sign({.common_name = "signing", .ends = kYear}).certificate);
    Replace(New("first"));
  }

  static std::string Path(const std::string& name) {
    return absl::StrCat(testing::TempDir(), "certificate_watch_", getpid(), "_", name);
  }
  static void Write(const std::string& name, const std::string& text) {
    WriteWhole(Path(name), text);
  }
  KeyAndCertificate New(const std::string& name) const {
    return ca_.Sign({.common_name = name, .ends = kYear});
  }
  static void Replace(const KeyAndCertificate& pair) {
    Write("server.crt", pair.certificate);
    Write("server.key", pair.key);
  }

  absl::StatusOr<std::unique_ptr<CertificateWatch>> Create() {
    return CertificateWatch::Create({{.name = "server",
                                      .files = {.field = "security.tls",
                                                .certificate = Path("server.crt"),
                                                .key = Path("server.key"),
                                                .ca_field = "client_ca",
                                                .ca = Path("ca.crt")},
                                      .metrics = &metrics_.server}},
                                    {.clock = &clock_, .log = &log_});
  }

  const LabCa ca_;
  MovedClock clock_;
  KeptLog log_;
  MetricRegistry registry_;
  CertificateMetrics metrics_{registry_};
};

TEST_F(CertificateWatchTest, TakesARenewedPairAndShowsItsEnd) {
  const auto watch = *Create();
  EXPECT_NEAR(metrics_.server.certificate_end->value(),
              absl::ToDoubleSeconds(clock_.Now() + kYear - absl::UnixEpoch()), 60);
  EXPECT_TRUE(std::isnan(metrics_.microscope.certificate_end->value()));
  const CertificatesPtr first = watch->newest("server");
  watch->Look();
  EXPECT_EQ(watch->newest("server"), first) << "nothing has changed";
  EXPECT_THAT(log_.Take(), IsEmpty());
  const KeyAndCertificate second = ca_.Sign({.common_name = "second", .ends = 2 * kYear});
  Replace(second);
  watch->Look();
  EXPECT_EQ(watch->newest("server")->certificate, second.certificate);
  EXPECT_EQ(watch->newest("server")->key, second.key);
  EXPECT_NEAR(metrics_.server.certificate_end->value(),
              absl::ToDoubleSeconds(clock_.Now() + 2 * kYear - absl::UnixEpoch()), 60);
  EXPECT_EQ(metrics_.server.ok->value(), 2);
  EXPECT_EQ(metrics_.server.refused->value(), 0);
  EXPECT_THAT(
      log_.Take(),
      ElementsAre(StartsWith("INFO the certificates of the server were read anew; they end at ")));
  EXPECT_EQ(watch->newest("nobody"), nullptr);
}

TEST_F(CertificateWatchTest, KeepsThePairBeforeWhileTheOneOnDiskIsBroken) {
  const KeyAndCertificate first = New("first"), second = New("second");
  Replace(first);
  const auto watch = *Create();
  Write("server.crt", second.certificate);
  watch->Look();
  watch->Look();
  EXPECT_EQ(watch->newest("server")->certificate, first.certificate);
  EXPECT_EQ(watch->newest("server")->key, first.key);
  EXPECT_EQ(metrics_.server.refused->value(), 2) << "as long as it is broken";
  EXPECT_EQ(metrics_.server.ok->value(), 0);
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("is not the key of"))) << "told once";
  Write("server.crt", "");
  watch->Look();
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("server.crt: is empty"))) << "another reason";
  Replace(first);
  watch->Look();
  EXPECT_EQ(metrics_.server.ok->value(), 1);
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("on disk are those that count")));
  Replace(second);
  watch->Look();
  EXPECT_EQ(watch->newest("server")->key, second.key);
}

TEST_F(CertificateWatchTest, WhatEndsWhileItServesIsNotRefusedButItsSuccessorIs) {
  const auto watch = *Create();
  clock_.moved = kYear + absl::Hours(1);
  watch->Look();
  EXPECT_EQ(metrics_.server.refused->value(), 0);
  Replace(New("over by then"));
  watch->Look();
  EXPECT_EQ(metrics_.server.refused->value(), 1);
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("has expired")));
}

TEST_F(CertificateWatchTest, DoesNotBeginWithABrokenPairAndWarnsOfAnEndThatIsNear) {
  Write("server.key", New("other").key);
  EXPECT_EQ(Create().status().code(), absl::StatusCode::kInvalidArgument);
  Replace(ca_.Sign({.common_name = "brief", .ends = absl::Hours(24 * 5 + 1)}));
  ASSERT_TRUE(Create().ok());
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("server.crt: ends in 5 days, at ")));
}

TEST_F(CertificateWatchTest, ItsThreadLooksWhenItIsTold) {
  const auto watch = *Create();
  watch->Start(absl::InfiniteDuration());
  const KeyAndCertificate second = New("second");
  Replace(second);
  watch->LookSoon();
  // Only a test that fails waits so long.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (watch->newest("server")->key != second.key) ASSERT_LT(absl::Now(), deadline);
}

}  // namespace
}  // namespace atomstream

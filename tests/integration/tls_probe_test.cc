// The probe of the port at a real listener behind TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "server/health/listener_probe.h"
#include "server/log/grpc_log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/line_log.h"
#include "tests/integration/secure_daemon.h"

namespace atomstream {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

// Only a test that fails reaches it.
constexpr absl::Duration kPatience = absl::Minutes(1);

TEST(TlsProbeTest, AListenerBehindTlsAnswersEveryTimeAndLogsNothing) {
  LineLog log;
  {
    const GrpcLog grpc_log(&log);
    HarnessOptions options;
    options.log = &log;
    SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
    FakeClock clock;
    const auto probe =
        ListenerProbe::Create("127.0.0.1:0", daemon.harness().daemon().port(), &clock);
    ASSERT_TRUE(probe.ok()) << probe.status();
    for (int i = 1; i <= 3; ++i) {
      const absl::Time patience = absl::Now() + kPatience;
      while ((*probe)->answers() < i && absl::Now() < patience) {
        EXPECT_EQ((*probe)->Look(), absl::ZeroDuration());
        std::this_thread::yield();
      }
      ASSERT_EQ((*probe)->answers(), i);
      EXPECT_EQ((*probe)->not_known(), "");
      clock.Advance(ListenerProbe::kInterval);
    }
  }
  // The daemon has ended, so that nothing is said later.
  EXPECT_THAT(log.lines(), Each(Not(HasSubstr("grpc"))));
  EXPECT_THAT(log.lines(), Each(Not(HasSubstr("component=listener"))));
}

}  // namespace
}  // namespace atomstream

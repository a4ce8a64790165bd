#include "server/metrics/prometheus_exposer.h"

#include <gtest/gtest.h>

#include <array>

#include "server/metrics/metric.h"

namespace atomstream {
namespace {

// More thread-local variables than fit on a stack of civetweb's choice (100 KiB), as with OpenBLAS.
thread_local std::array<char, size_t{256} << 10> much;

TEST(PrometheusExposerTest, ServesHoweverManyThreadLocalVariablesTheLibrariesHave) {
  much.front() = 1;  // or it would be left out
  const MetricRegistry registry;
  const auto exposer = PrometheusExposer::Start("127.0.0.1:0", &registry);
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  EXPECT_GT((*exposer)->port(), 0);
  EXPECT_EQ(much.front(), 1);
}

}  // namespace
}  // namespace atomstream

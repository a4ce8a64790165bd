#include "server/trace/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace atomstream {
namespace {

constexpr char kValid[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsWhatTheStandardDescribes) {
  const auto context = ParseTraceParent(kValid);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->parent_id, "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(TraceParentText(*context), kValid);
  const auto quiet = ParseTraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe");
  ASSERT_TRUE(quiet);
  EXPECT_FALSE(quiet->sampled);  // the other bits mean nothing here
}

TEST(TraceContextTest, RefusesEveryMalformedHeader) {
  const std::string valid = kValid;
  for (const char* malformed :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // that version is none
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",    // no trace
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",    // no parent
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",    // capitals
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-001",    // dashes elsewhere
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",    // no dashes
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",    // no digits
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",  // too much for version 00
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"}) {
    EXPECT_FALSE(ParseTraceParent(malformed)) << malformed;
  }
  for (size_t length = 0; length < valid.size(); ++length) {
    EXPECT_FALSE(ParseTraceParent(valid.substr(0, length))) << length;
  }
}

TEST(TraceContextTest, ReadsLaterVersionsAsFarAsTheyAgree) {
  for (const char* later : {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"}) {
    const auto context = ParseTraceParent(later);
    ASSERT_TRUE(context) << later;
    EXPECT_EQ(TraceParentText(*context), kValid);
  }
}

TEST(TraceContextTest, TraceStateIsJoinedAndLeftOutWhereItCannotBeCarried) {
  EXPECT_EQ(JoinTraceState({}), "");
  EXPECT_EQ(JoinTraceState({"rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE"}),
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  EXPECT_EQ(JoinTraceState({std::string(512, 'a')}).size(), 512u);
  EXPECT_EQ(JoinTraceState({std::string(513, 'a')}), "");
  EXPECT_EQ(JoinTraceState({"a=\n"}), "");
  EXPECT_EQ(JoinTraceState({"a=\xc3\xbc"}), "");
}

}  // namespace
}  // namespace atomstream

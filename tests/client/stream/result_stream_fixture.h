// ResultStreamTest: a ResultStream against scripts, without connections and waiting.
#ifndef ATOMSTREAM_TESTS_CLIENT_STREAM_RESULT_STREAM_FIXTURE_H_
#define ATOMSTREAM_TESTS_CLIENT_STREAM_RESULT_STREAM_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/cpp/result_stream.h"
#include "gmock/gmock.h"
#include "tests/client/stream/stream_messages.h"
#include "tests/client/stream/subscriber_client.h"

namespace atomstream {

inline std::string PositionText(const v1::ResultPosition& position) {
  return absl::StrCat(position.epoch(), "/", position.sequence());
}

// One word an event, to compare whole courses.
inline std::string Text(const ResultEvent& event) {
  struct Visitor {
    std::string operator()(const Linked& linked) const {
      const std::string run = absl::StrCat("run ", PositionText(linked.run.position()));
      const bool resumed = linked.after.sequence() != linked.run.position().sequence();
      return resumed ? absl::StrCat(run, " after ", PositionText(linked.after)) : run;
    }
    std::string operator()(const v1::FrameResult& result) const {
      return PositionText(result.position());
    }
    std::string operator()(const ResultGap& gap) const {
      return absl::StrCat(gap.cause == ResultGap::Cause::kNotKept ? "gone " : "gap ", gap.epoch,
                          "/", gap.first_sequence, "-", gap.last_sequence, " of ", gap.results);
    }
    std::string operator()(const v1::SourceStatus&) const { return "source"; }
    std::string operator()(const v1::SettingsChange&) const { return "settings"; }
    std::string operator()(const EpochChange& change) const {
      return absl::StrCat("epoch ", PositionText(change.old_position), " ", change.new_epoch);
    }
    std::string operator()(const Reconnecting& r) const {
      return absl::StrCat("lost ", r.attempts, ": ", r.cause.message());
    }
  };
  return std::visit(Visitor(), event);
}

class ResultStreamTest : public ::testing::Test {
 protected:
  ResultStream& Start() {
    auto stream =
        ResultStream::Create(&client_, options_, {&clock_, &wait_, [this] { return jitter_; }});
    EXPECT_TRUE(stream.ok()) << stream.status();
    stream_ = *std::move(stream);
    return *stream_;
  }

  // The next `count` events; an error is the last word.
  std::vector<std::string> Read(int count) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) {
      const absl::StatusOr<ResultEvent> event = stream_->Next();
      words.push_back(event.ok() ? Text(*event) : event.status().ToString());
      if (!event.ok()) break;
    }
    return words;
  }

  std::string Position() const {
    return stream_->position() ? PositionText(*stream_->position()) : "none";
  }
  std::vector<std::string> ResumedAfter() const {
    std::vector<std::string> positions;
    for (const v1::SubscribeRequest& request : client_.requests()) {
      positions.push_back(request.has_resume_after() ? PositionText(request.resume_after())
                                                     : "none");
    }
    return positions;
  }

  FakeClock clock_;
  ClockWait wait_{&clock_};
  ScriptedClient client_{&clock_};
  double jitter_ = 0;
  ResultStreamOptions options_;
  std::unique_ptr<ResultStream> stream_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_STREAM_RESULT_STREAM_FIXTURE_H_

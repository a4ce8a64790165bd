// FakeLogStar: a detector whose answer the test decides.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_

#include <functional>
#include <utility>

#include "detectors/log_star/log_star.h"

namespace atomstream {

class FakeLogStar final : public LogStar {
 public:
  using Body = std::function<absl::StatusOr<LogStarResult>(const Frame&, const WarmStart*)>;

  // Finds one atom whose column is the frame's number.
  FakeLogStar()
      : FakeLogStar([](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
          LogStarResult result;
          result.atoms.push_back({.x_px = static_cast<float>(frame.metadata().number)});
          result.front.push_back({.qc = 0.25, .er = 0.125, .params = {}});
          result.chosen = 0;
          result.chosen_by = "knee";
          result.evaluations = 10;
          return result;
        }) {}
  explicit FakeLogStar(Body body) : body_(std::move(body)) {}

  using LogStar::Detect;
  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const DetectRequest& request,
                                       Executor&) const override {
    return body_(frame, request.warm_start);
  }

 private:
  const Body body_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_

// FakeLogStar: a detector whose answer the test decides. FakeAnalysis: a searched frame that finds
// one atom at the index of the solution that is chosen. FakeFactory and
// MakeFakeSettings: settings that come with such detectors.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "detectors/log_star/log_star.h"
#include "server/steering/active_settings.h"

namespace atomstream {

class FakeLogStar final : public LogStar {
 public:
  using Body = std::function<absl::StatusOr<LogStarResult>(const Frame&, const WarmStart*)>;
  using RequestBody =
      std::function<absl::StatusOr<LogStarResult>(const Frame&, const DetectRequest&)>;

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
  explicit FakeLogStar(Body body)
      : body_([body = std::move(body)](const Frame& frame, const DetectRequest& request) {
          return body(frame, request.warm_start);
        }) {}
  explicit FakeLogStar(RequestBody body) : body_(std::move(body)) {}

  using LogStar::Detect;
  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const DetectRequest& request,
                                       Executor&) const override {
    return body_(frame, request);
  }

 private:
  const RequestBody body_;
};

// A front of `size` solutions; of solution i QC rises and ER falls with i.
inline std::vector<FrontPoint> MakeFakeFront(int size) {
  std::vector<FrontPoint> front;
  for (int i = 0; i < size; ++i) {
    front.push_back({.qc = 0.1 * i, .er = 0.1 * (size - 1 - i), .params = {}});
  }
  return front;
}

class FakeAnalysis final : public FrameAnalysis {
 public:
  explicit FakeAnalysis(std::vector<FrontPoint> front) : front_(std::move(front)) {}

  absl::StatusOr<LogStarResult> Reselect(const Reselection& reselection) const override {
    ParetoFront front;
    for (const FrontPoint& point : front_) front.Insert({{}, {point.qc, point.er}});
    LogStarResult result;
    ASSIGN_OR_RETURN(result.chosen, ChooseOnFront(front, reselection.choice));
    result.front = front_;
    result.choice = reselection.choice;
    result.chosen_by = std::string(ChoiceName(reselection.choice));
    result.window_mode = reselection.window_mode.value_or(WindowMode::kGlobal);
    result.qc = front_[result.chosen].qc;
    result.er = front_[result.chosen].er;
    result.atoms.push_back({.x_px = static_cast<float>(result.chosen)});
    return result;
  }
  absl::StatusOr<std::vector<WindowResult>> Windows(const SolutionChoice&) const override {
    WindowResult window;
    window.width_px = window.height_px = 8;
    window.front = front_;
    window.chosen = 0;
    return std::vector<WindowResult>{window};
  }
  int64_t bytes() const override { return 0; }

 private:
  const std::vector<FrontPoint> front_;
};

// A detector that finds a front of `size` solutions in every frame, and keeps an analysis.
inline FakeLogStar::RequestBody FindFront(int size) {
  return [size](const Frame&, const DetectRequest& request) -> absl::StatusOr<LogStarResult> {
    auto analysis = std::make_shared<FakeAnalysis>(MakeFakeFront(size));
    ASSIGN_OR_RETURN(LogStarResult result,
                     analysis->Reselect({.choice = *request.choice, .window_mode = std::nullopt}));
    if (request.keep_analysis) result.analysis = std::move(analysis);
    return result;
  };
}

// Detectors of this body, whatever the options.
template <typename Body>
LogStarFactory FakeFactory(Body body) {
  return
      [body = std::move(body)](const LogStarOptions&) -> absl::StatusOr<std::unique_ptr<LogStar>> {
        return std::make_unique<FakeLogStar>(body);
      };
}

inline LogStarFactory FakeFactory() {
  return [](const LogStarOptions&) -> absl::StatusOr<std::unique_ptr<LogStar>> {
    return std::make_unique<FakeLogStar>();
  };
}

inline SettingsPtr MakeFakeSettings(const LogStarFactory& factory = FakeFactory()) {
  return *FirstSettings({}, factory, absl::UnixEpoch());
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_LOG_STAR_H_

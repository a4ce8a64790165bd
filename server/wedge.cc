#include "server/wedge.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(10);

class Wedge {
 public:
  explicit Wedge(std::string file) : file_(std::move(file)) {}

  // One worker is enough to find out whether anybody notices; the others go on.
  void Pass() {
    if (!IsThere() || held_.exchange(true)) return;
    while (IsThere()) absl::SleepFor(kLook);
    held_ = false;
  }

 private:
  bool IsThere() const { return access(file_.c_str(), F_OK) == 0; }

  const std::string file_;
  std::atomic<bool> held_ = false;
};

class WedgedLogStar final : public LogStar {
 public:
  WedgedLogStar(std::unique_ptr<LogStar> detector, std::shared_ptr<Wedge> wedge)
      : detector_(std::move(detector)), wedge_(std::move(wedge)) {}

  using LogStar::Detect;
  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const DetectRequest& request,
                                       Executor& executor) const override {
    wedge_->Pass();
    return detector_->Detect(frame, request, executor);
  }

 private:
  const std::unique_ptr<LogStar> detector_;
  const std::shared_ptr<Wedge> wedge_;
};

}  // namespace

LogStarFactory WithWedge(LogStarFactory factory, const std::string& file) {
  return [factory = std::move(factory), wedge = std::make_shared<Wedge>(file)](
             const LogStarOptions& options) -> absl::StatusOr<std::unique_ptr<LogStar>> {
    ASSIGN_OR_RETURN(std::unique_ptr<LogStar> detector, factory(options));
    return std::make_unique<WedgedLogStar>(std::move(detector), wedge);
  };
}

}  // namespace atomstream

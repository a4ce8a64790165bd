#include "tests/bench/tested_detector.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/executor.h"
#include "core/base/status_macros.h"
#include "core/structure/atom.h"
#include "detectors/log_star/log_star.h"
#include "detectors/unet/unet_detector.h"
#include "tests/bench/unet_loading.h"

namespace atomstream::bench {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double MillisecondsSince(SteadyTime start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

std::vector<PointPx> PositionsOf(const std::vector<Atom>& atoms) {
  std::vector<PointPx> positions;
  positions.reserve(atoms.size());
  for (const Atom& atom : atoms) positions.push_back({atom.x_px, atom.y_px});
  return positions;
}

class TestedLogStar : public TestedDetector {
 public:
  explicit TestedLogStar(std::unique_ptr<LogStar> log_star) : log_star_(std::move(log_star)) {}

  const std::string& name() const override { return name_; }

  absl::StatusOr<Detection> Detect(const Frame& frame) const override {
    InlineExecutor executor;
    const auto start = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const LogStarResult result, log_star_->Detect(frame, nullptr, executor));
    return Detection{PositionsOf(result.atoms), "cpu", "", result.flags, MillisecondsSince(start)};
  }

 private:
  const std::string name_ = "log_star";
  const std::unique_ptr<LogStar> log_star_;
};

class TestedUnet : public TestedDetector {
 public:
  TestedUnet(std::unique_ptr<UnetDetector> detector, std::shared_ptr<const Segmenter> segmenter)
      : detector_(std::move(detector)), segmenter_(std::move(segmenter)) {}

  const std::string& name() const override { return name_; }

  absl::StatusOr<Detection> Detect(const Frame& frame) const override {
    const auto start = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const UnetResult result, detector_->Detect(frame, *segmenter_));
    return Detection{PositionsOf(result.atoms),
                     result.precision.empty() ? result.device
                                              : absl::StrCat(result.device, "/", result.precision),
                     result.model_id, result.flags, MillisecondsSince(start)};
  }

 private:
  const std::string name_ = "unet";
  const std::unique_ptr<UnetDetector> detector_;
  const std::shared_ptr<const Segmenter> segmenter_;
};

}  // namespace

UnetFlags ReadUnetFlags(Flags& flags) {
  UnetFlags unet;
  unet.model = flags.Text("model", "");
  unet.device = flags.Choice("device", {"auto", "cuda", "cpu"}, unet.device);
  unet.precision = flags.Choice("precision", {"auto", "float32", "reduced"}, unet.precision);
  unet.threads = flags.Integer("threads", unet.threads);
  unet.tile_px = flags.Integer("tile", unet.tile_px);
  unet.threshold = flags.Number("threshold", unet.threshold);
  return unet;
}

absl::StatusOr<std::unique_ptr<TestedDetector>> MakeTestedDetector(const std::string& name,
                                                                   const LogStarOptions& log_star,
                                                                   const UnetFlags& unet,
                                                                   const Clock* clock) {
  if (name == "log_star") {
    ASSIGN_OR_RETURN(std::unique_ptr<LogStar> made, LogStar::Create(log_star, clock));
    return std::make_unique<TestedLogStar>(std::move(made));
  }
  if (name == "unet") {
    ASSIGN_OR_RETURN(std::shared_ptr<const Segmenter> segmenter, LoadSegmenter(unet, clock));
    UnetOptions options;
    options.threshold = unet.threshold;
    ASSIGN_OR_RETURN(std::unique_ptr<UnetDetector> made, UnetDetector::Create(options, clock));
    return std::make_unique<TestedUnet>(std::move(made), std::move(segmenter));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--detectors: \"", name, "\" is neither log_star nor unet"));
}

}  // namespace atomstream::bench

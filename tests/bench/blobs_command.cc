#include <cstdio>
#include <vector>

#include "core/base/status_macros.h"
#include "core/blob/log_blobs.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"
#include "tests/bench/image_input.h"

namespace atomstream::bench {
namespace {

void Print(const std::vector<Blob>& blobs, bool json) {
  if (!json) {
    std::printf("%10s %10s %10s %12s\n", "x_px", "y_px", "sigma_px", "response");
    for (const Blob& b : blobs) {
      std::printf("%10.3f %10.3f %10.4f %12.6g\n", b.x_px, b.y_px, b.sigma_px, b.response);
    }
    return;
  }
  std::printf("{\"count\": %zu, \"blobs\": [", blobs.size());
  for (size_t i = 0; i < blobs.size(); ++i) {
    const Blob& b = blobs[i];
    std::printf("%s{\"x_px\": %.9g, \"y_px\": %.9g, \"sigma_px\": %.9g, \"response\": %.9g}",
                i == 0 ? "" : ", ", b.x_px, b.y_px, b.sigma_px, b.response);
  }
  std::printf("]}\n");
}

}  // namespace

absl::Status RunBlobs(const Arguments& arguments) {
  Flags flags(arguments, {"no-prune", "log-scale", "scale"});
  LogParams params;
  params.min_sigma_px = flags.Number("min-sigma", params.min_sigma_px);
  params.max_sigma_px = flags.Number("max-sigma", params.max_sigma_px);
  params.num_sigma = flags.Integer("num-sigma", params.num_sigma);
  params.threshold = flags.Number("threshold", params.threshold);
  params.overlap = flags.Number("overlap", params.overlap);
  if (flags.Switch("no-prune")) params.pruning = Pruning::kNone;
  LogBlobOptions options;
  options.log_scale = flags.Switch("log-scale");
  options.exclude_border_px = flags.Integer("exclude-border", 0);
  const bool scale = flags.Switch("scale");
  const std::string format = flags.Choice("format", {"text", "json"}, "text");
  RETURN_IF_ERROR(flags.Finish(1));

  ASSIGN_OR_RETURN(const auto frame, ReadFrame(flags.positional()[0]));
  const Image image = scale ? ScaleMinMax(frame->image()) : AsFloatImage(*frame);
  ASSIGN_OR_RETURN(const std::vector<Blob> blobs, DetectLogBlobs(image, params, options));
  Print(blobs, format == "json");
  return absl::OkStatus();
}

}  // namespace atomstream::bench

#include "tests/bench/unet_speed.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "detectors/unet/unet_detector.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/image_input.h"
#include "tests/bench/one_member_model.h"
#include "tests/bench/python_script.h"
#include "tests/bench/statistics.h"
#include "tests/bench/torch_reference.h"
#include "tests/bench/unet_loading.h"

namespace atomstream::bench {
namespace {

constexpr int kSizes[] = {128, 256, 512};
constexpr int kLargestTile = 512;
// Graphene's at the scale of our networks, 6 px per d_NN; the arithmetic does not depend on it.
constexpr double kPixelSizeNm = 0.142 / 6;

// One way to serve a network.
struct Setting {
  std::string name;
  std::shared_ptr<const Segmenter> segmenter;
  bool one_member = false;
  bool only_largest_size = false;
};

// Measurements of one setting at one image size, over all rounds.
struct Sample {
  std::vector<double> whole, compute, transfer;
  std::string device, precision;
  int tiles = 0;
};

absl::Status Measure(const Segmenter& segmenter, const Image& image, int repeats, Sample& sample) {
  // Once unmeasured: another size or the reference may have run since.
  RETURN_IF_ERROR(segmenter.Segment(image).status());
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const Segmentation result, segmenter.Segment(image));
    sample.whole.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
    sample.compute.push_back(absl::ToDoubleMilliseconds(result.compute));
    sample.transfer.push_back(absl::ToDoubleMilliseconds(result.transfer));
    sample.device = result.device;
    sample.precision = result.precision;
    sample.tiles = result.tiles;
  }
  return absl::OkStatus();
}

void PrintHeader() {
  std::printf("%-28s %5s %7s %5s %-16s | %9s %19s %9s %9s | %9s %19s %6s\n", "U-Net, one image",
              "px", "threads", "tiles", "device", "ms", "quartiles", "compute", "transfer",
              "eager ms", "quartiles", "ratio");
}

std::string Range(const Quartiles& q) { return absl::StrFormat("%.2f-%.2f", q.lower, q.upper); }

void Print(const Setting& setting, int size_px, int threads, const Sample& sample,
           const std::vector<double>& reference, bool json) {
  const Quartiles whole = QuartilesOf(sample.whole);
  const Quartiles compute = QuartilesOf(sample.compute);
  const Quartiles transfer = QuartilesOf(sample.transfer);
  const std::string device = absl::StrCat(sample.device, "/", sample.precision);
  // The reference is one network.
  std::optional<Quartiles> eager;
  if (setting.one_member && !reference.empty()) eager = QuartilesOf(reference);
  if (json) {
    std::printf(
        "{\"stage\": \"unet, %s\", \"size_px\": %d, \"threads\": %d, \"tiles\": %d, \"device\": "
        "\"%s\", \"ms\": %.4f, \"lower_quartile_ms\": %.4f, \"upper_quartile_ms\": %.4f, "
        "\"compute_ms\": %.4f, \"transfer_ms\": %.4f",
        setting.name.c_str(), size_px, threads, sample.tiles, device.c_str(), whole.median,
        whole.lower, whole.upper, compute.median, transfer.median);
    if (eager.has_value()) {
      std::printf(
          ", \"reference_ms\": %.4f, \"reference_lower_quartile_ms\": %.4f, "
          "\"reference_upper_quartile_ms\": %.4f, \"ratio\": %.3f",
          eager->median, eager->lower, eager->upper, eager->median / whole.median);
    }
    std::printf("}\n");
    return;
  }
  std::printf("%-28s %5d %7d %5d %-16s | %9.3f %19s %9.3f %9.3f |", setting.name.c_str(), size_px,
              threads, sample.tiles, device.c_str(), whole.median, Range(whole).c_str(),
              compute.median, transfer.median);
  if (eager.has_value()) {
    std::printf(" %9.3f %19s %5.2fx", eager->median, Range(*eager).c_str(),
                eager->median / whole.median);
  }
  std::printf("\n");
}

// Of one network: twice as fast as PyTorch eager at 512 px on a CPU; on a GPU, with the transfers
// left out, 1 ms at 512 px and 0.5 ms at 128 px.
void AppendMissedAim(int size_px, int threads, const Sample& sample,
                     const std::vector<double>& reference, std::vector<std::string>& missed) {
  if (sample.device == "cpu") {
    if (size_px != 512 || reference.empty()) return;
    const double ratio = QuartilesOf(reference).median / QuartilesOf(sample.whole).median;
    if (ratio < 2) {
      missed.push_back(absl::StrFormat("%d px, %d threads: %.2f times as fast as eager, not 2",
                                       size_px, threads, ratio));
    }
    return;
  }
  const double aim = size_px == 512 ? 1 : size_px == 128 ? 0.5 : 0;
  const double compute = QuartilesOf(sample.compute).median;
  if (aim > 0 && compute > aim) {
    missed.push_back(
        absl::StrFormat("%d px on %s: %.2f ms > %.1f ms", size_px, sample.device, compute, aim));
  }
}

absl::StatusOr<Setting> Load(const std::string& name, UnetFlags flags, int tile_px,
                             const std::string& precision, const Clock* clock) {
  flags.tile_px = tile_px;
  flags.precision = precision;
  Setting setting;
  setting.name = name;
  ASSIGN_OR_RETURN(setting.segmenter, LoadSegmenter(flags, clock));
  return setting;
}

// `flags` say the number of threads. `one_member` is a model folder with a single member.
absl::StatusOr<std::vector<Setting>> LoadSettings(const UnetFlags& flags,
                                                  const std::string& one_member,
                                                  const Clock* clock) {
  UnetFlags single = flags;
  single.model = one_member;
  const int tile_px = flags.tile_px != 0 ? flags.tile_px : kLargestTile;
  std::vector<Setting> settings;
  ASSIGN_OR_RETURN(Setting member, Load("one member", single, tile_px, flags.precision, clock));
  member.one_member = true;
  settings.push_back(std::move(member));
  if (flags.precision == "auto") {
    ASSIGN_OR_RETURN(Setting exact, Load("one member, float32", single, tile_px, "float32", clock));
    exact.one_member = true;
    settings.push_back(std::move(exact));
  }
  ASSIGN_OR_RETURN(Setting ensemble, Load("ensemble", flags, tile_px, flags.precision, clock));
  const int members = ensemble.segmenter->info().members;
  ensemble.name = absl::StrCat("ensemble of ", members);
  if (members > 1) settings.push_back(std::move(ensemble));
  if (flags.tile_px == 0) {
    ASSIGN_OR_RETURN(Setting tiled, Load(absl::StrCat("ensemble of ", members, ", tiled"), flags, 0,
                                         flags.precision, clock));
    tiled.only_largest_size = true;
    settings.push_back(std::move(tiled));
  }
  return settings;
}

// The same image in every size, so that only the size differs.
absl::StatusOr<std::vector<Image>> Images() {
  AccuracyCaseOptions options;
  options.pixel_size_nm = kPixelSizeNm;
  options.size_px = kLargestTile;
  options.noise = 0.2;
  ASSIGN_OR_RETURN(const AccuracyCase frame, MakeAccuracyCase(options));
  const Image whole = ScaleMinMax(frame.frame->image());
  std::vector<Image> images;
  for (const int size : kSizes) images.push_back(whole(cv::Rect(0, 0, size, size)).clone());
  return images;
}

// This program and the reference take turns, so that what else the machine does meets both.
// `reference`: the Python to run, or why there is none; a failure is left in it.
absl::Status MeasureThreads(const UnetSpeedOptions& o, int threads, const std::string& one_member,
                            const std::vector<Image>& images, const Clock* clock,
                            absl::StatusOr<std::string>& reference,
                            std::vector<std::string>& missed) {
  UnetFlags flags = o.serving;
  flags.threads = threads;
  ASSIGN_OR_RETURN(const std::vector<Setting> settings, LoadSettings(flags, one_member, clock));
  std::vector<std::vector<Sample>> samples(settings.size(), std::vector<Sample>(images.size()));
  std::vector<std::vector<double>> references(images.size());
  for (int round = 0; round < o.rounds; ++round) {
    for (size_t i = 0; i < images.size(); ++i) {
      for (size_t s = 0; s < settings.size(); ++s) {
        if (settings[s].only_largest_size && i + 1 < images.size()) continue;
        RETURN_IF_ERROR(Measure(*settings[s].segmenter, images[i], o.repeats, samples[s][i]));
      }
      // PyTorch is timed on the CPU: beside a GPU it would say nothing.
      if (!reference.ok() || samples[0][i].device != "cpu") continue;
      const absl::StatusOr<TorchReferenceReply> reply =
          RunTorchReference({*reference, one_member, images[i].cols, threads, o.repeats});
      if (!reply.ok()) {
        reference = reply.status();
        continue;
      }
      references[i].insert(references[i].end(), reply->milliseconds.begin(),
                           reply->milliseconds.end());
    }
  }
  for (size_t s = 0; s < settings.size(); ++s) {
    for (size_t i = 0; i < images.size(); ++i) {
      if (samples[s][i].whole.empty()) continue;
      Print(settings[s], images[i].cols, threads, samples[s][i], references[i], o.json);
      // The first setting serves one network in the best precision.
      if (s == 0) AppendMissedAim(images[i].cols, threads, samples[s][i], references[i], missed);
    }
  }
  return absl::OkStatus();
}

// A frame's whole way, stage by stage.
absl::Status MeasureDetection(const UnetSpeedOptions& o, const Clock* clock) {
  ASSIGN_OR_RETURN(const auto segmenter, LoadSegmenter(o.serving, clock));
  ASSIGN_OR_RETURN(const auto detector, UnetDetector::Create({}, clock));
  AccuracyCaseOptions options;
  options.size_px = 512;
  options.noise = 0.3;
  ASSIGN_OR_RETURN(const AccuracyCase frame, MakeAccuracyCase(options));
  const std::pair<const char*, absl::Duration UnetTimings::*> stages[] = {
      {"normalise", &UnetTimings::normalise}, {"lattice", &UnetTimings::lattice},
      {"rescale", &UnetTimings::rescale},     {"transfer", &UnetTimings::transfer},
      {"compute", &UnetTimings::compute},     {"locate", &UnetTimings::locate},
      {"whole", &UnetTimings::total}};
  std::vector<std::vector<double>> times(std::size(stages));
  for (int i = 0; i < o.repeats; ++i) {
    ASSIGN_OR_RETURN(const UnetResult result, detector->Detect(*frame.frame, *segmenter));
    for (size_t s = 0; s < std::size(stages); ++s) {
      times[s].push_back(absl::ToDoubleMilliseconds(result.timings.*stages[s].second));
    }
  }
  if (!o.json) {
    std::printf("\n%-58s %10s\n", "whole detection, graphene, 512 px, 0.02 nm/px (median)", "ms");
  }
  for (size_t s = 0; s < std::size(stages); ++s) {
    const double median = QuartilesOf(times[s]).median;
    o.json ? std::printf("{\"stage\": \"unet detection: %s\", \"ms\": %.4f}\n", stages[s].first,
                         median)
           : std::printf("  %-56s %10.3f\n", stages[s].first, median);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureUnetSpeed(const UnetSpeedOptions& o) {
  const SteadyClock clock;
  // Also says what is wrong with the model, before anything is copied.
  RETURN_IF_ERROR(LoadSegmenter(o.serving, &clock).status());
  const TemporaryFolder one_member;
  if (one_member.path().empty()) return absl::InternalError("no temporary folder can be made");
  RETURN_IF_ERROR(CopyFirstMember(o.serving.model, one_member.path()));
  ASSIGN_OR_RETURN(const std::vector<Image> images, Images());
  const int most = o.serving.threads > 1 ? o.serving.threads
                                         : static_cast<int>(std::thread::hardware_concurrency());
  absl::StatusOr<std::string> reference =
      o.with_reference ? FindPython(o.python, "torch") : absl::UnavailableError("not asked for");
  std::vector<std::string> missed;
  if (!o.json) PrintHeader();
  for (const int threads : most > 1 ? std::vector<int>{1, most} : std::vector<int>{1}) {
    RETURN_IF_ERROR(
        MeasureThreads(o, threads, one_member.path(), images, &clock, reference, missed));
  }
  if (!reference.ok()) {
    std::fprintf(stderr, "no PyTorch eager times: %s\n",
                 std::string(reference.status().message()).c_str());
  }
  RETURN_IF_ERROR(MeasureDetection(o, &clock));
  if (!o.json) {
    std::printf("\n%zu of the aims for one network are missed\n", missed.size());
    for (const std::string& line : missed) std::printf("  %s\n", line.c_str());
  }
  return reference.ok() || absl::IsUnavailable(reference.status()) ? absl::OkStatus()
                                                                   : reference.status();
}

}  // namespace atomstream::bench

#include "detectors/unet/training/ensemble_training.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "detectors/unet/torch_segmenter.h"
#include "detectors/unet/training/served_validation.h"

namespace atomstream {
namespace {

// Of the golden output: room for bfloat16, whose eight bits of mantissa add up over the layers.
constexpr double kGoldenTolerance = 0.06;

std::string MemberPath(const EnsembleTrainingOptions& options, int member) {
  return absl::StrCat(options.work_folder, "/member-", member);
}

// Mean of the members' probability maps of the held-out frames.
absl::StatusOr<std::vector<Image>> MeanMaps(const std::vector<std::string>& networks,
                                            const std::vector<Image>& inputs) {
  std::vector<Image> mean;
  for (const std::string& network : networks) {
    ASSIGN_OR_RETURN(const std::vector<Image> maps, PredictWith(network, inputs));
    for (size_t i = 0; i < maps.size(); ++i) {
      if (mean.size() <= i) mean.push_back(Image(maps[i].rows, maps[i].cols, 0.0f));
      mean[i] += maps[i] / static_cast<double>(networks.size());
    }
  }
  return mean;
}

// How the model was made, for the manifest.
std::map<std::string, std::string> Story(const EnsembleTrainingOptions& options,
                                         const std::vector<MemberReport>& reports) {
  const TrainerOptions& trainer = options.member.trainer;
  std::map<std::string, std::string> story;
  story["command"] = options.command;
  story["seed"] = absl::StrCat(trainer.seed);
  story["configuration"] = DescribeTraining(trainer);
  story["precision"] = trainer.bfloat16 ? "bfloat16" : "float32";
  for (size_t i = 0; i < reports.size(); ++i) {
    story[absl::StrCat("member-", i)] = absl::StrFormat(
        "seed %d, %d steps%s, best held-out F1 %.4f at step %d", trainer.seed + i, reports[i].steps,
        reports[i].stopped_early ? " (early stop)" : "", reports[i].best_f1, reports[i].best_step);
  }
  return story;
}

}  // namespace

absl::StatusOr<std::vector<ValidationRow>> TrainEnsemble(const EnsembleTrainingOptions& options,
                                                         Executor* executor, const Clock& clock,
                                                         const EnsembleTrainingEvents& events) {
  RETURN_IF_ERROR(CatchToStatus(options.work_folder, [&] {
    std::filesystem::create_directories(options.work_folder);
    return absl::OkStatus();
  }));
  // Now, not after hours; it also finds checkpoints inside the folder that they are to become.
  RETURN_IF_ERROR(CheckReplaceable(options.folder));
  const auto say = [&](const std::string& text) {
    if (events.say) events.say(text);
  };
  ASSIGN_OR_RETURN(const HeldOutFrames held_out,
                   HeldOutFrames::Draw(options.member.trainer.frames, options.held_out_frames));

  ModelDescription model;
  std::vector<MemberReport> reports;
  for (int i = 0; i < options.members; ++i) {
    MemberTrainingOptions member = options.member;
    member.trainer.seed += static_cast<uint64_t>(i);
    const std::string path = MemberPath(options, i);
    ASSIGN_OR_RETURN(const MemberReport report,
                     TrainMember(member, held_out, path, executor, clock, events.stop_asked,
                                 [&](const TrainingProgress& progress) {
                                   if (events.progress) events.progress(i, progress);
                                 }));
    say(absl::StrFormat("member %d: held-out F1 %.4f at step %d of %d", i, report.best_f1,
                        report.best_step, report.steps));
    reports.push_back(report);
    model.networks.push_back(path + ".best.pt");
  }

  ASSIGN_OR_RETURN(const std::vector<Image> maps, MeanMaps(model.networks, held_out.inputs()));
  ASSIGN_OR_RETURN(const double f1, held_out.MeanF1(maps, 0));
  say(absl::StrFormat("ensemble: held-out F1 %.4f", f1));

  model.name = options.name;
  model.architecture = options.member.trainer.shape.Name();
  model.size_multiple_px = kUnetSizeMultiple;
  model.scale_px_per_d_nn = options.member.trainer.frames.scale_px_per_d_nn;
  model.atom_area_px2 = AtomAreaPx2(options.member.trainer.frames);
  model.golden_tolerance = kGoldenTolerance;
  model.training = Story(options, reports);
  model.training["ensemble"] = absl::StrFormat("held-out F1 %.4f", f1);
  RETURN_IF_ERROR(WriteModelFolder(model, options.folder));
  say("measuring what the written model finds");
  ASSIGN_OR_RETURN(const std::shared_ptr<const Segmenter> segmenter,
                   LoadTorchSegmenter(options.folder, {}, &clock));
  ASSIGN_OR_RETURN(model.validation, ValidateServed(*segmenter, options.validation_seeds, clock));
  RETURN_IF_ERROR(WriteModelFolder(model, options.folder));
  return model.validation;
}

}  // namespace atomstream

#include "server/inference/model_reloader.h"

#include <limits>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

void ShowModel(const ModelInfo& model, const DaemonMetrics& metrics) {
  metrics.unet.model->Set(
      {{"id", model.id}, {"device", model.device}, {"precision", model.precision}});
  metrics.unet.weight_bytes->Set(model.weight_bytes > 0 ? static_cast<double>(model.weight_bytes)
                                                        : std::numeric_limits<double>::quiet_NaN());
}

// A model is loaded through many buffers of its size. glibc keeps what was freed of them for later;
// of this there is no later.
void ReturnFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

ModelReloader::ModelReloader(ModelReloaderDependencies dependencies)
    : deps_(std::move(dependencies)) {
  status_.model = deps_.holder->Get().segmenter->info();
  status_.load_time = deps_.clock->Now();
  ShowModel(status_.model, *deps_.metrics);
}

absl::StatusOr<UnetModel> ModelReloader::Prepare(const ModelLoader& loader) {
  {
    MutexLock lock(&mutex_);
    status_.loading = true;
  }
  return CatchToStatus("loading the model", loader);
}

void ModelReloader::Refuse(const absl::Status& why) {
  deps_.metrics->unet.reloads_refused->Increment();
  ReturnFreedMemory();
  MutexLock lock(&mutex_);
  status_.loading = false;
  ++status_.refused;
  status_.last_refusal = why.ToString(absl::StatusToStringMode::kWithNoExtraData);
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat("the U-Net model was not changed, ", status_.model.id,
                                " goes on: ", status_.last_refusal),
                   {.component = "unet"});
}

void ModelReloader::GiveUp() {
  ReturnFreedMemory();
  MutexLock lock(&mutex_);
  status_.loading = false;
}

ModelStatus ModelReloader::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void ModelReloader::Install(UnetModel next) {
  const ModelInfo model = next.segmenter->info();
  {
    // Freed here, unless a frame still uses it.
    const UnetModel before = deps_.holder->Set(std::move(next));
  }
  deps_.metrics->unet.reloads_ok->Increment();
  ShowModel(model, *deps_.metrics);
  ReturnFreedMemory();
  MutexLock lock(&mutex_);
  status_.loading = false;
  deps_.log->Write(LogLevel::kInfo,
                   absl::StrCat("U-Net model ", model.id, " on ", model.device, ", ",
                                model.precision, ", takes the place of ", status_.model.id),
                   {.component = "unet"});
  status_.model = model;
  status_.load_time = deps_.clock->Now();
  ++status_.reloads;
  status_.last_refusal.clear();
}

}  // namespace atomstream

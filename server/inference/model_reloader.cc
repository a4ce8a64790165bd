#include "server/inference/model_reloader.h"

#include <cstdlib>
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

ModelReloader::~ModelReloader() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void ModelReloader::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ModelReloader::Reload(ModelLoader loader) {
  MutexLock lock(&mutex_);
  if (stopping_) return;
  waiting_ = std::move(loader);
  changed_.NotifyAll();
}

void ModelReloader::Refuse(const absl::Status& why) {
  deps_.metrics->unet.reloads_refused->Increment();
  MutexLock lock(&mutex_);
  ++status_.refused;
  status_.last_refusal = why.ToString();
  deps_.log->Warning(absl::StrCat("the U-Net model was not changed, ", status_.model.id,
                                  " goes on: ", status_.last_refusal));
}

ModelStatus ModelReloader::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void ModelReloader::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  waiting_.reset();
  changed_.NotifyAll();
}

bool ModelReloader::Shutdown(absl::Time deadline) {
  Stop();
  {
    MutexLock lock(&mutex_);
    while (status_.loading) {
      if (changed_.WaitUntil(&mutex_, deadline) && status_.loading) return false;
    }
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void ModelReloader::Run() {
  if (deps_.lower_priority) deps_.lower_priority();
  while (true) {
    ModelLoader loader;
    {
      MutexLock lock(&mutex_);
      while (!waiting_ && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      loader = *std::exchange(waiting_, std::nullopt);
      status_.loading = true;
    }
    Load(loader);
    loader = nullptr;
    ReturnFreedMemory();
    MutexLock lock(&mutex_);
    status_.loading = false;
    changed_.NotifyAll();
  }
}

void ModelReloader::Load(const ModelLoader& loader) {
  absl::StatusOr<UnetModel> loaded = CatchToStatus("loading the model", loader);
  if (!loaded.ok()) {
    Refuse(loaded.status());
    return;
  }
  const ModelInfo model = loaded->segmenter->info();
  {
    // Freed here, unless a frame still uses it.
    const UnetModel before = deps_.holder->Set(*std::move(loaded));
  }
  deps_.metrics->unet.reloads_ok->Increment();
  ShowModel(model, *deps_.metrics);
  MutexLock lock(&mutex_);
  deps_.log->Info(absl::StrCat("U-Net model ", model.id, " on ", model.device, ", ",
                               model.precision, ", takes the place of ", status_.model.id));
  status_.model = model;
  status_.load_time = deps_.clock->Now();
  ++status_.reloads;
  status_.last_refusal.clear();
}

}  // namespace atomstream

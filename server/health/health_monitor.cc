#include "server/health/health_monitor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

// To the second, as a person reads it.
std::string Shown(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Seconds(1)));
}

ComponentHealth Make(absl::string_view name, bool serving, std::string detail) {
  return {std::string(name), serving, std::move(detail)};
}

}  // namespace

const ComponentHealth* HealthReport::Find(absl::string_view name) const {
  const auto found = std::find_if(components.begin(), components.end(),
                                  [&](const ComponentHealth& c) { return c.name == name; });
  return found == components.end() ? nullptr : &*found;
}

const ComponentHealth* HealthReport::stuck() const {
  for (const absl::string_view name : {kPipelineComponent, kListenerComponent}) {
    const ComponentHealth* component = Find(name);
    if (component != nullptr && !component->serving) return component;
  }
  return nullptr;
}

HealthMonitor::HealthMonitor(const HealthOptions& options, HealthDependencies dependencies)
    : deps_(std::move(dependencies)), options_(options) {}

HealthMonitor::~HealthMonitor() { Shutdown(); }

void HealthMonitor::Start() {
  Check();
  thread_ = std::thread([this] {
    while (deps_.wait->WaitFor(kInterval)) Check();
  });
}

void HealthMonitor::Shutdown() {
  if (!thread_.joinable()) return;
  deps_.wait->Interrupt();
  thread_.join();
}

HealthReport HealthMonitor::Check() {
  MutexLock lock(&mutex_);
  return CheckLocked();
}

void HealthMonitor::Drain() {
  MutexLock lock(&mutex_);
  draining_ = true;
  CheckLocked();
}

void HealthMonitor::SetOptions(const HealthOptions& options) {
  MutexLock lock(&mutex_);
  options_ = options;
}

HealthReport HealthMonitor::CheckLocked() {
  HealthReport report;
  report.components = {Source(), Pipeline(), Detector(), Store(), Listener()};
  report.ready = !draining_ && report.stuck() == nullptr;
  {
    MutexLock lock(&last_mutex_);
    last_ = report;
  }
  if (deps_.on_check) deps_.on_check(report);
  return report;
}

HealthReport HealthMonitor::last() const {
  MutexLock lock(&last_mutex_);
  return last_;
}

ComponentHealth HealthMonitor::Source() {
  const SourceStatus status = deps_.inputs.source();
  if (status.state != SourceState::kConnecting) source_away_since_.reset();
  switch (status.state) {
    case SourceState::kNone:
      return Make(kSourceComponent, true, "none is configured");
    case SourceState::kStreaming:
      return Make(kSourceComponent, true, absl::StrCat("frames come from ", status.description));
    case SourceState::kFinished:
      return Make(kSourceComponent, true,
                  absl::StrCat("has come to its end: ", status.description));
    case SourceState::kConnecting:
      break;
  }
  const absl::Time now = deps_.steady_clock->Now();
  if (!source_away_since_) source_away_since_ = now;
  const absl::Duration away = now - *source_away_since_;
  return Make(kSourceComponent, away < options_.source_grace,
              absl::StrCat(status.description, " is away for ", Shown(away),
                           status.last_error.empty() ? "" : ": ", status.last_error));
}

ComponentHealth HealthMonitor::Pipeline() const {
  const absl::Duration stalled = deps_.inputs.pipeline->Stalled();
  if (stalled < options_.pipeline_stall) {
    return Make(kPipelineComponent, true, draining_ ? "finishes its frames: shutting down" : "");
  }
  return Make(kPipelineComponent, false,
              absl::StrCat("frames wait, and nothing was done for ", Shown(stalled)));
}

ComponentHealth HealthMonitor::Detector() const {
  const std::string broken = deps_.inputs.broken ? deps_.inputs.broken() : "";
  if (!broken.empty()) return Make(kDetectorComponent, false, broken);
  const absl::Duration stalled =
      deps_.inputs.unet == nullptr ? absl::ZeroDuration() : deps_.inputs.unet->Stalled();
  if (stalled < options_.unet_stall) return Make(kDetectorComponent, true, "");
  return Make(kDetectorComponent, false,
              absl::StrCat("unet works on one frame for ", Shown(stalled)));
}

ComponentHealth HealthMonitor::Store() const {
  StoreHealth store = deps_.inputs.store();
  return Make(kStoreComponent, store.recording, std::move(store.detail));
}

ComponentHealth HealthMonitor::Listener() const {
  // It is closed at the end of a drain.
  if (draining_ || !deps_.inputs.shut_out) return Make(kListenerComponent, true, "");
  const absl::Duration shut_out = deps_.inputs.shut_out();
  const std::string not_tried = deps_.inputs.not_tried ? deps_.inputs.not_tried() : "";
  if (!not_tried.empty()) {
    return Make(kListenerComponent, true, absl::StrCat("not tried: ", not_tried));
  }
  if (shut_out < options_.listener_silence) return Make(kListenerComponent, true, "");
  return Make(kListenerComponent, false, absl::StrCat("takes no connection for ", Shown(shut_out)));
}

}  // namespace atomstream

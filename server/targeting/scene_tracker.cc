#include "server/targeting/scene_tracker.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/target/criteria_check.h"
#include "core/target/site_selection.h"

namespace atomstream {
namespace {

// A measured pixel size changes a little from frame to frame; only a larger step is another view.
constexpr double kSamePixelSize = 0.025;

double SteadyPixelSize(double before, double now) {
  if (before > 0 && now > 0 && std::abs(now - before) <= kSamePixelSize * before) return before;
  return now;
}

void ShowStep(const DriftEstimate& drift, double pixel_size_nm, const TargetingMetrics& metrics) {
  constexpr double kMetersOfNm = 1e-9;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double px = drift.state == DriftState::kMeasured ? std::hypot(drift.x_px, drift.y_px) : nan;
  metrics.drift_step_px->Set(px);
  metrics.drift_step_meters->Set(pixel_size_nm > 0 ? px * pixel_size_nm * kMetersOfNm : nan);
}

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (const SiteKind kind : kSiteKinds) {
    names.emplace_back(SiteKindName(kind));
  }
  return names;
}

}  // namespace

// One set of criteria and its targets.
struct SceneTracker::Selection {
  Selection(std::string name, const Criteria& criteria, int patience_frames)
      : id(std::move(name)), tracker(criteria, patience_frames) {}

  const std::string id;
  TargetTracker tracker;
  SelectionUpdatePtr newest;                 // null: no frame yet
  absl::Time used = absl::InfiniteFuture();  // steady; a watched one does not expire
  bool visited = false;                      // VisitTarget has named it
  std::shared_ptr<TargetMailbox> mailbox;    // of a watched one
  std::function<void()> on_ready;
};

// What the tracker and its watches have in common.
struct SceneTracker::Shared {
  Shared(const TargetingOptions& options_in, const Clock* clock, TargetingMetrics* metrics_in)
      : steady_clock(*clock),
        metrics(*metrics_in),
        options(options_in),
        sites(options_in.tracker) {}

  CriteriaContext Known() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    CriteriaContext context;
    context.width_px = scene.frame.width_px;
    context.height_px = scene.frame.height_px;
    context.pixel_size_nm = scene.frame.pixel_size_nm;
    context.clusters = clusters;
    context.kinds = kinds;
    return context;
  }

  // Brings the selection up to the newest frame. Not OK: the criteria do not fit it.
  absl::Status Bring(Selection& selection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void Expire() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Ends the oldest selection that was only looked at. False: there is none.
  bool MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void CountTargets() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Ok: it may be added. A first look at the criteria, where there is a frame to look at.
  Refusal Check(const Criteria& criteria) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Makes a selection and brings it up to the newest frame, if there is one.
  Answer<Selection*> Add(const Criteria& criteria, int patience_frames)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  const Clock& steady_clock;
  TargetingMetrics& metrics;
  const std::vector<std::string> kinds = KindNames();

  mutable Mutex mutex;
  TargetingOptions options ABSL_GUARDED_BY(mutex);
  bool closed ABSL_GUARDED_BY(mutex) = false;
  SiteTracker sites ABSL_GUARDED_BY(mutex);
  SceneFrame scene ABSL_GUARDED_BY(mutex);  // epoch empty: no frame yet
  std::vector<int> clusters ABSL_GUARDED_BY(mutex);
  std::map<std::string, Selection> selections ABSL_GUARDED_BY(mutex);  // by id
  int64_t last_id ABSL_GUARDED_BY(mutex) = 0;
};

absl::Status SceneTracker::Shared::Bring(Selection& selection) {
  const CriteriaContext known = Known();
  SiteTracker* const tracked = &sites;  // clang does not see that the lambda runs under the lock
  absl::StatusOr<TargetUpdate> update =
      CatchToStatus("targets", [&] { return selection.tracker.Update(*tracked, known); });
  auto next = std::make_shared<SelectionUpdate>();
  next->selection_id = selection.id;
  next->scene = scene;
  next->sites = static_cast<int>(sites.sites().size());
  if (update.ok()) {
    next->update = *std::move(update);
    for (const Withdrawal& withdrawal : next->update.withdrawn) {
      metrics.targets_withdrawn[static_cast<size_t>(withdrawal.reason)]->Increment();
    }
    if (next->update.targets.empty()) {
      const auto chosen = SelectSites(sites.sites(), selection.tracker.criteria(), known);
      if (chosen.ok()) next->empty_reason = WhyEmpty(*chosen);
    }
  } else {
    next->error = std::string(update.status().message());
    if (selection.newest != nullptr) next->update.targets = selection.newest->update.targets;
    next->update.frame = sites.frame();
    next->update.drift_state = sites.drift().state;
    next->update.drift_quality = sites.drift().quality;
  }
  selection.newest = std::move(next);
  return update.status();
}

void SceneTracker::Shared::Expire() {
  const absl::Time now = steady_clock.Now();
  const absl::Duration idle = options.selection_idle;
  std::erase_if(selections, [&](const auto& entry) { return now - entry.second.used > idle; });
  metrics.selections->Set(static_cast<double>(selections.size()));
}

void SceneTracker::Shared::CountTargets() const {
  size_t targets = 0;
  for (const auto& [id, selection] : selections) {
    if (selection.newest != nullptr) targets += selection.newest->update.targets.size();
  }
  metrics.targets->Set(static_cast<double>(targets));
  metrics.sites_followed->Set(sites.count());
}

bool SceneTracker::Shared::MakeRoom() {
  auto oldest = selections.end();
  for (auto it = selections.begin(); it != selections.end(); ++it) {
    const Selection& selection = it->second;
    if (selection.visited || selection.mailbox != nullptr) continue;
    if (oldest == selections.end() || selection.used < oldest->second.used) oldest = it;
  }
  if (oldest == selections.end()) return false;
  selections.erase(oldest);
  return true;
}

Refusal SceneTracker::Shared::Check(const Criteria& criteria) {
  if (closed) {
    return Refuse(absl::StatusCode::kUnavailable, kTargetingShutDown,
                  "the daemon is shutting down");
  }
  Expire();
  if (!scene.frame.epoch.empty()) {
    const CriteriaContext known = Known();
    const absl::Status valid = CheckCriteria(criteria, known);
    if (!valid.ok()) {
      if (known.pixel_size_nm > 0) return Refuse(valid, kCriteriaInvalid);
      // Were it known, would they be right?
      CriteriaContext guess = known;
      guess.pixel_size_nm = 1;
      const bool unit = CheckCriteria(criteria, guess).ok();
      return unit ? Refuse(absl::StatusCode::kFailedPrecondition, kPixelSizeUnknown,
                           std::string(valid.message()))
                  : Refuse(valid, kCriteriaInvalid);
    }
  }
  while (static_cast<int>(selections.size()) >= options.max_selections) {
    if (MakeRoom()) continue;
    return Refuse(absl::StatusCode::kResourceExhausted, kTooManySelections,
                  absl::StrCat("there are already ", selections.size(),
                               " selections that are watched or visited"));
  }
  return {};
}

auto SceneTracker::Shared::Add(const Criteria& criteria, int patience_frames)
    -> Answer<Selection*> {
  if (Refusal refused = Check(criteria); !refused.ok()) return refused;
  const std::string id = absl::StrCat("selection-", ++last_id);
  Selection& selection = selections.try_emplace(id, id, criteria, patience_frames).first->second;
  if (!scene.frame.epoch.empty()) {
    const absl::Status brought = Bring(selection);
    if (!brought.ok()) {
      selections.erase(id);
      return Refuse(brought, absl::IsResourceExhausted(brought) ? kTooManySites : kCriteriaInvalid);
    }
  }
  metrics.selections->Set(static_cast<double>(selections.size()));
  CountTargets();
  return &selection;
}

SceneTracker::SceneTracker(const TargetingOptions& options, const Clock* steady_clock,
                           TargetingMetrics* metrics)
    : drift_options_(options.drift),
      chain_(options.drift),
      shared_(std::make_shared<Shared>(options, steady_clock, metrics)) {}

SceneTracker::~SceneTracker() { Close(); }

void SceneTracker::SetOptions(const TargetingOptions& options) {
  MutexLock lock(&shared_->mutex);
  shared_->options = options;
  shared_->sites.SetOptions(options.tracker);
}

std::optional<DriftRecord> SceneTracker::MeasureDrift(const SceneInput& input,
                                                      int64_t frame_number) {
  {
    MutexLock lock(&shared_->mutex);
    chain_.SetOptions(shared_->options.drift);
  }
  std::optional<DriftRecord> drift = chain_.Measure(input.view, frame_number);
  if (drift) {
    shared_->metrics.drift_frames[static_cast<size_t>(drift->estimate.state)]->Increment();
    shared_->metrics.drift_quality->Set(drift->estimate.quality);
    ShowStep(drift->estimate, input.pixel_size_nm, shared_->metrics);
  }
  return drift;
}

void SceneTracker::Observe(const FrameRecordPtr& record, const SceneInput& input,
                           absl::Time arrival) {
  std::vector<std::function<void()>> awake;
  {
    MutexLock lock(&shared_->mutex);
    if (shared_->closed) return;
    const SceneFrame before = shared_->scene;
    SceneFrame scene;
    scene.arrival = arrival;
    scene.frame = {
        .epoch = record->position.epoch,
        .frame_id = record->frame_id,
        .sequence = record->position.sequence,
        .acquisition_time = record->acquisition_time,
        .width_px = record->width_px,
        .height_px = record->height_px,
        .pixel_size_nm = SteadyPixelSize(before.frame.pixel_size_nm, input.pixel_size_nm),
        .d_nn_px = input.d_nn_px,
        .cluster_generation = input.cluster_generation};
    if (record->drift) {
      const bool has_times = HasTime(before.frame) && HasTime(scene.frame);
      scene.period = std::max(absl::ZeroDuration(), has_times ? scene.frame.acquisition_time -
                                                                    before.frame.acquisition_time
                                                              : scene.arrival - before.arrival);
    }
    std::optional<FrameDrift> drift;
    if (record->drift) {
      drift = {record->drift->earlier_sequence, record->drift->estimate};
    }
    // clang does not see that the lambda runs under the lock.
    SiteTracker* const sites = &shared_->sites;
    const int64_t generation = sites->generation();
    const absl::Status observed =
        CatchToStatus("sites", [&] { return sites->Observe(scene.frame, input.sites, drift); });
    if (!observed.ok()) {
      shared_->metrics.frames_passed_over->Increment();
      return;
    }
    chain_.Keep(input.view, record->frame_number, record->position.sequence, record->drift);
    shared_->metrics.identities_lost->Increment(shared_->sites.generation() - generation);
    shared_->scene = scene;
    shared_->clusters = input.clusters;
    shared_->Expire();
    for (auto& [id, selection] : shared_->selections) {
      shared_->Bring(selection).IgnoreError();  // the update says it
      if (selection.mailbox != nullptr && selection.mailbox->Deliver(selection.newest) &&
          selection.on_ready) {
        awake.push_back(selection.on_ready);
      }
    }
    shared_->CountTargets();
  }
  for (const std::function<void()>& wake : awake) wake();
}

Answer<SelectionUpdatePtr> SceneTracker::Select(const Criteria& criteria,
                                                std::optional<int> patience_frames) {
  MutexLock lock(&shared_->mutex);
  if (!shared_->closed && shared_->scene.frame.epoch.empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, kNoLiveFrame,
                  "there is no live frame with a lattice yet to choose targets in");
  }
  Answer<Selection*> added =
      shared_->Add(criteria, patience_frames.value_or(shared_->options.patience_frames));
  if (!added.ok()) return added.refusal;
  (*added.value)->used = shared_->steady_clock.Now();
  return (*added.value)->newest;
}

Answer<std::unique_ptr<SceneWatch>> SceneTracker::Watch(const Criteria& criteria,
                                                        std::optional<int> patience_frames,
                                                        std::function<void()> on_ready) {
  MutexLock lock(&shared_->mutex);
  Answer<Selection*> added =
      shared_->Add(criteria, patience_frames.value_or(shared_->options.patience_frames));
  if (!added.ok()) return added.refusal;
  Selection& selection = **added.value;
  selection.mailbox = std::make_shared<TargetMailbox>();
  selection.on_ready = std::move(on_ready);
  if (selection.newest != nullptr) selection.mailbox->Deliver(selection.newest);
  return std::unique_ptr<SceneWatch>(new SceneWatch(shared_, selection.id, selection.mailbox));
}

Answer<Sighting> SceneTracker::Find(const std::string& selection_id, const std::string& epoch,
                                    int64_t target_id) {
  MutexLock lock(&shared_->mutex);
  shared_->Expire();
  // Before the selection, which ended with its epoch.
  if (epoch != shared_->scene.frame.epoch) {
    return Refuse(absl::StatusCode::kFailedPrecondition, kEpochChanged,
                  absl::StrCat("epoch = ", epoch, ": the epoch now is ",
                               shared_->scene.frame.epoch.empty() ? "not known"
                                                                  : shared_->scene.frame.epoch));
  }
  const auto found = shared_->selections.find(selection_id);
  if (found == shared_->selections.end()) {
    return Refuse(
        absl::StatusCode::kNotFound, kSelectionNotFound,
        absl::StrCat("selection_id = ", selection_id, ": there is no such selection, or it ended"));
  }
  Selection& selection = found->second;
  selection.visited = true;
  if (selection.mailbox == nullptr) selection.used = shared_->steady_clock.Now();
  absl::StatusOr<Target> target = selection.tracker.Find(epoch, target_id);
  if (!target.ok()) {
    return Refuse(target.status(),
                  absl::IsNotFound(target.status()) ? kTargetNotFound : kTargetWithdrawn);
  }
  // Criteria that did not fit the newest frame left the target as it was in an older one.
  if (selection.newest != nullptr && !selection.newest->error.empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, kTargetDoubtful,
                  absl::StrCat("target_id = ", target_id,
                               ": is not known in the newest frame: ", selection.newest->error));
  }
  return Sighting{.target = *std::move(target), .scene = shared_->scene};
}

void SceneTracker::Close() {
  std::vector<std::function<void()>> awake;
  {
    MutexLock lock(&shared_->mutex);
    if (shared_->closed) return;
    shared_->closed = true;
    for (auto& [id, selection] : shared_->selections) {
      if (selection.mailbox != nullptr && selection.mailbox->Close() && selection.on_ready) {
        awake.push_back(selection.on_ready);
      }
    }
    shared_->selections.clear();
    shared_->metrics.selections->Set(0);
    shared_->CountTargets();
  }
  for (const std::function<void()>& wake : awake) wake();
}

int SceneTracker::selections() const {
  MutexLock lock(&shared_->mutex);
  return static_cast<int>(shared_->selections.size());
}

std::optional<SelectionUpdate> SceneWatch::Take() {
  std::optional<SelectionUpdate> update = mailbox_->Take();
  if (update) shared_->metrics.watch_frames_skipped->Increment(update->frames_skipped);
  return update;
}

SceneWatch::~SceneWatch() {
  MutexLock lock(&shared_->mutex);
  shared_->selections.erase(selection_id_);
  shared_->metrics.selections->Set(static_cast<double>(shared_->selections.size()));
}

}  // namespace atomstream

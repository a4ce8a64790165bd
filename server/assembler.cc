#include "server/assembler.h"

#include <array>
#include <limits>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

void ShowStructure(const StructureRecord& record, const StructureMetrics& metrics) {
  const std::vector<double>& explained = record.clusters.explained_variance;
  metrics.clusters->Set(static_cast<double>(record.clusters.clusters.size()));
  metrics.explained_variance->Set(std::accumulate(explained.begin(), explained.end(), 0.0));
  const std::array<int, kSiteKinds.size()> counts = CountSiteKinds(record.sites);
  for (const SiteKind kind : kSiteKinds) {
    metrics.Sites(SiteKindName(kind))->Set(counts[static_cast<size_t>(kind)]);
  }
}

double DisagreementOf(const LatticeSummary& lattice) {
  const bool known = lattice.pixel_size_nm_measured > 0 && lattice.pixel_size_nm_metadata > 0;
  return known ? lattice.pixel_size_nm_measured / lattice.pixel_size_nm_metadata - 1
               : std::numeric_limits<double>::quiet_NaN();
}

// `again`: the frame's remarks were counted before.
void ShowLattice(const DetectorRecord& detector, bool again, const LatticeMetrics& metrics) {
  std::visit(
      [&](const auto& result) {
        metrics.disagreement->Set(DisagreementOf(result.lattice));
        for (const std::string& flag : result.flags) {
          if (!again) metrics.Flagged(flag)->Increment();
        }
      },
      detector.result);
}

}  // namespace

Assembler::Assembler(AssemblerDependencies dependencies) : deps_(std::move(dependencies)) {}

Assembler::~Assembler() { Stop(); }

void Assembler::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Assembler::Add(DetectorEvent event) {
  const FrameProgress& progress = *event.progress;
  MutexLock lock(&mutex_);
  if (event.detector.kind() != DetectorKind::kLogStar || progress.submission != nullptr) {
    ready_.push_back({std::move(event)});
  } else {
    early_.emplace(progress.live_index, std::move(event));
    for (auto next = early_.find(next_live_index_); next != early_.end();
         next = early_.find(next_live_index_)) {
      ready_.push_back({std::move(next->second)});
      early_.erase(next);
      ++next_live_index_;
    }
  }
  changed_.NotifyAll();
}

void Assembler::AddAndWait(DetectorEvent event) {
  bool published = false;
  MutexLock lock(&mutex_);
  ready_.push_back({std::move(event), &published});
  changed_.NotifyAll();
  while (!published) changed_.Wait(&mutex_);
}

void Assembler::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Assembler::Run() {
  while (std::optional<Waiting> waiting = NextReady()) {
    {
      PipelineProgress::Piece piece(deps_.progress, /*aside=*/waiting->event.anew.has_value());
      Publish(std::move(waiting->event));
    }
    if (waiting->published == nullptr) continue;
    MutexLock lock(&mutex_);
    *waiting->published = true;
    changed_.NotifyAll();
  }
}

std::optional<Assembler::Waiting> Assembler::NextReady() {
  MutexLock lock(&mutex_);
  while (ready_.empty() && !stopping_) changed_.Wait(&mutex_);
  if (ready_.empty()) return std::nullopt;
  Waiting waiting = std::move(ready_.front());
  ready_.pop_front();
  return waiting;
}

void Assembler::Publish(DetectorEvent event) {
  if (event.anew) {
    PublishAnew(std::move(event));
    return;
  }
  const std::shared_ptr<FrameProgress> progress = event.progress;
  const bool holds_place = event.holds_place;
  const std::string given_up = event.given_up;
  const absl::Status& status = event.detector.status;
  if (given_up.empty() && !status.ok()) TellFailure(event);
  if (!given_up.empty()) {
    progress->Settle(event.detector.kind(), DetectorState::kSkipped, given_up);
    progress->Lose(status);
  } else {
    progress->Settle(event.detector.kind(),
                     status.ok() ? DetectorState::kDone : DetectorState::kFailed,
                     status.ok() ? "" : status.ToString());
  }
  // A frame that was given up needs no record, unless an earlier one said that this detector
  // follows.
  if (given_up.empty() || progress->published()) Store(std::move(event));
  if (progress->complete()) FinishFrame(*progress, given_up);
  if (holds_place) {
    deps_.release(progress->submission == nullptr ? FrameOrigin::kSource : FrameOrigin::kAnalyze);
  }
}

void Assembler::TellFailure(const DetectorEvent& event) const {
  const absl::string_view detector = DetectorName(event.detector.kind());
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat(detector, " failed on a frame: ", event.detector.status.ToString()),
                   {.component = "detector",
                    .frame_id = event.progress->frame->metadata().id,
                    .request_id = event.progress->request_id()});
}

void Assembler::PublishAnew(DetectorEvent event) {
  const std::optional<KeptFrame> newest = deps_.newest->Get();
  if (!newest || newest->record != event.kept->record) {
    deps_.metrics->reevaluations_overtaken->Increment();
    return;
  }
  deps_.metrics->reevaluations_done->Increment();
  Store(std::move(event));
}

void Assembler::DescribeAgain(const DetectorEvent& event, absl::Time now, FrameRecord& record) {
  if (event.anew) {
    record.supersedes_sequence = event.progress->SequenceOf(event.detector.kind());
    record.frames_dropped_before = 0;  // told before
    record.timings = {{"queue", event.anew->begin_time - event.anew->request_time},
                      {"process", event.finish_time - event.anew->begin_time},
                      {"order", now - event.finish_time},
                      {"total", now - event.anew->request_time}};
  } else if (event.cause == ResultCause::kReprocess && event.detector.status.ok()) {
    const EarlierResult& earlier = *event.progress->submission->earlier();
    record.supersedes_sequence = earlier.live == nullptr
                                     ? earlier.sequence
                                     : earlier.live->SequenceOf(event.detector.kind());
  }
}

void Assembler::Keep(KeptFrame kept, const FrameProgress& progress, const FrameRecordPtr& record) {
  // Of a frame that was analysed again.
  if (kept.progress.get() != &progress) kept.progress->AddRecord(record);
  kept.record = record;
  deps_.newest->Offer(std::move(kept));
}

void Assembler::Store(DetectorEvent event) {
  FrameProgress& progress = *event.progress;
  const absl::Time begin = deps_.steady_clock->Now();
  FrameRecord record = progress.common;
  if (progress.ticket != nullptr) record.frame_sha256 = progress.ticket->Claim();
  const std::shared_ptr<const SceneInput> scene = std::move(event.scene);
  if (scene != nullptr) {
    record.drift = deps_.targeting->scene().MeasureDrift(*scene, record.frame_number);
  }
  const absl::Time now = deps_.steady_clock->Now();
  record.result_time = deps_.clock->Now();
  if (event.detector.kind() == DetectorKind::kLogStar) {
    record.frames_dropped_before = progress.frames_dropped_before;
  }
  record.cause = event.cause;
  record.settings_version = event.settings_version;
  record.timings.push_back({"process", event.finish_time - progress.admission_time});
  record.timings.push_back({"order", begin - event.finish_time});
  if (record.drift) record.timings.push_back({"drift", now - begin});
  record.timings.push_back({"total", now - progress.arrival_time});
  DescribeAgain(event, now, record);
  record.detector = std::move(event.detector);
  record.evaluation = std::move(event.evaluation);
  record.summary = progress.summary();

  absl::StatusOr<AppendedResult> appended = deps_.store->Append(std::move(record));
  const absl::Time stored_time = deps_.steady_clock->Now();
  if (!appended.ok()) {
    deps_.metrics->results_lost->Increment();
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("a result was lost: ", appended.status().ToString()),
                     {.component = "store",
                      .frame_id = progress.frame->metadata().id,
                      .request_id = progress.request_id()});
    progress.Lose(appended.status());
    return;
  }
  const FrameRecordPtr& published = appended->record;
  // Counted first, so that whoever has seen a result finds it in the counters.
  CountResult(*published, !progress.published());
  if (!progress.published()) deps_.stats->AddResult(now, now - progress.arrival_time);
  deps_.metrics->ObserveStage("store", stored_time - now);
  progress.AddRecord(published);
  const bool newest = event.kept != nullptr;
  if (newest) Keep(std::move(*event.kept), progress, published);
  // Before the result, so that whoever has seen it finds the frame.
  if (deps_.frames != nullptr) deps_.frames->Add(progress.frame);
  deps_.hub->Publish(appended->stored);
  const absl::Duration publish_time = deps_.steady_clock->Now() - stored_time;
  deps_.metrics->ObserveStage("publish", publish_time);
  if (deps_.spans != nullptr) deps_.spans->Add({appended->record, stored_time - now, publish_time});
  if (newest) deps_.on_newest();
  if (scene != nullptr) {
    const absl::Time published_time = deps_.steady_clock->Now();
    deps_.targeting->Observe(published, *scene, progress.arrival_time);
    deps_.metrics->ObserveStage("targets", deps_.steady_clock->Now() - published_time);
  }
}

void Assembler::FinishFrame(const FrameProgress& progress, const std::string& given_up) {
  if (!progress.published()) {
    const FramesDropped& drops = deps_.metrics->frames_dropped;
    Counter* dropped = drops.refused_by_store;
    if (given_up == "cancelled") dropped = drops.unet_cancelled;  // nothing else gives frames up
    if (given_up == "shutdown") dropped = drops.unet_shutdown;
    dropped->Increment();
  }
  if (progress.submission != nullptr) progress.submission->Finish(progress.Outcome());
}

void Assembler::CountResult(const FrameRecord& record, bool first_of_frame) {
  const DaemonMetrics& metrics = *deps_.metrics;
  const DetectorKind kind = record.detector.kind();
  if (first_of_frame) metrics.frames_processed->Increment();
  const bool anew =
      record.cause == ResultCause::kSelection || record.cause == ResultCause::kSettings;
  for (const StageTime& stage : record.timings) {
    if (anew) {  // its times are not those of a frame
      if (stage.stage == "total") {
        metrics.reevaluation_seconds->Observe(absl::ToDoubleSeconds(stage.duration));
      }
      continue;
    }
    if (kind == DetectorKind::kLogStar) metrics.ObserveStage(stage.stage, stage.duration);
    if (kind == DetectorKind::kUnet) metrics.unet.ObserveStage(stage.stage, stage.duration);
  }
  deps_.outcomes->Add(kind, record.detector.status);
  if (!record.detector.status.ok()) return;
  ShowLattice(record.detector, anew, metrics.Lattice(DetectorName(kind)));
  metrics.Atoms(DetectorName(kind))->Set(static_cast<double>(record.detector.atoms().size()));
  if (record.evaluation) metrics.F1(DetectorName(kind))->Set(record.evaluation->f1);
  if (record.detector.structure != nullptr) {
    ShowStructure(*record.detector.structure, metrics.Structure(DetectorName(kind)));
  }
  const LogStarResult* log_star = std::get_if<LogStarResult>(&record.detector.result);
  if (log_star == nullptr) return;
  metrics.hypervolume->Set(log_star->hypervolume);
  if (log_star->chosen >= 0) {
    metrics.chosen_qc->Set(log_star->qc);
    metrics.chosen_er->Set(log_star->er);
  }
}

}  // namespace atomstream

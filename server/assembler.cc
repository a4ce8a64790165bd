#include "server/assembler.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {

Assembler::Assembler(AssemblerDependencies dependencies) : deps_(std::move(dependencies)) {}

Assembler::~Assembler() { Stop(); }

void Assembler::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Assembler::Add(ProcessedFrame frame) {
  MutexLock lock(&mutex_);
  if (frame.record.origin == FrameOrigin::kAnalyze) {
    ready_.push_back(std::move(frame));
  } else {
    early_.emplace(frame.live_index, std::move(frame));
    for (auto next = early_.find(next_live_index_); next != early_.end();
         next = early_.find(next_live_index_)) {
      ready_.push_back(std::move(next->second));
      early_.erase(next);
      ++next_live_index_;
    }
  }
  changed_.NotifyAll();
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
  while (std::optional<ProcessedFrame> frame = NextReady()) Publish(*std::move(frame));
}

std::optional<ProcessedFrame> Assembler::NextReady() {
  MutexLock lock(&mutex_);
  while (ready_.empty() && !stopping_) changed_.Wait(&mutex_);
  if (ready_.empty()) return std::nullopt;
  ProcessedFrame frame = std::move(ready_.front());
  ready_.pop_front();
  return frame;
}

void Assembler::Publish(ProcessedFrame frame) {
  const absl::Time now = deps_.steady_clock->Now();
  FrameRecord& record = frame.record;
  const FrameOrigin origin = record.origin;
  record.result_time = deps_.clock->Now();
  record.timings.push_back({"order", now - frame.processed_time});
  record.timings.push_back({"total", now - frame.arrival_time});

  absl::StatusOr<FrameRecordPtr> stored = deps_.store->Append(std::move(record));
  const absl::Time stored_time = deps_.steady_clock->Now();
  if (stored.ok()) {
    // Counted first, so that whoever has seen a result finds it in the counters.
    CountResult(**stored);
    deps_.metrics->ObserveStage("store", stored_time - now);
    deps_.stats->AddResult(now, now - frame.arrival_time);
    deps_.hub->Publish(*stored);
    deps_.metrics->ObserveStage("publish", deps_.steady_clock->Now() - stored_time);
  } else {
    deps_.metrics->results_lost->Increment();
    deps_.log->Warning(absl::StrCat("a result was lost: ", stored.status().ToString()));
  }
  if (frame.submission != nullptr) frame.submission->Finish(std::move(stored));
  deps_.release(origin);
}

void Assembler::CountResult(const FrameRecord& record) {
  deps_.metrics->frames_processed->Increment();
  for (const StageTime& stage : record.timings) {
    deps_.metrics->ObserveStage(stage.stage, stage.duration);
  }
  for (const DetectorRecord& detector : record.detectors) {
    if (!detector.status.ok()) continue;
    const LogStarResult& result = detector.log_star;
    deps_.metrics->atoms->Set(static_cast<double>(result.atoms.size()));
    deps_.metrics->hypervolume->Set(result.hypervolume);
    if (result.chosen >= 0) {
      deps_.metrics->chosen_qc->Set(result.qc);
      deps_.metrics->chosen_er->Set(result.er);
    }
  }
  for (const EvaluationRecord& evaluation : record.evaluations) {
    deps_.metrics->f1->Set(evaluation.f1);
  }
}

}  // namespace atomstream

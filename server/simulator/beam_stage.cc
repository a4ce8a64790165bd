#include "server/simulator/beam_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

bool IsTurn(int64_t number, int64_t every) { return every > 0 && number % every == 0; }

}  // namespace

absl::StatusOr<std::unique_ptr<BeamStage>> BeamStage::Create(
    const BeamOptions& options, const BeamFaults& faults, std::shared_ptr<const Specimen> specimen,
    SpecimenChanged changed, const Clock* steady, const Clock* wall) {
  ASSIGN_OR_RETURN(BeamExposure exposure, BeamExposure::Create(options, std::move(specimen)));
  return std::unique_ptr<BeamStage>(
      new BeamStage(faults, std::move(exposure), std::move(changed), steady, wall));
}

BeamStage::BeamStage(const BeamFaults& faults, BeamExposure exposure, SpecimenChanged changed,
                     const Clock* steady, const Clock* wall)
    : faults_(faults),
      changed_(std::move(changed)),
      steady_(*steady),
      wall_(*wall),
      exposure_(std::move(exposure)) {}

BeamStage::~BeamStage() { Stop(); }

void BeamStage::Start() {
  thread_ = std::thread([this] { Run(); });
}

void BeamStage::Stop() {
  std::vector<Answer> answers;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    if (running_) answers.push_back(EndRunning(ExposureEnd::kStopped));
    blanked_ = true;
    for (auto& [id, late] : late_) answers.push_back(std::move(late.answer));
    late_.clear();
    wake_.NotifyAll();
  }
  for (const Answer& answer : answers) {
    if (answer) answer(absl::UnavailableError("the simulator is shutting down"));
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<int64_t> BeamStage::Place(const BeamPlacement& placement, Answer answer) {
  if (!(placement.dwell_time > absl::ZeroDuration() && placement.dwell_time <= kMaxDwellTime)) {
    return absl::InvalidArgumentError(
        absl::StrCat("dwell_time = ", absl::FormatDuration(placement.dwell_time),
                     ": must be in (0, ", absl::FormatDuration(kMaxDwellTime), "]"));
  }
  if (!std::isfinite(placement.place_nm.x) || !std::isfinite(placement.place_nm.y)) {
    return absl::InvalidArgumentError(absl::StrCat("place_nm = (", placement.place_nm.x, ", ",
                                                   placement.place_nm.y, "): must be finite"));
  }
  MutexLock lock(&mutex_);
  if (stopped_) return absl::UnavailableError("the simulator is shutting down");
  if (running_) {
    ++refused_;
    return absl::AbortedError(
        absl::StrCat("the beam is on another place, (", running_->placement.x_fraction, ", ",
                     running_->placement.y_fraction, "), since ",
                     absl::FormatDuration(steady_.Now() - running_->start),
                     " of its dwell time of ", absl::FormatDuration(running_->placement.dwell_time),
                     running_->stuck ? ": it does not answer, blank it" : ""));
  }
  Running run;
  run.id = ++placements_;
  run.placement = placement;
  run.start = steady_.Now();
  run.started = wall_.Now();
  run.due = run.start + placement.dwell_time;
  run.answer = std::move(answer);
  const bool fails = IsTurn(run.id, faults_.fail_every);
  run.stuck = fails || IsTurn(run.id, faults_.hang_every);
  if (run.stuck) run.due = run.start + kMaxDwellTime;
  run.late = !run.stuck && IsTurn(run.id, faults_.late_every);
  if (fails) run.answer = nullptr;
  const int64_t id = run.id;
  running_ = std::move(run);
  blanked_ = false;
  wake_.NotifyAll();
  if (fails) return absl::UnavailableError("the beam failed on purpose, and is not blanked");
  return id;
}

void BeamStage::Cancel(int64_t id) {
  Answer answer;
  {
    MutexLock lock(&mutex_);
    if (const auto late = late_.find(id); late != late_.end()) {
      answer = std::move(late->second.answer);
      late_.erase(late);
    } else if (running_ && running_->id == id) {
      answer = running_->stuck ? std::exchange(running_->answer, nullptr)
                               : EndRunning(ExposureEnd::kCancelled);
    }
  }
  if (answer) answer(absl::CancelledError("the placement was cancelled"));
}

void BeamStage::SetBlanked(bool blanked) {
  Answer answer;
  {
    MutexLock lock(&mutex_);
    if (blanked) {
      ++blankings_;
      if (running_) answer = EndRunning(ExposureEnd::kBlanked);
    }
    if (!stopped_) blanked_ = blanked;
  }
  if (answer) answer(absl::AbortedError("the beam was blanked before the dwell time was over"));
}

bool BeamStage::blanked() const {
  MutexLock lock(&mutex_);
  return blanked_;
}

void BeamStage::EndDue() {
  std::vector<Answer> answers;
  {
    MutexLock lock(&mutex_);
    const absl::Time now = steady_.Now();
    if (running_ && running_->due <= now) answers.push_back(EndRunning(ExposureEnd::kCompleted));
    for (auto late = late_.begin(); late != late_.end();) {
      if (late->second.due > now) {
        ++late;
        continue;
      }
      answers.push_back(std::move(late->second.answer));
      late = late_.erase(late);
    }
  }
  for (const Answer& answer : answers) {
    if (answer) answer(absl::OkStatus());
  }
}

void BeamStage::Run() {
  while (WaitUntilDue()) EndDue();
}

bool BeamStage::WaitUntilDue() {
  MutexLock lock(&mutex_);
  while (!stopped_) {
    const absl::Duration left = NextDue() - steady_.Now();
    if (left <= absl::ZeroDuration()) return true;
    wake_.WaitWithTimeout(&mutex_, left);
  }
  return false;
}

absl::Time BeamStage::NextDue() const {
  absl::Time due = running_ ? running_->due : absl::InfiniteFuture();
  for (const auto& [id, late] : late_) due = std::min(due, late.due);
  return due;
}

BeamStage::Answer BeamStage::EndRunning(ExposureEnd end) {
  Running run = *std::exchange(running_, std::nullopt);
  blanked_ = true;
  ExposureRecord record;
  record.number = run.id;
  record.placement = run.placement;
  record.started = run.started;
  record.end = end;
  // A thread that wakes up late does not lengthen the dwell: a beam blanker is exact.
  record.on_time = std::clamp(steady_.Now() - run.start, absl::ZeroDuration(), run.due - run.start);
  Expose(record);
  if (exposures_.size() == kMaxExposures) {
    exposures_.pop_front();
    ++forgotten_;
  }
  exposures_.push_back(std::move(record));
  if (run.late && end == ExposureEnd::kCompleted) {
    late_[run.id] = {run.due + faults_.late_by, std::move(run.answer)};
    wake_.NotifyAll();
    return nullptr;
  }
  return std::move(run.answer);
}

void BeamStage::Expose(ExposureRecord& record) {
  if (record.on_time <= absl::ZeroDuration()) return;
  const std::shared_ptr<const Specimen> before = exposure_.specimen();
  absl::StatusOr<ExposureReport> report =
      exposure_.Expose(record.placement.place_nm, absl::ToDoubleSeconds(record.on_time));
  if (!report.ok()) return;  // cannot be: Place checked both
  record.report = *std::move(report);
  events_ += static_cast<int64_t>(record.report.events.size());
  for (const BeamEvent& event : record.report.events) {
    if (event.kind != BeamEvent::Kind::kKnockOut) continue;
    gone_.push_back({event.atom_id, event.species, event.from_nm, 0, false});
  }
  if (exposure_.specimen() != before && changed_) changed_(exposure_.specimen());
}

BeamAccount BeamStage::Account() const {
  MutexLock lock(&mutex_);
  BeamAccount account;
  account.specimen = exposure_.specimen();
  account.atoms.reserve(exposure_.doses().size());
  account.atoms = gone_;
  const std::vector<int>& ids = exposure_.atom_ids();
  for (size_t i = 0; i < ids.size(); ++i) {
    const SpecimenAtom& atom = account.specimen->atoms[i];
    account.atoms.push_back({ids[i], atom.species, {atom.x_nm, atom.y_nm}, 0, true});
  }
  for (StageAtom& atom : account.atoms) atom.dose = exposure_.DoseOf(atom.id);
  std::sort(account.atoms.begin(), account.atoms.end(),
            [](const StageAtom& a, const StageAtom& b) { return a.id < b.id; });
  account.total_electrons = exposure_.total_electrons();
  account.placements = placements_;
  account.refused = refused_;
  account.blankings = blankings_;
  account.events = events_;
  account.blanked = blanked_;
  account.placed = running_.has_value();
  return account;
}

ExposurePage BeamStage::ExposuresAfter(int64_t after, int count) const {
  MutexLock lock(&mutex_);
  ExposurePage page;
  page.forgotten = forgotten_;
  // There is one beam: exposures end in the order in which they began.
  auto next = std::upper_bound(
      exposures_.begin(), exposures_.end(), after,
      [](int64_t number, const ExposureRecord& record) { return number < record.number; });
  for (; next != exposures_.end() && count > 0; ++next, --count) page.exposures.push_back(*next);
  page.more = next != exposures_.end();
  return page;
}

}  // namespace atomstream

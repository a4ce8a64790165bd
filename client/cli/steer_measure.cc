#include "client/cli/steer_measure.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/cli/json_writer.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// What the times are of.
struct Measured {
  std::vector<double> ms;         // from the call to the result
  std::vector<double> daemon_ms;  // of these, inside the daemon: the result's "total"
  int64_t by_live_frames = 0;     // the first result of a version was that of a frame that came in
  int64_t atoms = 0;              // of the last result
  int width_px = 0, height_px = 0;
};

// Of sorted values: the least that `share` of them do not exceed.
double Percentile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<int64_t>(std::ceil(share * static_cast<double>(sorted.size()))) - 1;
  return sorted[static_cast<size_t>(std::max<int64_t>(0, rank))];
}

double TotalMs(const v1::FrameResult& result) {
  for (const v1::StageTiming& timing : result.timings()) {
    if (timing.stage() == "total") {
      return static_cast<double>(timing.duration().seconds()) * 1e3 +
             timing.duration().nanos() / 1e6;
    }
  }
  return 0;
}

v1::SubscribeRequest RequestOf() {
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_QUEUE);
  request.add_detectors("log_star");
  return request;
}

absl::Status MeasureOnce(double preference, const std::string& name, absl::Duration timeout,
                         SteeringClient& steering, ResultSubscription& subscription,
                         Interrupter& interrupter, Measured& measured) {
  const SteadyClock clock;
  v1::SelectSolutionRequest request;
  request.mutable_selection()->set_preference(preference);
  request.set_requested_by(name);
  const absl::Time start = clock.Now();
  ASSIGN_OR_RETURN(const v1::SelectSolutionResponse selected,
                   steering.SelectSolution(request, timeout));
  while (true) {
    ASSIGN_OR_RETURN(const v1::SubscribeResponse message, subscription.Next());
    const absl::Time now = clock.Now();
    if (!message.has_result()) continue;
    const v1::FrameResult& result = message.result();
    if (result.settings_version() < selected.settings().version()) continue;
    interrupter.Touch();
    measured.ms.push_back(absl::ToDoubleMilliseconds(now - start));
    if (result.cause() == v1::RESULT_CAUSE_SELECTION) {
      measured.daemon_ms.push_back(TotalMs(result));
    } else {
      ++measured.by_live_frames;
    }
    measured.atoms = result.detectors_size() > 0 ? result.detectors(0).atom_count() : 0;
    measured.width_px = result.width_px();
    measured.height_px = result.height_px();
    return absl::OkStatus();
  }
}

void Print(Measured measured, const CommonFlags& common, const CliOutput& output) {
  std::sort(measured.ms.begin(), measured.ms.end());
  std::sort(measured.daemon_ms.begin(), measured.daemon_ms.end());
  const double p50 = Percentile(measured.ms, 0.5), p99 = Percentile(measured.ms, 0.99);
  const double daemon_p50 = measured.daemon_ms.empty() ? 0 : Percentile(measured.daemon_ms, 0.5);
  if (common.json()) {
    JsonWriter json;
    json.BeginObject().Key("changes").Integer(static_cast<int64_t>(measured.ms.size()));
    json.Key("width_px").Integer(measured.width_px).Key("height_px").Integer(measured.height_px);
    json.Key("atoms").Integer(measured.atoms);
    json.Key("p50_ms").Number(p50).Key("p99_ms").Number(p99);
    json.Key("max_ms").Number(measured.ms.back());
    json.Key("daemon_p50_ms").Number(daemon_p50);
    json.Key("by_live_frames").Integer(measured.by_live_frames).EndObject();
    output.out << json.text() << std::endl;
    return;
  }
  output.out << absl::StrFormat(
                    "%d changes of preference, %d x %d px, %d atoms: from the call to the result "
                    "p50 %.1f, p99 %.1f, max %.1f ms; in the daemon p50 %.1f ms; %d were shown by "
                    "a live frame",
                    measured.ms.size(), measured.width_px, measured.height_px, measured.atoms, p50,
                    p99, measured.ms.back(), daemon_p50, measured.by_live_frames)
             << std::endl;
}

}  // namespace

absl::Status MeasureSteering(const CommonFlags& common, int64_t count, const std::string& name,
                             SteeringClient& steering, AnalysisClient& analysis,
                             Interrupter& interrupter, const CliOutput& output) {
  v1::GetParetoFrontRequest newest;
  newest.set_without_windows(true);
  ASSIGN_OR_RETURN(const v1::GetParetoFrontResponse front,
                   steering.GetParetoFront(newest, common.timeout()));
  if (front.front().solutions().empty()) {
    return absl::NotFoundError(
        absl::StrCat("frame ", front.frame_id(), " has no front to select from"));
  }
  const std::unique_ptr<ResultSubscription> subscription = analysis.Subscribe(RequestOf());
  interrupter.SetCancel([&subscription] { subscription->Cancel(); });
  // The first message: from now on no result is missed.
  absl::Status status = subscription->Next().status();
  Measured measured;
  for (int64_t i = 0; i < count && status.ok(); ++i) {
    // Never twice the same, from one half of the front to the other.
    const double step = static_cast<double>(i % 50) / 100;
    status = MeasureOnce(i % 2 == 0 ? step : 1 - step, name, common.timeout(), steering,
                         *subscription, interrupter, measured);
  }
  interrupter.SetCancel(nullptr);
  if (front.settings().selection().by_case() != v1::Selection::kIndex) {
    v1::SelectSolutionRequest back;
    *back.mutable_selection() = front.settings().selection();
    back.set_requested_by(name);
    status.Update(steering.SelectSolution(back, common.timeout()).status());
  }
  if (!measured.ms.empty()) Print(std::move(measured), common, output);
  if (absl::IsCancelled(status)) {
    if (interrupter.cause() == Interrupter::Cause::kSignal) {
      return absl::CancelledError("interrupted");
    }
    return absl::DeadlineExceededError(
        absl::StrCat("no result of a change for ", common.timeout_s, " s"));
  }
  return status;
}

}  // namespace atomstream

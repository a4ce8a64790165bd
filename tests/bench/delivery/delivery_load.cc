#include "tests/bench/delivery/delivery_load.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "tests/bench/delivery/subscriber.h"

namespace atomstream::bench {
namespace {

// Issue 5.
constexpr double kMaxP99Ms = 50;
constexpr double kMaxP99Ratio = 1.10;
constexpr double kMaxStalledMb = 8;
constexpr int kMaxFramesOld = 2;

constexpr v1::DeliveryPolicy kPolicies[] = {v1::DELIVERY_POLICY_QUEUE, v1::DELIVERY_POLICY_LATEST,
                                            v1::DELIVERY_POLICY_LOSSLESS};

struct Round {
  std::vector<double> latencies_ms;
  int64_t declared = 0;
  double published_per_second = 0;
  int64_t dropped_at_admission = 0;
  int64_t resident_bytes = 0;  // of the daemon, at the end
};

struct Wakening {
  int stale = 0;  // results that came before one at most kMaxFramesOld old
  double fresh_after_ms = 0;
  int64_t result_bytes = 0;
};

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const auto index = static_cast<size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index),
                   values.end());
  return values[index];
}

class Load {
 public:
  Load(const DeliveryLoadOptions& options, std::unique_ptr<BenchDaemon> daemon)
      : options_(options), daemon_(std::move(daemon)) {
    status_client_ = std::make_unique<Subscriber>(daemon_->address(), kPolicies[0]);
  }

  absl::StatusOr<std::vector<std::unique_ptr<Subscriber>>> Begin(int count) {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    for (int i = 0; i < count; ++i) {
      subscribers.push_back(std::make_unique<Subscriber>(daemon_->address(), kPolicies[i % 3]));
      RETURN_IF_ERROR(subscribers.back()->Begin());
    }
    return subscribers;
  }

  absl::Status AddLive() {
    ASSIGN_OR_RETURN(auto subscribers, Begin(options_.live));
    for (auto& subscriber : subscribers) {
      live_.push_back(std::make_unique<LiveSubscriber>(std::move(subscriber)));
    }
    return absl::OkStatus();
  }

  // Lets the load run for a while and says what came of it.
  absl::StatusOr<Round> Run(absl::Duration duration) {
    for (const auto& subscriber : live_) subscriber->TakeAccount();
    ASSIGN_OR_RETURN(const v1::GetStatusResponse before, status_client_->GetStatus());
    const absl::Time start = absl::Now();
    absl::SleepFor(duration);
    ASSIGN_OR_RETURN(const v1::GetStatusResponse after, status_client_->GetStatus());
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    Round round;
    for (const auto& subscriber : live_) {
      const LiveSubscriber::Account account = subscriber->TakeAccount();
      round.latencies_ms.insert(round.latencies_ms.end(), account.latencies_ms.begin(),
                                account.latencies_ms.end());
      round.declared += account.declared;
    }
    round.published_per_second =
        static_cast<double>(after.newest().sequence() - before.newest().sequence()) / seconds;
    round.dropped_at_admission =
        after.counters().frames_dropped_admission() - before.counters().frames_dropped_admission();
    round.resident_bytes = daemon_->ResidentBytes();
    return round;
  }

  // A viewer that sleeps, and reads again.
  absl::StatusOr<Wakening> WakeViewer(absl::Duration sleep) {
    Subscriber viewer(daemon_->address(), v1::DELIVERY_POLICY_LATEST);
    RETURN_IF_ERROR(viewer.Begin());
    absl::SleepFor(sleep);
    ASSIGN_OR_RETURN(const v1::GetStatusResponse status, status_client_->GetStatus());
    const absl::Time start = absl::Now();
    Wakening wakening;
    while (true) {
      ASSIGN_OR_RETURN(const v1::SubscribeResponse response, viewer.Next());
      if (!response.has_result()) continue;
      wakening.result_bytes = static_cast<int64_t>(response.ByteSizeLong());
      if (response.result().position().sequence() + kMaxFramesOld >= status.newest().sequence()) {
        break;
      }
      ++wakening.stale;
    }
    wakening.fresh_after_ms = absl::ToDoubleMilliseconds(absl::Now() - start);
    return wakening;
  }

 private:
  const DeliveryLoadOptions options_;
  const std::unique_ptr<BenchDaemon> daemon_;
  std::unique_ptr<Subscriber> status_client_;
  std::vector<std::unique_ptr<LiveSubscriber>> live_;
};

// Rounds of one kind, together.
struct Kind {
  std::vector<double> p50_ms, p99_ms;  // of each round
  int64_t results = 0;
  int64_t declared = 0;
  int64_t dropped_at_admission = 0;
  double slowest_rate = 1e9;
  int64_t resident_bytes = 0;  // the most

  void Add(const Round& round) {
    p50_ms.push_back(Quantile(round.latencies_ms, 0.5));
    p99_ms.push_back(Quantile(round.latencies_ms, 0.99));
    results += static_cast<int64_t>(round.latencies_ms.size());
    declared += round.declared;
    dropped_at_admission += round.dropped_at_admission;
    slowest_rate = std::min(slowest_rate, round.published_per_second);
    resident_bytes = std::max(resident_bytes, round.resident_bytes);
  }

  nlohmann::json Json() const {
    return {{"p50_ms", Quantile(p50_ms, 0.5)},
            {"p99_ms", Quantile(p99_ms, 0.5)},
            {"p99_ms_worst_round", Quantile(p99_ms, 1)},
            {"results", results},
            {"results_declared_lost", declared},
            {"frames_dropped_at_admission", dropped_at_admission},
            {"slowest_results_per_second", slowest_rate},
            {"resident_mb", static_cast<double>(resident_bytes) / 1e6}};
  }
};

void Print(const nlohmann::json& report, bool json) {
  if (json) {
    std::printf("%s\n", report.dump(2).c_str());
    return;
  }
  for (const auto& [name, value] : report.items()) {
    if (!value.is_object()) {
      std::printf("%-28s %s\n", name.c_str(), value.dump().c_str());
      continue;
    }
    std::printf("%s\n", name.c_str());
    for (const auto& [inner, number] : value.items()) {
      std::printf("  %-28s %s\n", inner.c_str(), number.dump().c_str());
    }
  }
}

}  // namespace

absl::Status MeasureDelivery(const DeliveryLoadOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<BenchDaemon> daemon, BenchDaemon::Start(options.daemon));
  Load load(options, std::move(daemon));
  RETURN_IF_ERROR(load.AddLive());
  const absl::Duration duration = absl::Seconds(options.seconds);
  // The history is as full as it gets, and the pools of memory as large.
  const double fill = options.daemon.history / options.daemon.rate_hz;
  RETURN_IF_ERROR(load.Run(std::max(duration, absl::Seconds(1.5 * fill))).status());

  Kind alone, beside_stalled;
  for (int i = 0; i < options.rounds; ++i) {
    ASSIGN_OR_RETURN(const Round without, load.Run(duration));
    alone.Add(without);
    ASSIGN_OR_RETURN(const auto stalled, load.Begin(options.stalled));
    ASSIGN_OR_RETURN(const Round with, load.Run(duration));
    beside_stalled.Add(with);
  }
  const double ratio = Quantile(beside_stalled.p99_ms, 0.5) / Quantile(alone.p99_ms, 0.5);
  const double stalled_mb =
      static_cast<double>(beside_stalled.resident_bytes - alone.resident_bytes) / 1e6 /
      std::max(1, options.stalled);

  nlohmann::json report = {{"live", options.live},  {"stalled", options.stalled},
                           {"alone", alone.Json()}, {"beside_stalled", beside_stalled.Json()},
                           {"p99_ratio", ratio},    {"mb_per_stalled", stalled_mb}};
  std::string missed;
  const auto check = [&](const char* aim, bool met) {
    report["aims"][aim] = met;
    if (!met) missed = absl::StrCat(missed, missed.empty() ? "" : ", ", aim);
  };
  check("p99_at_most_50_ms", Quantile(beside_stalled.p99_ms, 0.5) <= kMaxP99Ms);
  check("p99_less_than_10_percent_worse", ratio < kMaxP99Ratio);
  check("at_most_8_mb_per_stalled", stalled_mb <= kMaxStalledMb);
  check("acquisition_never_waits", beside_stalled.dropped_at_admission == 0 &&
                                       beside_stalled.slowest_rate > 0.99 * options.daemon.rate_hz);
  if (options.stall_seconds > 0) {
    ASSIGN_OR_RETURN(const Wakening wakening,
                     load.WakeViewer(absl::Seconds(options.stall_seconds)));
    report["wakening"] = {{"stale_results_first", wakening.stale},
                          {"fresh_after_ms", wakening.fresh_after_ms},
                          {"result_bytes", wakening.result_bytes}};
    check("fresh_within_one_frame", wakening.fresh_after_ms <= 1000 / options.daemon.rate_hz);
  }
  Print(report, options.json);
  if (!missed.empty()) return absl::FailedPreconditionError("missed: " + missed);
  return absl::OkStatus();
}

}  // namespace atomstream::bench

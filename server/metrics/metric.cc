#include "server/metrics/metric.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace atomstream {
namespace {

void AddTo(std::atomic<double>& target, double by) {
  double old = target.load(std::memory_order_relaxed);
  while (!target.compare_exchange_weak(old, old + by, std::memory_order_relaxed)) {
  }
}

std::string Keys(const MetricLabels& labels) {
  return absl::StrJoin(
      labels, ",", [](std::string* out, const auto& label) { absl::StrAppend(out, label.first); });
}

[[noreturn]] void Disagree(absl::string_view name, absl::string_view what) {
  std::cerr << "metric " << name << ": " << what << " in server/metrics/metric_catalogue.cc\n";
  std::abort();
}

void CheckKeys(const MetricSpec& spec, const MetricLabels& labels) {
  const std::string keys = Keys(labels);
  if (keys != spec.labels) Disagree(spec.name, absl::StrCat("its labels are not {", keys, "}"));
}

}  // namespace

void Gauge::Add(double by) { AddTo(value_, by); }

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)), buckets_(upper_bounds_.size() + 1) {
  assert(std::is_sorted(upper_bounds_.begin(), upper_bounds_.end()));
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;
  const auto bound = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value);
  buckets_[bound - upper_bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  AddTo(sum_, value);
}

uint64_t Histogram::count() const {
  uint64_t count = 0;
  for (const std::atomic<uint64_t>& bucket : buckets_) {
    count += bucket.load(std::memory_order_relaxed);
  }
  return count;
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot snapshot;
  snapshot.upper_bounds = upper_bounds_;
  for (const std::atomic<uint64_t>& bucket : buckets_) {
    snapshot.count += bucket.load(std::memory_order_relaxed);
    snapshot.cumulative.push_back(snapshot.count);
  }
  snapshot.sum = sum_.load(std::memory_order_relaxed);
  return snapshot;
}

void Info::Set(MetricLabels labels) {
  CheckKeys(spec_, labels);
  MutexLock lock(&mutex_);
  labels_ = std::move(labels);
}

bool LabelledMetric::unused() const {
  return (counter != nullptr && counter->value() == 0) ||
         (histogram != nullptr && histogram->count() == 0);
}

const MetricSpec& MetricRegistry::Row(absl::string_view name, MetricType type) const {
  const MetricSpec* spec = FindMetric(catalogue_, name);
  if (spec == nullptr) Disagree(name, "it has no row");
  if (spec->type != type) Disagree(name, "its type is another");
  return *spec;
}

LabelledMetric& MetricRegistry::Add(const MetricSpec& spec, MetricLabels labels) {
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const MetricFamily& f) { return f.name == spec.name; });
  if (family == families_.end()) {
    families_.push_back(
        {std::string(spec.name), PlainText(spec.help), spec.type, spec.hide_unused, {}});
    family = std::prev(families_.end());
  }
  family->metrics.push_back({});
  family->metrics.back().labels = std::move(labels);
  return family->metrics.back();
}

LabelledMetric& MetricRegistry::AddChecked(absl::string_view name, MetricType type,
                                           MetricLabels labels) {
  const MetricSpec& spec = Row(name, type);
  CheckKeys(spec, labels);
  return Add(spec, std::move(labels));
}

Counter* MetricRegistry::AddCounter(absl::string_view name, MetricLabels labels) {
  LabelledMetric& metric = AddChecked(name, MetricType::kCounter, std::move(labels));
  metric.counter = std::make_unique<Counter>();
  return metric.counter.get();
}

Gauge* MetricRegistry::AddGauge(absl::string_view name, MetricLabels labels) {
  LabelledMetric& metric = AddChecked(name, MetricType::kGauge, std::move(labels));
  metric.gauge = std::make_unique<Gauge>();
  return metric.gauge.get();
}

Histogram* MetricRegistry::AddHistogram(absl::string_view name, std::vector<double> upper_bounds,
                                        MetricLabels labels) {
  LabelledMetric& metric = AddChecked(name, MetricType::kHistogram, std::move(labels));
  metric.histogram = std::make_unique<Histogram>(std::move(upper_bounds));
  return metric.histogram.get();
}

Info* MetricRegistry::AddInfo(absl::string_view name) {
  const MetricSpec& spec = Row(name, MetricType::kInfo);
  LabelledMetric& metric = Add(spec, {});
  metric.info = std::make_unique<Info>(&spec);
  return metric.info.get();
}

}  // namespace atomstream

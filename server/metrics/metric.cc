#include "server/metrics/metric.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace atomstream {
namespace {

void AddTo(std::atomic<double>& target, double by) {
  double old = target.load(std::memory_order_relaxed);
  while (!target.compare_exchange_weak(old, old + by, std::memory_order_relaxed)) {
  }
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

LabelledMetric& MetricRegistry::Add(const std::string& name, const std::string& help,
                                    MetricType type, MetricLabels labels) {
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const MetricFamily& f) { return f.name == name; });
  if (family == families_.end()) {
    families_.push_back({name, help, type, {}});
    family = std::prev(families_.end());
  }
  assert(family->type == type);
  family->metrics.push_back({});
  family->metrics.back().labels = std::move(labels);
  return family->metrics.back();
}

Counter* MetricRegistry::AddCounter(const std::string& name, const std::string& help,
                                    MetricLabels labels) {
  LabelledMetric& metric = Add(name, help, MetricType::kCounter, std::move(labels));
  metric.counter = std::make_unique<Counter>();
  return metric.counter.get();
}

Gauge* MetricRegistry::AddGauge(const std::string& name, const std::string& help,
                                MetricLabels labels) {
  LabelledMetric& metric = Add(name, help, MetricType::kGauge, std::move(labels));
  metric.gauge = std::make_unique<Gauge>();
  return metric.gauge.get();
}

Histogram* MetricRegistry::AddHistogram(const std::string& name, const std::string& help,
                                        std::vector<double> upper_bounds, MetricLabels labels) {
  LabelledMetric& metric = Add(name, help, MetricType::kHistogram, std::move(labels));
  metric.histogram = std::make_unique<Histogram>(std::move(upper_bounds));
  return metric.histogram.get();
}

Info* MetricRegistry::AddInfo(const std::string& name, const std::string& help) {
  LabelledMetric& metric = Add(name, help, MetricType::kInfo, {});
  metric.info = std::make_unique<Info>();
  return metric.info.get();
}

}  // namespace atomstream

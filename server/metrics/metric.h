// Counter, Gauge, Histogram, Info and the registry that owns them: the daemon's own metrics, which
// know nothing of Prometheus. server/metrics/prometheus_exposer shows a registry to a scraper.
//
// Updates come from any thread and never block (but for Info, which holds a lock for a moment); a
// reader sees each number whole, but numbers of one moment need not fit together exactly. Metrics
// live as long as their registry and are never removed.
#ifndef ATOMSTREAM_SERVER_METRICS_METRIC_H_
#define ATOMSTREAM_SERVER_METRICS_METRIC_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/mutex.h"
#include "server/metrics/metric_catalogue.h"

namespace atomstream {

// A number that only rises.
class Counter {
 public:
  void Increment(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// A number that rises and falls.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by);
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations in buckets. `upper_bounds` rise strictly; an observation falls into the first
// bucket whose bound is not below it, or into the last, unbounded one. NaN is not counted.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);

  void Observe(double value);

  struct Snapshot {
    std::vector<double> upper_bounds;
    std::vector<uint64_t> cumulative;  // one a bound, then the total
    uint64_t count = 0;
    double sum = 0;
  };
  Snapshot snapshot() const;
  uint64_t count() const;

 private:
  const std::vector<double> upper_bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;  // one a bound, then the unbounded one
  std::atomic<double> sum_{0};
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Always 1; its labels say what is there now. Not shown before the first Set.
class Info {
 public:
  explicit Info(const MetricSpec* spec) : spec_(*spec) {}

  // Exactly the keys of the catalogue's row, in its order.
  void Set(MetricLabels labels);
  MetricLabels labels() const {
    MutexLock lock(&mutex_);
    return labels_;
  }

 private:
  const MetricSpec& spec_;
  mutable Mutex mutex_;
  MetricLabels labels_ ABSL_GUARDED_BY(mutex_);
};

// One metric with its labels; exactly the pointer that `MetricFamily::type` names is set.
struct LabelledMetric {
  MetricLabels labels;
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::unique_ptr<Info> info;

  bool unused() const;  // a counter or histogram that has counted nothing
};

// Metrics of one name.
struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type;
  bool hide_unused;
  std::vector<LabelledMetric> metrics;
};

// Owns metrics. All Add calls come before the first reader and from one thread; a name that is
// added again with other labels joins its family. Type, labels' keys and help are those of the
// catalogue's row; a metric without one, or that disagrees with it, is our own bug and ends the
// process.
class MetricRegistry {
 public:
  explicit MetricRegistry(MetricCatalogue catalogue = DaemonCatalogue()) : catalogue_(catalogue) {}

  Counter* AddCounter(absl::string_view name, MetricLabels labels = {});
  Gauge* AddGauge(absl::string_view name, MetricLabels labels = {});
  Histogram* AddHistogram(absl::string_view name, std::vector<double> upper_bounds,
                          MetricLabels labels = {});
  Info* AddInfo(absl::string_view name);

  const std::deque<MetricFamily>& families() const { return families_; }

 private:
  const MetricSpec& Row(absl::string_view name, MetricType type) const;
  LabelledMetric& Add(const MetricSpec& spec, MetricLabels labels);
  LabelledMetric& AddChecked(absl::string_view name, MetricType type, MetricLabels labels);

  const MetricCatalogue catalogue_;
  std::deque<MetricFamily> families_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_METRIC_H_

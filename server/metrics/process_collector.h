// ProcessCollector: what every Prometheus client tells of its process
// (process_resident_memory_bytes and so on), read from the operating system for each scrape. Any
// thread.
#ifndef ATOMSTREAM_SERVER_METRICS_PROCESS_COLLECTOR_H_
#define ATOMSTREAM_SERVER_METRICS_PROCESS_COLLECTOR_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "absl/time/time.h"

namespace atomstream {

class ProcessCollector final : public prometheus::Collectable {
 public:
  ProcessCollector();

  // Nothing where the system does not tell.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const absl::Time start_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_PROCESS_COLLECTOR_H_

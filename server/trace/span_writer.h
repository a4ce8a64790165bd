// SpanWriter: appends the spans of results to a file, on a thread of its own, so that no result
// waits for a disk.
//
// Owned by the daemon. Add and SetOptions may be called by any thread; the rest by the owner. What
// waits is bounded; results beyond, and those that cannot be written, have no spans and are
// counted. The file is replaced when it is full, so that two files of the largest size are all it
// ever takes. Without a file none are written.
#ifndef ATOMSTREAM_SERVER_TRACE_SPAN_WRITER_H_
#define ATOMSTREAM_SERVER_TRACE_SPAN_WRITER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"
#include "server/metrics/metric.h"
#include "server/trace/result_spans.h"
#include "server/trace/span.h"
#include "server/trace/span_options.h"

namespace atomstream {

// All outlive the writer.
struct SpanWriterDependencies {
  SpanResource resource;
  std::function<uint64_t()> random;  // 64 random bits; the writer's thread only
  Counter* written = nullptr;        // spans
  Counter* dropped = nullptr;        // results whose spans were not written
  EventLog* log = nullptr;
};

// InvalidArgument names trace.spans_file: nothing can be appended there. Changes nothing.
absl::Status CheckSpanFile(const std::string& path);

class SpanWriter {
 public:
  static constexpr size_t kMaxWaiting = 1024;  // results

  SpanWriter(const SpanOptions& options, SpanWriterDependencies dependencies);
  ~SpanWriter();  // shuts down

  // For results that come from now on; what waits goes where it would have gone.
  void SetOptions(const SpanOptions& options);

  void Add(TracedResult result);

  // Writes what waits, and joins the thread. Results that come later are dropped.
  void Shutdown();

 private:
  void Run();
  void Append(const SpanOptions& options, const std::string& line, int64_t spans);

  using OptionsPtr = std::shared_ptr<const SpanOptions>;
  struct Waiting {
    TracedResult result;
    OptionsPtr options;  // of when it came
  };

  const SpanWriterDependencies deps_;

  Mutex mutex_;
  CondVar changed_;
  OptionsPtr options_ ABSL_GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_SPAN_WRITER_H_

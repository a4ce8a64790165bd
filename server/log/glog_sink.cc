#include "server/log/glog_sink.h"

#include <glog/logging.h>

namespace atomstream {

class GlogSink::Sink final : public google::LogSink {
 public:
  explicit Sink(EventLog* log) : log_(*log) {}

  void send(google::LogSeverity severity, const char*, const char* file, int,
            const google::LogMessageTime&, const char* message, size_t length) override {
    log_.Write(severity == google::GLOG_INFO ? LogLevel::kInfo : LogLevel::kWarning,
               absl::string_view(message, length), {.component = "library", .kind = file});
  }

 private:
  EventLog& log_;
};

GlogSink::GlogSink(const char* program, EventLog* log) : sink_(std::make_unique<Sink>(log)) {
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::GLOG_FATAL;
  google::InitGoogleLogging(program);
  // No files.
  for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) {
    google::SetLogDestination(severity, "");
  }
  google::AddLogSink(sink_.get());
}

GlogSink::~GlogSink() {
  google::RemoveLogSink(sink_.get());
  google::ShutdownGoogleLogging();
}

}  // namespace atomstream

#include "server/log/protobuf_log.h"

#include <google/protobuf/stubs/logging.h>

#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"

namespace atomstream {
namespace {

using google::protobuf::LogHandler;

// Protobuf takes a function and nothing that goes with it, so that the log must be found without.
// Never ends: a thread may be parsing while the process ends.
struct Target {
  Mutex mutex;
  EventLog* log ABSL_GUARDED_BY(mutex) = nullptr;
  LogHandler* before ABSL_GUARDED_BY(mutex) = nullptr;
};
Target& TheTarget() {
  static Target* const target = new Target;
  return *target;
}

void Say(google::protobuf::LogLevel level, const char* file, int, const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) std::cerr << "protobuf: " << message << "\n";
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  if (target.log == nullptr) return;
  target.log->Write(level == google::protobuf::LOGLEVEL_INFO ? LogLevel::kInfo : LogLevel::kWarning,
                    absl::StrCat("protobuf: ", message), {.component = "library", .kind = file});
}

}  // namespace

ProtobufLog::ProtobufLog(EventLog* log) {
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  target.log = log;
  target.before = google::protobuf::SetLogHandler(&Say);
}

ProtobufLog::~ProtobufLog() {
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  google::protobuf::SetLogHandler(target.before);
  target.log = nullptr;
}

}  // namespace atomstream

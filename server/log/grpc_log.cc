#include "server/log/grpc_log.h"

#include <grpc/support/log.h>

#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"

namespace atomstream {
namespace {

// gRPC takes a function and nothing that goes with it, so that the log must be found without. Never
// ends: gRPC's threads may speak while the process ends.
struct Target {
  Mutex mutex;
  EventLog* log ABSL_GUARDED_BY(mutex) = nullptr;
};
Target& TheTarget() {
  static Target* const target = new Target;
  return *target;
}

void Say(gpr_log_func_args* line) {
  // abort() follows, and nobody would write the line any more.
  if (absl::StartsWith(line->message, "assertion failed")) {
    std::cerr << "grpc: " << line->message << "\n";
  }
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  if (target.log == nullptr) return;
  target.log->Write(
      line->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kInfo,
      absl::StrCat("grpc: ", line->message),
      {.component = "library", .kind = absl::StrCat("grpc ", line->file, ":", line->line)});
}

}  // namespace

GrpcLog::GrpcLog(EventLog* log) {
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  target.log = log;
  gpr_set_log_function(&Say);
}

GrpcLog::~GrpcLog() {
  Target& target = TheTarget();
  MutexLock lock(&target.mutex);
  gpr_set_log_function(nullptr);
  target.log = nullptr;
}

}  // namespace atomstream

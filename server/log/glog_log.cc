#include "server/log/glog_log.h"

#include <glog/logging.h>

namespace atomstream {

void GlogLog::Info(absl::string_view message) { LOG(INFO) << message; }

void GlogLog::Warning(absl::string_view message) { LOG(WARNING) << message; }

}  // namespace atomstream

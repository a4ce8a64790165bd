// GlogLog: the EventLog of the running daemon.
#ifndef ATOMSTREAM_SERVER_LOG_GLOG_LOG_H_
#define ATOMSTREAM_SERVER_LOG_GLOG_LOG_H_

#include "server/log/event_log.h"

namespace atomstream {

class GlogLog final : public EventLog {
 public:
  void Info(absl::string_view message) override;
  void Warning(absl::string_view message) override;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_GLOG_LOG_H_

// GlogSink: hands what libraries say through glog to our log, instead of to the standard error,
// where a reader that does not read would stop them. Only what ends the process still goes there.
//
// Owned by main; one at a time. The log outlives it.
#ifndef ATOMSTREAM_SERVER_LOG_GLOG_SINK_H_
#define ATOMSTREAM_SERVER_LOG_GLOG_SINK_H_

#include <memory>

#include "server/log/event_log.h"

namespace atomstream {

class GlogSink {
 public:
  // Also initialises glog; `program` as in argv[0].
  GlogSink(const char* program, EventLog* log);
  ~GlogSink();
  GlogSink(const GlogSink&) = delete;
  GlogSink& operator=(const GlogSink&) = delete;

 private:
  class Sink;
  const std::unique_ptr<Sink> sink_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_GLOG_SINK_H_

// ProtobufLog: hands what protobuf says to our log, instead of to the standard error, where callers
// could write as many lines as they like (a request with text that is no UTF-8), of another form
// than ours, and where a reader that does not read would stop whoever parses.
//
// Owned by main; one at a time. The log outlives it. What ends the process is said there, too.
#ifndef ATOMSTREAM_SERVER_LOG_PROTOBUF_LOG_H_
#define ATOMSTREAM_SERVER_LOG_PROTOBUF_LOG_H_

#include "server/log/event_log.h"

namespace atomstream {

class ProtobufLog {
 public:
  explicit ProtobufLog(EventLog* log);
  // What is said afterwards goes to the standard error again.
  ~ProtobufLog();
  ProtobufLog(const ProtobufLog&) = delete;
  ProtobufLog& operator=(const ProtobufLog&) = delete;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_PROTOBUF_LOG_H_

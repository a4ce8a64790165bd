// GrpcLog: hands what gRPC's core says to our log, instead of to the standard error, where callers
// could write as many lines as they like (a handshake that fails is one), of another form than
// ours, and where a reader that does not read would stop gRPC's threads.
//
// Owned by main; one at a time. The log outlives it. What ends the process is said there, too.
#ifndef ATOMSTREAM_SERVER_LOG_GRPC_LOG_H_
#define ATOMSTREAM_SERVER_LOG_GRPC_LOG_H_

#include "server/log/event_log.h"

namespace atomstream {

class GrpcLog {
 public:
  explicit GrpcLog(EventLog* log);
  // What is said afterwards goes to the standard error again.
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_GRPC_LOG_H_

// ServerStream: the messages of one call whose answer is a stream. Next and NextWithin are called
// by one thread; Cancel by any, more than once. Destruction cancels.
#ifndef ATOMSTREAM_CLIENT_CPP_SERVER_STREAM_H_
#define ATOMSTREAM_CLIENT_CPP_SERVER_STREAM_H_

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace atomstream {

template <typename Response>
class ServerStream {
 public:
  virtual ~ServerStream() = default;

  // Blocks until the next message. Errors end the stream for good: CANCELLED after Cancel,
  // UNAVAILABLE when the daemon is not there or shuts down (call again), others as the daemon says.
  absl::StatusOr<Response> Next() {
    absl::StatusOr<std::optional<Response>> message = std::optional<Response>();
    while (message.ok() && !message->has_value()) message = NextWithin(absl::InfiniteDuration());
    if (!message.ok()) return message.status();
    return std::move(**message);
  }

  // The same; nullopt: nothing came within `timeout`. The stream goes on, nothing is lost by it.
  virtual absl::StatusOr<std::optional<Response>> NextWithin(absl::Duration timeout) = 0;

  virtual void Cancel() = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_SERVER_STREAM_H_

// EventEncoder: the wire form of what a subscriber gets. A result with all its parts is sent as it
// is stored: the message is a few bytes and then the stored ones, which are shared, not copied.
// Other sets of parts are encoded once each and then shared by all subscribers that want these
// parts. A preview is put behind the other bytes, and shared by all who want one. Nothing is copied
// per subscriber. Thread-safe.
#ifndef ATOMSTREAM_SERVER_SERVICE_EVENT_ENCODER_H_
#define ATOMSTREAM_SERVER_SERVICE_EVENT_ENCODER_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>

#include "atomstream/v1/analysis.pb.h"
#include "core/base/mutex.h"
#include "server/codec/result_codec.h"
#include "server/hub/mailbox.h"
#include "server/store/preview_shelf.h"

namespace atomstream {

class EventEncoder {
 public:
  // `previews` outlives the encoder; null: there are none.
  explicit EventEncoder(PreviewShelf* previews = nullptr) : previews_(previews) {}

  // A preview is added if the frame is in memory, or the preview was loaded before.
  grpc::ByteBuffer Encode(const HubEvent& event, const ResultParts& parts);
  PreviewShelf* previews() const { return previews_; }
  static grpc::ByteBuffer Encode(const v1::SubscribeResponse& response);

 private:
  // Subscribers are rarely further apart than this, and a late one only costs another encoding.
  static constexpr size_t kKept = 16;

  struct Encoded {
    int64_t sequence = 0;
    int parts_mask = 0;
    grpc::ByteBuffer bytes;
  };

  PreviewShelf* const previews_;

  Mutex mutex_;
  std::deque<Encoded> newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_EVENT_ENCODER_H_

#include "server/service/event_encoder.h"

#include <grpcpp/support/slice.h>

#include <string>
#include <variant>

namespace atomstream {

grpc::ByteBuffer EventEncoder::Encode(const v1::SubscribeResponse& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer EventEncoder::Encode(const HubEvent& event, const ResultParts& parts) {
  const FrameRecordPtr* record = std::get_if<FrameRecordPtr>(&event);
  if (record == nullptr) return Encode(EventToProto(event, parts));
  const int64_t sequence = (*record)->position.sequence;
  {
    MutexLock lock(&mutex_);
    for (const Encoded& encoded : newest_) {
      if (encoded.sequence == sequence && encoded.parts_mask == parts.mask()) return encoded.bytes;
    }
  }
  // Without the lock: two threads may encode the same result at once, which is only wasted work.
  Encoded encoded{sequence, parts.mask(), Encode(EventToProto(event, parts))};
  MutexLock lock(&mutex_);
  newest_.push_back(encoded);
  if (newest_.size() > kKept) newest_.pop_front();
  return encoded.bytes;
}

}  // namespace atomstream

#include "server/service/event_encoder.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <memory>
#include <string>
#include <variant>

namespace atomstream {
namespace {

// A slice over the stored bytes, which it keeps alive.
grpc::Slice ShareBytes(const StoredResultPtr& result) {
  auto owner = std::make_unique<StoredResultPtr>(result);
  const std::string& bytes = result->encoded;
  // Slices are read only, although they take what could be written to.
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* kept) { delete static_cast<StoredResultPtr*>(kept); }, owner.release());
}

// What stands before the bytes of SubscribeResponse.result.
grpc::Slice ResultHeader(size_t bytes) {
  using google::protobuf::internal::WireFormatLite;
  using google::protobuf::io::CodedOutputStream;
  std::array<uint8_t, 16> header;
  const uint32_t tag = WireFormatLite::MakeTag(v1::SubscribeResponse::kResultFieldNumber,
                                               WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, header.data());
  end = CodedOutputStream::WriteVarint64ToArray(bytes, end);
  return grpc::Slice(header.data(), static_cast<size_t>(end - header.data()));
}

grpc::ByteBuffer Splice(const StoredResultPtr& result) {
  const std::array<grpc::Slice, 2> slices = {ResultHeader(result->encoded.size()),
                                             ShareBytes(result)};
  return grpc::ByteBuffer(slices.data(), slices.size());
}

}  // namespace

grpc::ByteBuffer EventEncoder::Encode(const v1::SubscribeResponse& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer EventEncoder::Encode(const HubEvent& event, const ResultParts& parts) {
  const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event);
  if (result == nullptr || (*result)->lost()) return Encode(EventToProto(event, parts));
  if (parts.all()) return Splice(*result);
  const int64_t sequence = (*result)->position.sequence;
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

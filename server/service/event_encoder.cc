#include "server/service/event_encoder.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace atomstream {
namespace {

// A slice over bytes that `owner` keeps alive.
template <typename Owner>
grpc::Slice ShareBytes(const Owner& owner, const std::string& bytes) {
  auto kept = std::make_unique<Owner>(owner);
  // Slices are read only, although they take what could be written to.
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* given) { delete static_cast<Owner*>(given); }, kept.release());
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

// A SubscribeResponse with a result of these bytes, and a preview behind them if there is one.
grpc::ByteBuffer Splice(const grpc::Slice& result, const PreviewPtr& preview) {
  const size_t preview_bytes = preview == nullptr ? 0 : preview->size();
  std::vector<grpc::Slice> slices = {ResultHeader(result.size() + preview_bytes), result};
  if (preview != nullptr) slices.push_back(ShareBytes(preview, *preview));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

grpc::ByteBuffer EncodeParts(const HubEvent& event, const ResultParts& parts,
                             const PreviewPtr& preview) {
  const v1::SubscribeResponse response = EventToProto(event, parts);
  if (preview == nullptr || !response.has_result()) return EventEncoder::Encode(response);
  return Splice(grpc::Slice(response.result().SerializeAsString()), preview);
}

}  // namespace

grpc::ByteBuffer EventEncoder::Encode(const v1::SubscribeResponse& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer EventEncoder::Encode(const HubEvent& event, const ResultParts& parts) {
  const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event);
  if (result == nullptr || (*result)->lost()) return Encode(EventToProto(event, parts));
  const bool wants_preview = parts.preview && previews_ != nullptr;
  const PreviewPtr preview = wants_preview ? previews_->Get((*result)->key) : nullptr;
  if (parts.all_stored()) return Splice(ShareBytes(*result, (*result)->encoded), preview);
  const int64_t sequence = (*result)->position.sequence;
  ResultParts encoded_parts = parts;
  encoded_parts.preview = preview != nullptr;
  {
    MutexLock lock(&mutex_);
    for (const Encoded& encoded : newest_) {
      if (encoded.sequence == sequence && encoded.parts_mask == encoded_parts.mask()) {
        return encoded.bytes;
      }
    }
  }
  // Without the lock: two threads may encode the same result at once, which is only wasted work.
  Encoded encoded{sequence, encoded_parts.mask(), EncodeParts(event, parts, preview)};
  MutexLock lock(&mutex_);
  newest_.push_back(encoded);
  if (newest_.size() > kKept) newest_.pop_front();
  return encoded.bytes;
}

}  // namespace atomstream

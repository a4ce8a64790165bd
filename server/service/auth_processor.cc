#include "server/service/auth_processor.h"

#include <grpc/slice.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <utility>
#include <vector>

namespace atomstream {
namespace {

grpc::string_ref TextOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// A grpc::AuthPropertyIterator is made by gRPC and its heirs only.
struct NoProperty final : grpc::AuthPropertyIterator {};

// What core knows of the peer, for as long as core lends it.
class CorePeer final : public grpc::AuthContext {
 public:
  explicit CorePeer(grpc_auth_context* context) : context_(context) {}

  bool IsPeerAuthenticated() const override {
    return context_ != nullptr && grpc_auth_context_peer_is_authenticated(context_) != 0;
  }
  std::vector<grpc::string_ref> GetPeerIdentity() const override {
    return FindPropertyValues(GetPeerIdentityPropertyName());
  }
  std::string GetPeerIdentityPropertyName() const override {
    const char* name =
        context_ == nullptr ? nullptr : grpc_auth_context_peer_identity_property_name(context_);
    return name == nullptr ? "" : name;
  }
  std::vector<grpc::string_ref> FindPropertyValues(const std::string& name) const override {
    std::vector<grpc::string_ref> values;
    if (context_ == nullptr) return values;
    grpc_auth_property_iterator next =
        grpc_auth_context_find_properties_by_name(context_, name.c_str());
    while (const grpc_auth_property* property = grpc_auth_property_iterator_next(&next)) {
      values.emplace_back(property->value, property->value_length);
    }
    return values;
  }
  grpc::AuthPropertyIterator begin() const override { return end(); }
  grpc::AuthPropertyIterator end() const override { return NoProperty(); }
  void AddProperty(const std::string& key, const grpc::string_ref& value) override {
    if (context_ == nullptr) return;
    grpc_auth_context_add_property(context_, key.c_str(), value.data(), value.size());
  }
  bool SetPeerIdentityPropertyName(const std::string& name) override {
    return context_ != nullptr &&
           grpc_auth_context_set_peer_identity_property_name(context_, name.c_str()) != 0;
  }

 private:
  grpc_auth_context* const context_;
};

using Held = std::shared_ptr<grpc::AuthMetadataProcessor>;

void Process(void* state, grpc_auth_context* context, const grpc_metadata* metadata, size_t count,
             grpc_process_auth_metadata_done_cb done, void* user_data) {
  grpc::AuthMetadataProcessor& processor = **static_cast<Held*>(state);
  grpc::AuthMetadataProcessor::InputMetadata input;
  for (size_t i = 0; i < count; ++i) {
    input.emplace(TextOf(metadata[i].key), TextOf(metadata[i].value));
  }
  CorePeer peer(context);
  grpc::AuthMetadataProcessor::OutputMetadata consumed, response;
  const grpc::Status status = processor.Process(input, &peer, &consumed, &response);
  done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(status.error_code()),
       status.error_message().c_str());
}

void Destroy(void* state) { delete static_cast<Held*>(state); }

}  // namespace

grpc_auth_metadata_processor ToCoreProcessor(
    std::shared_ptr<grpc::AuthMetadataProcessor> processor) {
  return {&Process, &Destroy, new Held(std::move(processor))};
}

}  // namespace atomstream

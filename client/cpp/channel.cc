#include "client/cpp/channel.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/health_check.h"
#include "client/cpp/request_id_interceptors.h"
#include "core/base/request_id.h"
#include "core/base/status_macros.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_interceptor.h"

namespace atomstream {
namespace {

constexpr absl::Duration kReasonTimeout = absl::Milliseconds(300);

absl::Status CheckNames(const ChannelOptions& options) {
  if (options.address.empty()) {
    return absl::InvalidArgumentError("address: must not be empty, use \"host:port\"");
  }
  if (!options.request_id.empty() && !IsRequestId(options.request_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("request_id = ", options.request_id, ": ", kRequestIdRule));
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> MakeChannelWith(
    const std::shared_ptr<grpc::ChannelCredentials>& credentials, const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_time)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_timeout)));
  // A stream without messages (a scan of minutes, a quiet daemon) must still be pinged.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, options.bandwidth_probe ? 1 : 0);
  // Callers do their own backoff; gRPC's must not hold them up for up to two minutes on top.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);  // how long one attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The peer is one address on the local network: a configured web proxy must not get in between.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.security.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.security.server_name);
  }
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeRequestIdInterceptors(options.request_id));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.address, credentials, arguments, std::move(interceptors));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options) {
  RETURN_IF_ERROR(CheckNames(options));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   MakeChannelCredentials(options.security));
  return MakeChannelWith(credentials, options);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options,
                                                           const ChannelTexts& texts) {
  RETURN_IF_ERROR(CheckNames(options));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   MakeChannelCredentials(options.security, texts));
  return MakeChannelWith(credentials, options);
}

bool WaitUntilConnected(grpc::Channel& channel, absl::Duration timeout) {
  return channel.WaitForConnected(absl::ToChronoTime(absl::Now() + timeout));
}

std::string WhyNotConnected(grpc::Channel& channel) {
  if (channel.GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_TRANSIENT_FAILURE) return "";
  // Only a call is told. One that does nothing, should there be a connection by now.
  const absl::Status status =
      CheckHealth(channel.shared_from_this(), /*service=*/"", kReasonTimeout).status();
  return absl::IsUnavailable(status) ? std::string(status.message()) : "";
}

}  // namespace atomstream

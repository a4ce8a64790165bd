// ChannelSecurity: how a channel proves who it is and whom it believes. Plain data; any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_CHANNEL_SECURITY_H_
#define ATOMSTREAM_CLIENT_CPP_CHANNEL_SECURITY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace atomstream {

// PEM files, and one with a bearer token. All empty: in the clear.
struct ChannelSecurity {
  std::string ca = "";           // who signed the server's certificate; needed for all the others
  std::string certificate = "";  // ours, with its key
  std::string key = "";
  std::string token_file = "";
  std::string server_name = "";  // of the server's certificate; empty: the host that is dialled
};

// What these files hold; empty where there is none.
struct ChannelTexts {
  std::string ca = "";
  std::string certificate = "";
  std::string key = "";
  std::string token = "";  // blanks around it do not belong to it
};

// Reads the files. InvalidArgument names what is missing, or the file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelSecurity& security);
// With what the caller has read from them, whatever they hold now.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelSecurity& security, const ChannelTexts& texts);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_CHANNEL_SECURITY_H_

#include "client/cpp/channel_flags.h"

#include <cstdlib>
#include <string>

namespace atomstream {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

ChannelSecurity ChannelSecurityFromEnvironment() {
  return {.ca = Variable("ATOMSTREAM_CA"),
          .certificate = Variable("ATOMSTREAM_CERT"),
          .key = Variable("ATOMSTREAM_KEY"),
          .token_file = Variable("ATOMSTREAM_TOKEN_FILE"),
          .server_name = Variable("ATOMSTREAM_SERVER_NAME")};
}

void AddSecurityFlags(FlagSet& flags, ChannelSecurity& security) {
  flags.Add("ca", &security.ca, "PEM file of who signed the daemon's certificate; turns TLS on");
  flags.Add("cert", &security.certificate, "PEM file of your certificate");
  flags.Add("key", &security.key, "PEM file of its key");
  flags.Add("token_file", &security.token_file, "file with your token");
  flags.Add("server_name", &security.server_name,
            "name in the daemon's certificate, if it is not the host of --server");
}

}  // namespace atomstream

#include "server/security/exposure.h"

#include <arpa/inet.h>

#include "absl/strings/str_cat.h"

namespace atomstream {

bool IsLoopback(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host == "localhost") return true;
  in_addr four;
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    in6_addr six;
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&six);
  }
  return false;
}

absl::Status CheckExposure(const std::string& listen_address, const SecurityOptions& security) {
  if (security.tls || security.insecure_remote || IsLoopback(listen_address)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("listen_address = ", listen_address,
                   ": is reached from other machines, and security.tls is not set; whoever reaches "
                   "it could place "
                   "the beam (security.insecure_remote: true takes that on)"));
}

}  // namespace atomstream

#include "client/cpp/channel_security.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "grpcpp/security/credentials.h"

namespace atomstream {
namespace {

absl::StatusOr<std::string> ReadFile(absl::string_view what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " = ", path, ": cannot be read, or is empty"));
  }
  return text;
}

// It becomes a header, where gRPC would end the process over a byte that does not belong there.
absl::StatusOr<std::string> TokenOf(absl::string_view text, const std::string& path) {
  std::string token(absl::StripAsciiWhitespace(text));
  if (token.empty() || !std::all_of(token.begin(), token.end(),
                                    [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError(
        absl::StrCat("token_file = ", path, ": must hold one token and nothing else"));
  }
  return token;
}

absl::Status CheckTogether(const ChannelSecurity& security) {
  if (security.ca.empty() && !(security.certificate.empty() && security.key.empty() &&
                               security.token_file.empty() && security.server_name.empty())) {
    return absl::InvalidArgumentError(
        "ca: must be set: a certificate, a token or a server's name is for an encrypted "
        "connection");
  }
  if (security.certificate.empty() != security.key.empty()) {
    return absl::InvalidArgumentError("key: must be set together with the certificate");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelSecurity& security) {
  RETURN_IF_ERROR(CheckTogether(security));
  ChannelTexts texts;
  if (!security.ca.empty()) {
    ASSIGN_OR_RETURN(texts.ca, ReadFile("ca", security.ca));
  }
  if (!security.certificate.empty()) {
    ASSIGN_OR_RETURN(texts.certificate, ReadFile("certificate", security.certificate));
    ASSIGN_OR_RETURN(texts.key, ReadFile("key", security.key));
  }
  if (!security.token_file.empty()) {
    ASSIGN_OR_RETURN(texts.token, ReadFile("token_file", security.token_file));
  }
  return MakeChannelCredentials(security, texts);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelSecurity& security, const ChannelTexts& texts) {
  RETURN_IF_ERROR(CheckTogether(security));
  if (security.ca.empty()) return grpc::InsecureChannelCredentials();
  // gRPC would believe every CA of this machine.
  if (texts.ca.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("ca = ", security.ca, ": is empty"));
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = texts.ca;
  options.pem_cert_chain = texts.certificate;
  options.pem_private_key = texts.key;
  const std::shared_ptr<grpc::ChannelCredentials> channel = grpc::SslCredentials(options);
  if (security.token_file.empty()) return channel;
  ASSIGN_OR_RETURN(const std::string token, TokenOf(texts.token, security.token_file));
  return grpc::CompositeChannelCredentials(channel, grpc::AccessTokenCredentials(token));
}

}  // namespace atomstream

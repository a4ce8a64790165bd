#include "server/source/microscope_link.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/channel.h"
#include "core/base/status_macros.h"
#include "grpcpp/channel.h"
#include "server/security/credential_file.h"
#include "server/source/microscope_files.h"

namespace atomstream {

absl::StatusOr<std::unique_ptr<MicroscopeLink>> MicroscopeLink::Create(
    const std::string& address, const ChannelSecurity& security, EventLog* log) {
  std::unique_ptr<MicroscopeLink> link(new MicroscopeLink(address, security, log));
  ASSIGN_OR_RETURN(std::shared_ptr<const Made> made, link->Make(nullptr));
  MutexLock lock(&link->mutex_);
  link->made_ = std::move(made);
  return link;
}

absl::StatusOr<std::shared_ptr<const MicroscopeLink::Made>> MicroscopeLink::Make(
    const std::shared_ptr<const Made>& before) const {
  auto made = std::make_shared<Made>();
  // The clock of the handshake, which is OpenSSL's own.
  ASSIGN_OR_RETURN(made->certificates,
                   ReadCertificates(FilesOf(security_), absl::Now(),
                                    before == nullptr ? nullptr : &before->certificates));
  if (!security_.token_file.empty()) {
    ASSIGN_OR_RETURN(made->token,
                     ReadCredentialFile("source.microscope.tls.token_file", security_.token_file));
  }
  if (before != nullptr && made->certificates == before->certificates &&
      made->token == before->token) {
    return before;
  }
  // Not from the files again: what was found good is what is dialled with.
  ASSIGN_OR_RETURN(made->channel, MakeChannel({.address = address_, .security = security_},
                                              {.ca = made->certificates.ca,
                                               .certificate = made->certificates.certificate,
                                               .key = made->certificates.key,
                                               .token = made->token}));
  return made;
}

void MicroscopeLink::CallEnded(const absl::Status& status) {
  if (!absl::IsUnauthenticated(status) && !absl::IsPermissionDenied(status)) return;
  MutexLock lock(&mutex_);
  refused_ = true;
}

void MicroscopeLink::Tell(absl::string_view complaint) {
  {
    MutexLock lock(&mutex_);
    if (told_ == complaint) return;
    told_ = std::string(complaint);
  }
  if (log_ == nullptr) return;
  log_->Write(LogLevel::kWarning,
              absl::StrCat("the microscope is dialled with the files before: ", complaint),
              {.component = "source"});
}

std::shared_ptr<grpc::Channel> MicroscopeLink::Channel() {
  std::shared_ptr<const Made> before;
  bool refused = false;
  {
    MutexLock lock(&mutex_);
    before = made_;
    refused = std::exchange(refused_, false);
  }
  if (security_.ca.empty()) return before->channel;
  if (!refused && before->channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY) {
    return before->channel;
  }
  absl::StatusOr<std::shared_ptr<const Made>> made = Make(before);
  if (!made.ok()) {
    Tell(made.status().message());
    return before->channel;
  }
  MutexLock lock(&mutex_);
  told_.clear();
  made_ = *std::move(made);
  return made_->channel;
}

}  // namespace atomstream

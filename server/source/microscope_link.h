// MicroscopeLink: the channel to a microscope, made anew when its certificates or its token have
// changed, so that rotating them needs no restart. Files that cannot be used change nothing; each
// complaint is told once, until they can be used again.
//
// Owned by a source or a beam. Thread-safe. A channel that has a connection stays, whatever is on
// disk: a beam must not wait for another. Until the microscope refuses who we are: a token is sent
// with each call, and a connection keeps the certificate that it began with.
#ifndef ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_LINK_H_
#define ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_LINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cpp/channel_security.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"
#include "server/security/certificate_files.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

class MicroscopeLink {
 public:
  // Does not dial. InvalidArgument: the address is empty, or what is wrong with the files. `log`
  // may be null; else it outlives the link.
  static absl::StatusOr<std::unique_ptr<MicroscopeLink>> Create(const std::string& address,
                                                                const ChannelSecurity& security,
                                                                EventLog* log = nullptr);

  // For the next call.
  std::shared_ptr<grpc::Channel> Channel();

  // How a call ended. After UNAUTHENTICATED and PERMISSION_DENIED the next Channel() looks at the
  // files though there is a connection.
  void CallEnded(const absl::Status& status);

 private:
  // What a channel was made with.
  struct Made {
    Certificates certificates;
    std::string token;
    std::shared_ptr<grpc::Channel> channel;
  };

  MicroscopeLink(const std::string& address, const ChannelSecurity& security, EventLog* log)
      : address_(address), security_(security), log_(log) {}
  // With the files as they are now; `before` itself if they are those of it.
  absl::StatusOr<std::shared_ptr<const Made>> Make(const std::shared_ptr<const Made>& before) const;
  void Tell(absl::string_view complaint);

  const std::string address_;
  const ChannelSecurity security_;
  EventLog* const log_;
  Mutex mutex_;
  std::shared_ptr<const Made> made_ ABSL_GUARDED_BY(mutex_);
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;  // since the files were looked at
  std::string told_ ABSL_GUARDED_BY(mutex_);      // of files that cannot be used; empty: they can
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_LINK_H_

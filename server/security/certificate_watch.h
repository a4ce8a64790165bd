// CertificateWatch: reads certificate files again and again, and keeps the last that were good:
// what cannot be used is refused, told and counted, and the one before serves on.
//
// Owned by the daemon. Thread-safe, but for Start and the destructor; owns one thread. Each group
// of files (those of the server, those of the link to the microscope) is taken whole or not at all,
// so that no key meets the certificate of another. A file is not refused for being over while it
// serves: that it ends is for CertificateMetrics.
#ifndef ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_WATCH_H_
#define ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_WATCH_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"
#include "server/metrics/certificate_metrics.h"
#include "server/security/certificate_files.h"

namespace atomstream {

using CertificatesPtr = std::shared_ptr<const Certificates>;

// A group of files.
struct WatchedCertificates {
  std::string name;  // "server", "microscope": for the log
  CertificateFiles files;
  const CertificateGroupMetrics* metrics = nullptr;
};

// All outlive the watch.
struct CertificateWatchDependencies {
  const Clock* clock = nullptr;
  EventLog* log = nullptr;
};

class CertificateWatch {
 public:
  // Reads them all. InvalidArgument: what is wrong with one of them; see ReadCertificates.
  static absl::StatusOr<std::unique_ptr<CertificateWatch>> Create(
      std::vector<WatchedCertificates> groups, const CertificateWatchDependencies& dependencies);
  ~CertificateWatch();

  // Looks once in a `period` from now on.
  void Start(absl::Duration period);

  // Looks now, in the calling thread.
  void Look();

  // The thread looks at once.
  void LookSoon();

  // The last that were good. Null: there is no such group. Never waits for a file.
  CertificatesPtr newest(absl::string_view name) const;

 private:
  CertificateWatch(std::vector<WatchedCertificates> groups,
                   const CertificateWatchDependencies& dependencies);
  void Run(absl::Duration period);
  void LookAt(size_t group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(looking_);
  void Take(size_t group, Certificates certificates);
  CertificatesPtr NewestOf(size_t group) const;

  const std::vector<WatchedCertificates> groups_;
  const CertificateWatchDependencies deps_;
  std::thread thread_;

  Mutex looking_;  // held while files are read; before mutex_
  // Of each group: told last; empty: what is on disk counts.
  std::vector<std::string> refusals_ ABSL_GUARDED_BY(looking_);

  mutable Mutex mutex_;  // a handshake waits for it: never held while files are read
  CondVar changed_;
  std::vector<CertificatesPtr> newest_ ABSL_GUARDED_BY(mutex_);  // of each group
  bool look_now_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_WATCH_H_

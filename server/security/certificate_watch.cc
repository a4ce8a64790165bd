#include "server/security/certificate_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::string_view kComponent = "certificates";

std::string FirstEndOf(const Certificates& certificates) {
  const absl::Time end = std::min(certificates.certificate_end, certificates.ca_end);
  return absl::FormatTime(absl::RFC3339_sec, end, absl::UTCTimeZone());
}

}  // namespace

CertificateWatch::CertificateWatch(std::vector<WatchedCertificates> groups,
                                   const CertificateWatchDependencies& dependencies)
    : groups_(std::move(groups)),
      deps_(dependencies),
      refusals_(groups_.size()),
      newest_(groups_.size()) {}

absl::StatusOr<std::unique_ptr<CertificateWatch>> CertificateWatch::Create(
    std::vector<WatchedCertificates> groups, const CertificateWatchDependencies& dependencies) {
  std::unique_ptr<CertificateWatch> watch(new CertificateWatch(std::move(groups), dependencies));
  for (size_t i = 0; i < watch->groups_.size(); ++i) {
    ASSIGN_OR_RETURN(Certificates certificates,
                     ReadCertificates(watch->groups_[i].files, dependencies.clock->Now()));
    watch->Take(i, std::move(certificates));
  }
  return watch;
}

CertificateWatch::~CertificateWatch() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void CertificateWatch::Start(absl::Duration period) {
  if (groups_.empty()) return;
  thread_ = std::thread([this, period] { Run(period); });
}

void CertificateWatch::Run(absl::Duration period) {
  while (true) {
    {
      MutexLock lock(&mutex_);
      while (!look_now_ && !stopping_) {
        if (changed_.WaitWithTimeout(&mutex_, period)) break;
      }
      if (stopping_) return;
      look_now_ = false;
    }
    Look();
  }
}

void CertificateWatch::Look() {
  MutexLock lock(&looking_);
  for (size_t i = 0; i < groups_.size(); ++i) LookAt(i);
}

void CertificateWatch::LookSoon() {
  MutexLock lock(&mutex_);
  look_now_ = true;
  changed_.NotifyAll();
}

CertificatesPtr CertificateWatch::newest(absl::string_view name) const {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].name == name) return NewestOf(i);
  }
  return nullptr;
}

CertificatesPtr CertificateWatch::NewestOf(size_t group) const {
  MutexLock lock(&mutex_);
  return newest_[group];
}

void CertificateWatch::LookAt(size_t group) {
  const WatchedCertificates& watched = groups_[group];
  const CertificatesPtr before = NewestOf(group);
  absl::StatusOr<Certificates> read =
      ReadCertificates(watched.files, deps_.clock->Now(), before.get());
  std::string& told = refusals_[group];
  if (!read.ok()) {
    watched.metrics->refused->Increment();
    const std::string refusal(read.status().message());
    if (refusal != told) {
      deps_.log->Write(
          LogLevel::kWarning,
          absl::StrCat("the certificates of the ", watched.name, " are as before: ", refusal),
          {.component = kComponent});
    }
    told = refusal;
    return;
  }
  watched.metrics->ok->Increment();
  const bool is_new = *read != *before;
  if (is_new || !told.empty()) {
    deps_.log->Write(LogLevel::kInfo,
                     absl::StrCat("the certificates of the ", watched.name,
                                  is_new ? " were read anew" : " on disk are those that count",
                                  "; they end at ", FirstEndOf(*read)),
                     {.component = kComponent});
  }
  told.clear();
  if (is_new) Take(group, *std::move(read));
}

void CertificateWatch::Take(size_t group, Certificates certificates) {
  const WatchedCertificates& watched = groups_[group];
  for (const std::string& warning : EndWarnings(watched.files, certificates, deps_.clock->Now())) {
    deps_.log->Write(LogLevel::kWarning, warning, {.component = kComponent});
  }
  watched.metrics->SetEnds(certificates.certificate_end, certificates.ca_end);
  auto next = std::make_shared<const Certificates>(std::move(certificates));
  MutexLock lock(&mutex_);
  newest_[group].swap(next);  // the one before is freed after the lock
}

}  // namespace atomstream

// FakeAudit: keeps what was recorded, as "who|action|text". Thread-safe.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_AUDIT_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_AUDIT_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/mutex.h"
#include "server/audit/audit_log.h"

namespace atomstream {

class FakeAudit final : public AuditLog {
 public:
  void Record(const AuditEntry& entry) override {
    MutexLock lock(&mutex_);
    lines_.push_back(absl::StrCat(entry.who, "|", entry.action, "|", entry.text));
  }
  std::vector<std::string> lines() const {
    MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_AUDIT_H_

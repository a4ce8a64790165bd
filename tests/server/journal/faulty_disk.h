// FaultyDisk: while it lives, SQLite's files lie on a disk that fails when the test says so. At
// most one at a time; files that were opened while it lived are closed before it ends.
#ifndef ATOMSTREAM_TESTS_SERVER_JOURNAL_FAULTY_DISK_H_
#define ATOMSTREAM_TESTS_SERVER_JOURNAL_FAULTY_DISK_H_

#include <cstdint>

namespace atomstream {

enum class DiskFault {
  kFull,  // the write that does not fit writes its first half
  kWriteFails,
  kSyncFails,
};

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();

  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // `good` writes (or syncs) from now succeed, and all later ones fail, until Heal.
  void FailAfter(int64_t good, DiskFault fault);
  void Heal();
  // Whether one has failed since FailAfter.
  bool failed() const;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_JOURNAL_FAULTY_DISK_H_

// DiskReserve: a file that takes some space of the disk, to be given up when there is no other:
// what must go to make room needs room itself while it goes.
//
// Owned by a Journal; one thread at a time.
#ifndef ATOMSTREAM_SERVER_JOURNAL_DISK_RESERVE_H_
#define ATOMSTREAM_SERVER_JOURNAL_DISK_RESERVE_H_

#include <cstdint>
#include <string>
#include <utility>

namespace atomstream {

class DiskReserve {
 public:
  // What a retention step writes to the log, several times over.
  static constexpr int64_t kBytes = int64_t{4} << 20;

  explicit DiskReserve(std::string path) : path_(std::move(path)) {}

  // Takes the space, if it has none and the disk has several times as much. Cheap otherwise.
  void Take();
  // Gives it up. False: there was none.
  bool Give();

 private:
  const std::string path_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_DISK_RESERVE_H_

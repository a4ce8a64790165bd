// Mark: a small file beside the database that says how far a journal has told anybody to be. It is
// written after each commit and before that is acknowledged, without waiting for the disk.
//
// It says a second number too: the highest that was given to anybody, which is larger while
// entries cannot be appended. Writing it needs no space, so that it can be said on a full disk; a
// journal that is opened again gives none of these numbers a second time.
//
// SQLite ends a damaged write-ahead log at the first frame whose checksum is wrong: what was
// committed behind it is gone without an error, and its numbers would be given again. A journal
// that ends before its mark has lost entries, and is treated as damaged. After a power cut the mark
// may be older than the database, which does no harm, nor does a mark that cannot be read.
//
// One thread at a time.
#ifndef ATOMSTREAM_SERVER_JOURNAL_MARK_H_
#define ATOMSTREAM_SERVER_JOURNAL_MARK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace atomstream {

struct MarkValue {
  std::string epoch;
  int64_t sequence = 0;  // of the newest entry
  int64_t given = 0;     // at least `sequence`
};

class Mark {
 public:
  // NotFound: there is none, or it cannot be read.
  static absl::StatusOr<MarkValue> Read(const std::string& path);

  // Opens the file if it says this epoch; otherwise replaces it, durably. The next Write says how
  // far the journal is.
  static absl::StatusOr<std::unique_ptr<Mark>> Open(const std::string& path,
                                                    const std::string& epoch);
  ~Mark();

  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  // What the file said when it was opened.
  const MarkValue& opened() const { return opened_; }

  // Numbers that never fall.
  absl::Status Write(int64_t sequence, int64_t given);
  // Waits until what was written is on the disk.
  absl::Status Sync();

 private:
  Mark(std::string path, MarkValue opened, int file)
      : path_(std::move(path)), opened_(std::move(opened)), file_(file) {}

  const std::string path_;
  const MarkValue opened_;
  const int file_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_MARK_H_

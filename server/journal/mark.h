// Mark: a small file beside the database that says how far a journal has told anybody to be. It is
// written after each commit and before that is acknowledged, without waiting for the disk.
//
// It says a second number too: the highest that was given to anybody, which is larger while
// entries cannot be appended. Writing it needs no space, so that it can be said on a full disk; a
// journal that is opened again gives none of these numbers a second time.
//
// And it says to which file it belongs: a mark beside another file came there with it from a
// backup. What it says then is how far the journal was when the copy was made, not how far it has
// been. So a journal whose mark is another file's, or missing, begins a new epoch (opening.h): to
// delete the mark is how an operator says that a store was restored. Marks of earlier versions name
// no file and are believed.
//
// SQLite ends a damaged write-ahead log at the first frame whose checksum is wrong: what was
// committed behind it is gone without an error, and its numbers would be given again. A journal
// that ends before its mark has lost entries, and is treated as damaged. After a power cut the mark
// may be older than the database, which does no harm.
//
// One thread at a time.
#ifndef ATOMSTREAM_SERVER_JOURNAL_MARK_H_
#define ATOMSTREAM_SERVER_JOURNAL_MARK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/files.h"

namespace atomstream {

struct MarkValue {
  std::string epoch;
  int64_t sequence = 0;  // of the newest entry
  int64_t given = 0;     // at least `sequence`
  std::optional<FileIdentity> file;
};

class Mark {
 public:
  // NotFound: there is none; DataLoss: it is not what was written.
  static absl::StatusOr<MarkValue> Read(const std::string& path);

  // The mark of this epoch of this file. One that says something else, or names no file, is
  // replaced, durably; of the same epoch the numbers stay. The next Write says how far the journal
  // is.
  static absl::StatusOr<std::unique_ptr<Mark>> Open(const std::string& path,
                                                    const std::string& epoch,
                                                    const FileIdentity& journal);
  ~Mark();

  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  // What the file says since it was opened.
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

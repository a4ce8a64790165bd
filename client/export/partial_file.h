// PartialFile: a file that is written over minutes or hours, may be cut off at any moment, even by
// kill -9 or a power failure, and goes on where it was.
//
// The data goes to PATH.part. PATH.resume, replaced as a whole at each Commit, says how many bytes
// of it count and what the owner needs to go on. When all is written PATH.part becomes PATH, so
// that PATH is whole or not there. Used by one thread; a lock keeps other processes away.
#ifndef ATOMSTREAM_CLIENT_EXPORT_PARTIAL_FILE_H_
#define ATOMSTREAM_CLIENT_EXPORT_PARTIAL_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

class PartialFile {
 public:
  struct Options {
    bool begin_anew = false;  // drop what an earlier run has written
    // Called before each step that changes a file, for tests that end the process there. May be
    // empty.
    std::function<void(const char* step)> on_step;
  };

  // AlreadyExists: PATH.part is there and is nothing that this class wrote. Aborted: another
  // process is writing it. DataLoss: PATH.part or PATH.resume is damaged. Others as the system
  // says.
  static absl::StatusOr<std::unique_ptr<PartialFile>> Open(const std::string& path,
                                                           const Options& options);

  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();  // leaves what was committed, and nothing if nothing was

  // What the owner said at the last Commit of an earlier run; empty: there was none.
  const std::string& resumed_note() const { return resumed_note_; }
  const std::string& part_path() const { return part_path_; }
  int64_t bytes() const { return bytes_; }       // appended
  bool committed() const { return committed_; }  // a later run can go on

  absl::Status Append(absl::string_view data);

  // All that was appended is kept from now on, with `note`, which is not empty.
  absl::Status Commit(absl::string_view note);

  // All that was appended becomes PATH. AlreadyExists: PATH is there and `overwrite` is false.
  // Then, and on other errors, what was committed is kept as before.
  absl::Status Finish(bool overwrite);

  // `whole`, a file beside PATH that was made of what was committed, becomes PATH.
  absl::Status FinishWith(const std::string& whole, bool overwrite);

 private:
  PartialFile(const std::string& path, const Options& options, int descriptor);

  absl::Status ReadResume(bool begin_anew);
  absl::Status WriteResume(absl::string_view note);
  absl::Status Place(const std::string& from, bool overwrite);
  void Step(const char* step) const {
    if (on_step_) on_step_(step);
  }

  const std::string path_;
  const std::string part_path_;
  const std::string resume_path_;
  const std::function<void(const char*)> on_step_;
  int descriptor_;  // of PATH.part, locked
  bool locked_ = false;
  bool committed_ = false;  // by this run or an earlier one
  int64_t bytes_ = 0;
  std::string resumed_note_;
};

// The error that errno tells about `path`: NotFound, PermissionDenied, ResourceExhausted (disk
// full), Unavailable.
absl::Status FileError(const std::string& path);

// `from` becomes `to`, atomically. AlreadyExists: `to` is there and `overwrite` is false.
absl::Status PlaceFile(const std::string& from, const std::string& to, bool overwrite);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_PARTIAL_FILE_H_

// The spool: results and frames, one behind the other, as they are gathered for a format that
// cannot be written bit by bit. A record is its length and kind, then a serialised message.
#ifndef ATOMSTREAM_CLIENT_EXPORT_SPOOL_H_
#define ATOMSTREAM_CLIENT_EXPORT_SPOOL_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"

namespace atomstream {

void AppendToSpool(const v1::FrameResult& result, std::string& spool);
void AppendToSpool(const v1::Frame& frame, std::string& spool);

// Reads a spool from the beginning. Used by one thread.
class SpoolReader {
 public:
  enum class Kind { kEnd, kResult, kFrame };

  // The first `bytes` of the file.
  static absl::StatusOr<SpoolReader> Open(const std::string& path, int64_t bytes);

  // Which of result() and frame() the next record is. DataLoss: it is cut off, or is no record.
  absl::StatusOr<Kind> Next();

  const v1::FrameResult& result() const { return result_; }
  const v1::Frame& frame() const { return frame_; }
  int64_t bytes_read() const { return bytes_read_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  SpoolReader(std::string path, int64_t bytes, std::FILE* file)
      : path_(std::move(path)), bytes_(bytes), file_(file) {}

  std::string path_;
  int64_t bytes_;
  int64_t bytes_read_ = 0;
  std::unique_ptr<std::FILE, Close> file_;
  std::string buffer_;
  v1::FrameResult result_;
  v1::Frame frame_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_SPOOL_H_

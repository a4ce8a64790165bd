#include "client/export/spool.h"

#include "absl/strings/str_cat.h"
#include "client/export/partial_file.h"

namespace atomstream {
namespace {

constexpr uint32_t kResultTag = 0x52455355;
constexpr uint32_t kFrameTag = 0x4652414d;

struct Header {
  uint32_t tag;
  uint32_t length;
};

template <typename Message>
void AppendRecord(uint32_t tag, const Message& message, std::string& spool) {
  const Header header{tag, static_cast<uint32_t>(message.ByteSizeLong())};
  spool.append(reinterpret_cast<const char*>(&header), sizeof(header));
  message.AppendToString(&spool);
}

}  // namespace

void AppendToSpool(const v1::FrameResult& result, std::string& spool) {
  AppendRecord(kResultTag, result, spool);
}

void AppendToSpool(const v1::Frame& frame, std::string& spool) {
  AppendRecord(kFrameTag, frame, spool);
}

absl::StatusOr<SpoolReader> SpoolReader::Open(const std::string& path, int64_t bytes) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return FileError(path);
  return SpoolReader(path, bytes, file);
}

absl::StatusOr<SpoolReader::Kind> SpoolReader::Next() {
  if (bytes_read_ == bytes_) return Kind::kEnd;
  const auto damaged = [&] {
    return absl::DataLossError(
        absl::StrCat(path_, ": is damaged at byte ", bytes_read_, "; --restart begins anew"));
  };
  Header header;
  const int64_t left = bytes_ - bytes_read_ - static_cast<int64_t>(sizeof(header));
  if (left < 0 || std::fread(&header, sizeof(header), 1, file_.get()) != 1) return damaged();
  if (header.length > left) return damaged();
  buffer_.resize(header.length);
  if (header.length > 0 && std::fread(buffer_.data(), header.length, 1, file_.get()) != 1) {
    return damaged();
  }
  const bool parsed = header.tag == kResultTag  ? result_.ParseFromString(buffer_)
                      : header.tag == kFrameTag ? frame_.ParseFromString(buffer_)
                                                : false;
  if (!parsed) return damaged();
  bytes_read_ += static_cast<int64_t>(sizeof(header)) + header.length;
  return header.tag == kResultTag ? Kind::kResult : Kind::kFrame;
}

}  // namespace atomstream

#include "server/source/replay_source.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/image_file.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr size_t kMaxNameBytes = 96;  // of a frame id's 128

PixelType PixelTypeOf(RawImage::PixelType type) {
  switch (type) {
    case RawImage::PixelType::kU8:
      return PixelType::kU8;
    case RawImage::PixelType::kU16:
      return PixelType::kU16;
    case RawImage::PixelType::kI16:
      return PixelType::kI16;
    case RawImage::PixelType::kU32:
      return PixelType::kU32;
    case RawImage::PixelType::kF32:
      return PixelType::kF32;
  }
  return PixelType::kU8;
}

// The end of a long name tells more than its start.
std::string ShortName(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.size() <= kMaxNameBytes ? name : name.substr(name.size() - kMaxNameBytes);
}

class ReplaySource final : public FrameSource {
 public:
  ReplaySource(const ReplaySourceOptions& options, std::vector<std::string> files,
               const Clock* clock, std::unique_ptr<InterruptibleWait> wait)
      : options_(options), files_(std::move(files)), clock_(*clock), wait_(std::move(wait)) {}

  absl::StatusOr<std::shared_ptr<const Frame>> Next() override {
    if (cancelled_) return Cancelled();
    RETURN_IF_ERROR(GoToPage());
    absl::StatusOr<std::shared_ptr<const Frame>> frame = ReadFrame();
    // Pages that are refused take no time of the schedule: the next good one is due.
    if (!frame.ok()) return frame;
    RETURN_IF_ERROR(WaitUntilDue());
    round_had_frame_ = true;
    return frame;
  }

  void Cancel() override {
    cancelled_ = true;
    wait_->Interrupt();
  }

  std::string Description() const override { return absl::StrCat("replay ", options_.path); }

 private:
  static absl::Status Cancelled() { return absl::CancelledError("the source was cancelled"); }

  // Makes reader_ and page_ point at the next page to read.
  absl::Status GoToPage() {
    if (reader_ != nullptr && page_ < reader_->count()) return absl::OkStatus();
    if (reader_ != nullptr) NextFile();
    if (file_ == files_.size()) {
      if (!options_.loop) return absl::OutOfRangeError("the replay has come to its end");
      if (!round_had_frame_) {
        return absl::OutOfRangeError("no file of the replay holds a valid frame");
      }
      round_had_frame_ = false;
      file_ = 0;
      ++round_;
    }
    absl::StatusOr<std::unique_ptr<ImageFileReader>> reader = ImageFileReader::Open(files_[file_]);
    if (!reader.ok()) {
      NextFile();
      return RefuseFile(reader.status());
    }
    reader_ = *std::move(reader);
    return absl::OkStatus();
  }

  void NextFile() {
    reader_.reset();
    page_ = 0;
    ++file_;
  }

  // Of any cause: for the caller there is no frame here and the next one may be good.
  static absl::Status RefuseFile(const absl::Status& why) {
    return absl::InvalidArgumentError(absl::StrCat("file = ", why.message()));
  }

  absl::StatusOr<std::shared_ptr<const Frame>> ReadFrame() {
    const std::string path = files_[file_];
    const int page = page_++;
    absl::StatusOr<RawImage> image = reader_->Read(page);
    if (!image.ok()) {
      NextFile();
      return RefuseFile(image.status());
    }
    FrameMetadata metadata;
    metadata.id = absl::StrCat(ShortName(path), "#", page);
    if (round_ > 1) absl::StrAppend(&metadata.id, "@", round_);
    metadata.number = ++number_;
    metadata.acquisition_time = clock_.Now();
    metadata.detector = "HAADF";
    metadata.pixel_size_nm =
        image->pixel_size_nm > 0 ? image->pixel_size_nm : options_.pixel_size_nm;
    metadata.material = options_.material;
    absl::StatusOr<std::shared_ptr<const Frame>> frame =
        Frame::Create(std::move(metadata), image->width, image->height,
                      PixelTypeOf(image->pixel_type), image->bytes);
    if (frame.ok()) return frame;
    return absl::InvalidArgumentError(
        absl::StrCat(frame.status().message(), " (", path, ", page ", page, ")"));
  }

  // Frame n is due n periods after the first; a reader that fell behind by more than a period
  // starts a new schedule instead of getting a burst, and so does one whose clock was set back.
  absl::Status WaitUntilDue() {
    if (options_.rate_hz == 0) return absl::OkStatus();
    const absl::Duration period = absl::Seconds(1 / options_.rate_hz);
    const absl::Time now = clock_.Now();
    due_ = std::clamp(due_ + period, now - period, now + period);
    if (!started_) due_ = now;
    started_ = true;
    if (due_ > now && !wait_->WaitFor(due_ - now)) return Cancelled();
    return cancelled_ ? Cancelled() : absl::OkStatus();
  }

  const ReplaySourceOptions options_;
  const std::vector<std::string> files_;
  const Clock& clock_;
  const std::unique_ptr<InterruptibleWait> wait_;
  std::atomic<bool> cancelled_ = false;

  // The caller's thread only.
  size_t file_ = 0;                          // index into files_
  std::unique_ptr<ImageFileReader> reader_;  // of files_[file_]; null: not open
  int page_ = 0;                             // next page of reader_
  int64_t number_ = 0;                       // of the last frame
  int64_t round_ = 1;
  bool round_had_frame_ = false;
  bool started_ = false;
  absl::Time due_;
};

bool IsImageName(const std::filesystem::path& path) {
  const std::string extension = absl::AsciiStrToLower(path.extension().string());
  return extension == ".npy" || extension == ".tif" || extension == ".tiff";
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return absl::NotFoundError(absl::StrCat("path = ", path, ": no such file or folder"));
  }
  if (!std::filesystem::is_directory(status)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (IsImageName(entry->path())) files.push_back(entry->path().string());
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat("path = ", path, ": ", error.message()));
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat("path = ", path, ": the folder has no .npy, .tif or .tiff file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FrameSource>> MakeReplaySource(
    const ReplaySourceOptions& options, const Clock* clock,
    std::unique_ptr<InterruptibleWait> wait) {
  for (const auto& [name, value] :
       {std::pair("rate_hz", options.rate_hz), std::pair("pixel_size_nm", options.pixel_size_nm)}) {
    if (!(value >= 0) || !std::isfinite(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " = ", value, ": must be finite and not negative"));
    }
  }
  return CatchToStatus("replay", [&]() -> absl::StatusOr<std::unique_ptr<FrameSource>> {
    ASSIGN_OR_RETURN(std::vector<std::string> files, ListFiles(options.path));
    return std::make_unique<ReplaySource>(options, std::move(files), clock, std::move(wait));
  });
}

}  // namespace atomstream

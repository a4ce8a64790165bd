// Small frames for tests that do not care what is in them.
#ifndef ATOMSTREAM_TESTS_FAKES_TEST_FRAMES_H_
#define ATOMSTREAM_TESTS_FAKES_TEST_FRAMES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/image/frame.h"

namespace atomstream {

// 8 x 8 pixels of zero.
inline std::shared_ptr<const Frame> MakeFrame(FrameMetadata metadata) {
  return *Frame::Create(std::move(metadata), 8, 8, PixelType::kU8, std::string(64, '\0'));
}

// Number `number`, named "frame-<number>".
inline std::shared_ptr<const Frame> MakeFrame(int64_t number) {
  FrameMetadata metadata;
  metadata.id = absl::StrCat("frame-", number);
  metadata.number = number;
  return MakeFrame(std::move(metadata));
}

// Named `id`, number 0.
inline std::shared_ptr<const Frame> MakeNamedFrame(const std::string& id) {
  FrameMetadata metadata;
  metadata.id = id;
  return MakeFrame(std::move(metadata));
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_TEST_FRAMES_H_

// FakeSegmenter: a network whose answer the test decides, and frames and models to use it with.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_SEGMENTER_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_SEGMENTER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/image/frame.h"
#include "server/inference/unet_model.h"

namespace atomstream {

class FakeSegmenter final : public Segmenter {
 public:
  using Body = std::function<absl::StatusOr<Segmentation>(const Image&)>;

  explicit FakeSegmenter(std::string id = "fake@0", Body body = OneAtom) : body_(std::move(body)) {
    info_.id = std::move(id);
    info_.members = 3;
    info_.scale_px_per_d_nn = 6;
    info_.threshold = 0.4;
    info_.device = "cpu";
    info_.precision = "float32";
  }

  // An atom in the middle, probability 0.9 and variance 0.01 there.
  static absl::StatusOr<Segmentation> OneAtom(const Image& image) {
    Segmentation result;
    result.mean = Image::zeros(image.size());
    result.variance = Image::zeros(image.size());
    const int y = image.rows / 2, x = image.cols / 2;
    for (const int dy : {-1, 0, 1}) {
      for (const int dx : {-1, 0, 1})
        result.mean(y + dy, x + dx) = dx == 0 && dy == 0 ? 0.9f : 0.5f;
    }
    result.variance(y, x) = 0.01f;
    result.device = "cpu";
    result.precision = "float32";
    result.tiles = 1;
    return result;
  }

  const ModelInfo& info() const override { return info_; }
  absl::StatusOr<Segmentation> Segment(const Image& image) const override { return body_(image); }

 private:
  const Body body_;
  ModelInfo info_;
};

inline UnetModel MakeFakeModel(const std::string& id = "fake@0",
                               FakeSegmenter::Body body = FakeSegmenter::OneAtom) {
  static const SteadyClock clock;  // the detector keeps a pointer to it
  UnetModel model;
  model.segmenter = std::make_shared<const FakeSegmenter>(id, std::move(body));
  model.detector = *UnetDetector::Create({}, &clock);
  return model;
}

// 16 x 16 pixels without a lattice. Not constant, so that the network is asked.
inline std::shared_ptr<const Frame> MakeTexturedFrame(FrameMetadata metadata) {
  std::string pixels(256, '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * i * 37 % 251);
  return *Frame::Create(std::move(metadata), 16, 16, PixelType::kU8, pixels);
}

// Number `number`, named "frame-<number>".
inline std::shared_ptr<const Frame> MakeTexturedFrame(int64_t number) {
  FrameMetadata metadata;
  metadata.id = absl::StrCat("frame-", number);
  metadata.number = number;
  return MakeTexturedFrame(std::move(metadata));
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_SEGMENTER_H_

// Frames of a simulated specimen with what a detector would report of them, for the tests of the
// structure stage.
#ifndef ATOMSTREAM_TESTS_SERVER_STRUCTURE_STRUCTURE_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_STRUCTURE_STRUCTURE_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/structure/structure_stage.h"
#include "tests/core/structure/simulated_atoms.h"

namespace atomstream {

// What one detector found in one frame.
struct Detected {
  std::shared_ptr<const Frame> frame;
  DetectorRecord detector;
};

// Keeps what it is told.
class RecordingLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Keep(message, infos_); }
  void Warning(absl::string_view message) override { Keep(message, warnings_); }
  std::vector<std::string> infos() const {
    MutexLock lock(&mutex_);
    return infos_;
  }
  std::vector<std::string> warnings() const {
    MutexLock lock(&mutex_);
    return warnings_;
  }

 private:
  void Keep(absl::string_view message, std::vector<std::string>& lines) {
    MutexLock lock(&mutex_);
    lines.emplace_back(message);
  }

  mutable Mutex mutex_;
  std::vector<std::string> infos_;
  std::vector<std::string> warnings_;
};

inline Detected Detect(DetectorKind kind, const Image& image, std::vector<Atom> atoms,
                       double d_nn_px, const std::string& material = "", int64_t number = 0) {
  Detected detected;
  FrameMetadata metadata;
  metadata.id = absl::StrCat("frame-", number);
  metadata.number = number;
  metadata.material = material;
  const Image whole = image.clone();  // without gaps between its rows
  detected.frame = *Frame::Create(
      metadata, whole.cols, whole.rows, PixelType::kF32,
      absl::string_view(reinterpret_cast<const char*>(whole.data), whole.total() * sizeof(float)));
  if (kind == DetectorKind::kUnet) detected.detector.result.emplace<UnetResult>();
  std::visit(
      [&](auto& result) {
        result.atoms = std::move(atoms);
        result.lattice.d_nn_px = d_nn_px;
      },
      detected.detector.result);
  return detected;
}

// Silicon in graphene with vacancies, always the same specimen; `index` chooses the noise.
inline Detected DetectedGraphene(double noise, int64_t index,
                                 DetectorKind kind = DetectorKind::kLogStar,
                                 const std::string& material = "") {
  constexpr int kSize = 256;
  SpecimenOptions options = TestSpecimen("graphene", kSize);
  options.dopant_fraction = 0.02;
  options.vacancy_fraction = 0.005;
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(options), TestScan(kSize, noise), 0.1, index);
  return Detect(kind, frame.simulated.image, frame.atoms, frame.d_nn_px, material, index);
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_STRUCTURE_STRUCTURE_FIXTURE_H_

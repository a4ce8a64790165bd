#include "detectors/unet/unet_detector.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/log_star/simulated_frame.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Takes the image itself, smoothed by nothing, for the probability: good enough for frames without
// noise, in which the brightest places are the atoms. Remembers what it was given. Thread-safe.
class FakeSegmenter final : public Segmenter {
 public:
  FakeSegmenter() {
    info_.id = "fake@0";
    info_.members = 3;
    info_.scale_px_per_d_nn = 6;
    info_.threshold = 0.3;
  }

  const ModelInfo& info() const override { return info_; }

  absl::StatusOr<Segmentation> Segment(const Image& image) const override {
    if (!status_.ok()) return status_;
    Segmentation result;
    result.mean = gain_ * cv::min(cv::max(image, 0.0), 1.0);
    result.variance = Image(image.rows, image.cols, 0.04f);
    result.device = "cuda:0";
    result.precision = "float16";
    result.tiles = 4;
    result.transfer = absl::Milliseconds(1);
    result.compute = absl::Milliseconds(2);
    result.flags = {"smaller_tiles"};
    const MutexLock lock(&mutex_);
    last_input_ = image.clone();
    return result;
  }

  Image last_input() const {
    const MutexLock lock(&mutex_);
    return last_input_;
  }

  ModelInfo info_;       // set before use
  double gain_ = 1;      // of the probability; set before use
  absl::Status status_;  // set before use

 private:
  mutable Mutex mutex_;
  mutable Image last_input_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<UnetResult> TryDetect(const Frame& frame, const Segmenter& segmenter,
                                     const UnetOptions& options = {}) {
  const FakeClock clock;
  return (*UnetDetector::Create(options, &clock))->Detect(frame, segmenter);
}

UnetResult Detect(const Frame& frame, const Segmenter& segmenter, const UnetOptions& options = {}) {
  const absl::StatusOr<UnetResult> result = TryDetect(frame, segmenter, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

double RmseOf(const UnetResult& result, const FrameWithTruth& frame) {
  std::vector<PointPx> found;
  for (const Atom& atom : result.atoms) found.push_back({atom.x_px, atom.y_px});
  MatchOptions options;
  options.radius_px = 0.5 * frame.d_nn_px;
  return MatchOneToOne(found, frame.simulated.Positions(), options)->rmse_px;
}

TEST(UnetDetectorTest, FindsTheAtomsInThePixelsOfTheFrame) {
  const FakeSegmenter segmenter;
  for (const char* material : {"graphene", "SrTiO3"}) {
    const FrameWithTruth frame = SimulateFrame(material, 0.0);
    const UnetResult result = Detect(*frame.frame, segmenter);
    EXPECT_GT(frame.F1(result.atoms), 0.99) << material;
    // The scales are joined without an offset: half a network pixel would be 0.5 here.
    EXPECT_LT(RmseOf(result, frame) * result.scale, 0.2) << material;
    EXPECT_NEAR(result.scale * frame.d_nn_px, 6, 0.2) << material;
    EXPECT_TRUE(result.lattice.found);
  }
}

TEST(UnetDetectorTest, DescribesEachAtomAndTheRun) {
  const FakeSegmenter segmenter;
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0);
  const UnetResult result = Detect(*frame.frame, segmenter);
  ASSERT_FALSE(result.atoms.empty());
  ASSERT_EQ(result.confidence.size(), result.atoms.size());
  ASSERT_EQ(result.spread.size(), result.atoms.size());
  EXPECT_TRUE(std::is_sorted(result.confidence.rbegin(), result.confidence.rend()));
  for (size_t i = 0; i < result.atoms.size(); ++i) {
    EXPECT_EQ(result.atoms[i].response, result.confidence[i]);
    EXPECT_FLOAT_EQ(result.spread[i], 0.2f);
    EXPECT_GT(result.atoms[i].sigma_px, 0.1 * frame.d_nn_px);
    EXPECT_LT(result.atoms[i].sigma_px, 0.6 * frame.d_nn_px);
    EXPECT_GT(result.atoms[i].intensity, 0.2);
  }
  EXPECT_NEAR(result.mean_variance, 0.04, 1e-6);
  EXPECT_EQ(result.model_id, "fake@0");
  EXPECT_EQ(result.members, 3);
  EXPECT_EQ(result.device, "cuda:0");
  EXPECT_EQ(result.precision, "float16");
  EXPECT_EQ(result.tiles, 4);
  EXPECT_EQ(result.timings.transfer, absl::Milliseconds(1));
  EXPECT_EQ(result.timings.compute, absl::Milliseconds(2));
  EXPECT_THAT(result.flags, ElementsAre("smaller_tiles"));
}

TEST(UnetDetectorTest, KeepsAtomsWithinTheFrame) {
  const FakeSegmenter segmenter;
  UnetOptions options;
  options.threshold = 0.01;
  const FrameWithTruth frame = SimulateFrame("SrTiO3", 0.0);
  for (const Atom& atom : Detect(*frame.frame, segmenter, options).atoms) {
    EXPECT_GE(atom.x_px, -0.5);
    EXPECT_LT(atom.x_px, frame.frame->width() - 0.5);
    EXPECT_GE(atom.y_px, -0.5);
    EXPECT_LT(atom.y_px, frame.frame->height() - 0.5);
  }
}

TEST(UnetDetectorTest, TheConfiguredThresholdComesBeforeTheModels) {
  const FakeSegmenter segmenter;
  const FrameWithTruth frame = SimulateFrame("graphene", 0.3);
  UnetOptions strict;
  strict.threshold = 0.95;
  const UnetResult few = Detect(*frame.frame, segmenter, strict);
  const UnetResult many = Detect(*frame.frame, segmenter);
  EXPECT_LT(few.atoms.size(), many.atoms.size());
  EXPECT_GE(few.confidence.back(), 0.95f);
  EXPECT_GE(many.confidence.back(), 0.3f);
}

TEST(UnetDetectorTest, AConstantFrameIsNotSegmented) {
  FakeSegmenter segmenter;
  segmenter.status_ = absl::InternalError("must not be asked");
  const UnetResult result = Detect(*FrameOf(Image(64, 64, 5.0f), 0.02, ""), segmenter);
  EXPECT_THAT(result.flags, ElementsAre("constant_frame"));
  EXPECT_THAT(result.atoms, IsEmpty());
  EXPECT_EQ(result.mean_variance, 0);
  EXPECT_EQ(result.lattice.pixel_size_nm_metadata, 0.02);
  EXPECT_EQ(result.model_id, "fake@0");
}

Image NoiseImage() {
  Image image(128, 128);
  cv::RNG random(5);
  random.fill(image, cv::RNG::NORMAL, 0.0, 1.0);
  return image;
}

TEST(UnetDetectorTest, WithoutALatticeTheMetadataSetTheScale) {
  const FakeSegmenter segmenter;
  const UnetResult result = Detect(*FrameOf(NoiseImage(), 0.02, "graphene"), segmenter);
  EXPECT_THAT(result.flags, Contains("no_lattice"));
  EXPECT_NEAR(result.scale, 6 / (0.246 / std::sqrt(3.0) / 0.02), 1e-6);
}

TEST(UnetDetectorTest, WithoutALatticeAndMetadataTheFrameKeepsItsScale) {
  const FakeSegmenter segmenter;
  const UnetResult result = Detect(*FrameOf(NoiseImage(), 0, ""), segmenter);
  EXPECT_THAT(result.flags, Contains("no_lattice"));
  EXPECT_EQ(result.scale, 1);
  EXPECT_EQ(segmenter.last_input().size(), cv::Size(128, 128));
}

TEST(UnetDetectorTest, WithoutAScaleOnlySureAtomsCount) {
  FakeSegmenter segmenter;
  segmenter.gain_ = 0.25;
  segmenter.info_.atom_area_px2 = 7;
  segmenter.info_.threshold = 0;  // chosen for the greatest expected F1, which is low here
  EXPECT_FALSE(Detect(*FrameOf(NoiseImage(), 0.02, "graphene"), segmenter).atoms.empty());
  const UnetResult result = Detect(*FrameOf(NoiseImage(), 0, ""), segmenter);
  EXPECT_THAT(result.atoms, IsEmpty());
  EXPECT_EQ(result.expected_f1, 0);
  // A threshold that somebody chose is a threshold.
  UnetOptions options;
  options.threshold = 0.2;
  EXPECT_FALSE(Detect(*FrameOf(NoiseImage(), 0, ""), segmenter, options).atoms.empty());
}

TEST(UnetDetectorTest, WrongMetadataIsFlaggedAndChangesNothing) {
  const FakeSegmenter segmenter;
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0, 0, 1.2);
  const UnetResult result = Detect(*frame.frame, segmenter);
  EXPECT_THAT(result.flags, Contains("metadata_disagrees"));
  EXPECT_NEAR(result.scale * frame.d_nn_px, 6, 0.2);
}

TEST(UnetDetectorTest, SaysThatAFrameWasTooLargeToBeEnlarged) {
  const FakeSegmenter segmenter;
  // By its metadata, atoms are 1.4 px apart: 2048 px would become 8700.
  Image image(2048, 2048);
  cv::RNG random(5);
  random.fill(image, cv::RNG::NORMAL, 0.0, 1.0);
  const UnetResult result = Detect(*FrameOf(image, 0.1, "graphene"), segmenter);
  EXPECT_THAT(result.flags, Contains("scale_limited"));
  EXPECT_DOUBLE_EQ(result.scale, 2);
}

TEST(UnetDetectorTest, NormalisesAsTheModelAsks) {
  FakeSegmenter segmenter;
  Image image = NoiseImage();
  image(3, 4) = 1000;  // an outlier: quantiles cut it off, the extremes do not
  Detect(*FrameOf(image, 0, ""), segmenter);
  EXPECT_GT(cv::mean(segmenter.last_input())[0], 0.3);
  segmenter.info_.normalisation = InputNormalisation::kMinMax;
  Detect(*FrameOf(image, 0, ""), segmenter);
  const Image input = segmenter.last_input();
  double least = 0, greatest = 0;
  cv::minMaxLoc(input, &least, &greatest);
  EXPECT_EQ(least, 0);
  EXPECT_EQ(greatest, 1);
  EXPECT_LT(cv::mean(input)[0], 0.01);
}

TEST(UnetDetectorTest, PassesOnWhatTheSegmenterRefuses) {
  FakeSegmenter segmenter;
  segmenter.status_ = absl::DataLossError("7 pixels are not finite");
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0);
  EXPECT_EQ(TryDetect(*frame.frame, segmenter).status(), segmenter.status_);
}

TEST(UnetDetectorTest, RefusesAnUnknownMaterial) {
  const FakeSegmenter segmenter;
  const auto result = TryDetect(*FrameOf(NoiseImage(), 0, "unobtainium"), segmenter);
  EXPECT_TRUE(absl::IsNotFound(result.status()));
  EXPECT_THAT(result.status().message(), HasSubstr("unobtainium"));
}

TEST(UnetDetectorTest, RefusesOptionsOutOfRangeByName) {
  const FakeClock clock;
  const auto expect_refused = [&](const UnetOptions& options, const char* name) {
    const absl::Status status = UnetDetector::Create(options, &clock).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr(name));
  };
  for (const double value : {-0.1, 1.0, std::nan("")}) {
    UnetOptions options;
    options.threshold = value;
    expect_refused(options, "threshold");
  }
  for (const double value : {0.0, 1.0, std::nan("")}) {
    UnetOptions options;
    options.min_spacing = value;
    expect_refused(options, "min_spacing");
  }
  UnetOptions options;
  options.material = "unobtainium";
  expect_refused(options, "unobtainium");
}

TEST(UnetDetectorTest, ServesSeveralThreadsAtOnce) {
  const FakeSegmenter segmenter;
  const SystemClock clock;
  const auto detector = *UnetDetector::Create({}, &clock);
  const FrameWithTruth frame = SimulateFrame("graphene", 0.0, 0, 1, 96);
  const UnetResult expected = *detector->Detect(*frame.frame, segmenter);
  std::vector<size_t> found(4);
  std::vector<std::thread> threads;
  for (size_t& count : found) {
    threads.emplace_back([&] { count = detector->Detect(*frame.frame, segmenter)->atoms.size(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const size_t count : found) EXPECT_EQ(count, expected.atoms.size());
}

}  // namespace
}  // namespace atomstream

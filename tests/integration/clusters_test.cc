// Clusters and site kinds over a real connection: live, on demand, from the history, and only for
// those who ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <utility>

#include "tests/integration/daemon_harness.h"
#include "tests/server/structure/structure_fixture.h"

namespace atomstream {
namespace {

class ClustersTest : public testing::Test {
 protected:
  static constexpr int kFrames = 3;

  // A daemon whose detector finds the atoms of simulated silicon in graphene.
  void Start() { Start(HarnessOptions()); }
  void Start(HarnessOptions options) {
    for (int i = 0; i < kFrames; ++i) detected_[i] = DetectedGraphene(0.1, i);
    options.detect = [this](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
      return std::get<LogStarResult>(detected_.at(frame.metadata().number).detector.result);
    };
    harness_ = std::make_unique<DaemonHarness>(std::move(options));
  }

  v1::FrameResult GiveAndRead(int number, grpc::ClientReader<v1::SubscribeResponse>& reader) {
    harness_->source().Give(detected_[number].frame);
    v1::FrameResult result;
    EXPECT_TRUE(ReadResult(reader, &result));
    EXPECT_EQ(result.frame_number(), number);
    return result;
  }

  int AtomsOf(int number) { return static_cast<int>(detected_[number].detector.atoms().size()); }

  std::map<int64_t, Detected> detected_;
  std::unique_ptr<DaemonHarness> harness_;
};

TEST_F(ClustersTest, ASubscriberSeesThemWithEveryAtomAndTheModelIsKept) {
  Start();
  grpc::ClientContext context;
  auto reader = harness_->Subscribe(&context);
  for (int i = 0; i < kFrames; ++i) {
    const v1::FrameResult result = GiveAndRead(i, *reader);
    const v1::DetectorResult& detector = result.detectors(0);
    const v1::Clusters& clusters = detector.clusters();
    EXPECT_EQ(clusters.generation(), 1);
    EXPECT_EQ(clusters.refitted(), i == 0);
    EXPECT_EQ(clusters.empty_reason(), "");
    ASSERT_GT(clusters.clusters_size(), 1);
    EXPECT_EQ(clusters.clusters(0).centroid_size(), 13 * 13);
    EXPECT_EQ(clusters.clustered() + clusters.dropped_at_edge(), AtomsOf(i));
    const v1::AtomTable& atoms = detector.atoms();
    EXPECT_EQ(atoms.cluster_size(), AtomsOf(i));
    EXPECT_EQ(atoms.components_size(), AtomsOf(i) * clusters.explained_variance_size());
    EXPECT_EQ(atoms.site_kind_size(), AtomsOf(i));
    EXPECT_EQ(detector.structure().usual_coordination(), 3);
    EXPECT_GT(detector.structure().bond_first_size(), AtomsOf(i));
  }
  context.TryCancel();
}

TEST_F(ClustersTest, WhoDoesNotAskForThemDoesNotPay) {
  Start();
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.add_parts(v1::RESULT_PART_FRONT);
  auto reader = harness_->Subscribe(&context, request);
  const v1::DetectorResult bare = GiveAndRead(0, *reader).detectors(0);
  EXPECT_FALSE(bare.has_clusters());
  EXPECT_FALSE(bare.has_structure());
  context.TryCancel();

  grpc::ClientContext context_of_clusters;
  request.add_parts(v1::RESULT_PART_CLUSTERS);
  request.add_parts(v1::RESULT_PART_STRUCTURE);
  auto reader_of_clusters = harness_->Subscribe(&context_of_clusters, request);
  const v1::DetectorResult detector = GiveAndRead(1, *reader_of_clusters).detectors(0);
  EXPECT_GT(detector.clusters().clusters_size(), 1);
  EXPECT_GT(detector.structure().site_kinds_size(), 1);
  EXPECT_FALSE(detector.has_atoms());
  EXPECT_EQ(detector.structure().bond_first_size(), 0);
  context_of_clusters.TryCancel();
}

TEST_F(ClustersTest, TheHistoryHasThemAndItsListLeavesThemOut) {
  Start();
  grpc::ClientContext context;
  auto reader = harness_->Subscribe(&context);
  const v1::FrameResult live = GiveAndRead(0, *reader);
  context.TryCancel();

  grpc::ClientContext get_context;
  v1::GetFrameResultRequest get;
  *get.mutable_position() = live.position();
  v1::GetFrameResultResponse kept;
  ASSERT_TRUE(harness_->stub().GetFrameResult(&get_context, get, &kept).ok());
  EXPECT_EQ(kept.result().detectors(0).clusters().SerializeAsString(),
            live.detectors(0).clusters().SerializeAsString());
  EXPECT_EQ(kept.result().detectors(0).structure().bond_first_size(),
            live.detectors(0).structure().bond_first_size());

  grpc::ClientContext list_context;
  v1::ListFrameResultsResponse page;
  ASSERT_TRUE(harness_->stub().ListFrameResults(&list_context, {}, &page).ok());
  ASSERT_EQ(page.results_size(), 1);
  EXPECT_FALSE(page.results(0).detectors(0).has_clusters());
  EXPECT_FALSE(page.results(0).detectors(0).has_structure());
}

TEST_F(ClustersTest, ASubmittedFrameIsFittedByItself) {
  HarnessOptions options;
  options.with_source = false;
  Start(std::move(options));
  const Frame& frame = *detected_[1].frame;
  v1::AnalyzeFrameRequest request;
  v1::Frame& proto = *request.mutable_frame();
  proto.set_frame_id("mine");
  proto.set_frame_number(1);
  proto.set_width_px(frame.width());
  proto.set_height_px(frame.height());
  proto.set_pixel_type(v1::PIXEL_TYPE_F32);
  proto.set_pixels(frame.image().data, frame.image().total() * sizeof(float));
  for (int i = 0; i < 2; ++i) {
    grpc::ClientContext context;
    v1::AnalyzeFrameResponse response;
    const grpc::Status status = harness_->stub().AnalyzeFrame(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    const v1::Clusters& clusters = response.result().detectors(0).clusters();
    EXPECT_EQ(clusters.generation(), 1);
    EXPECT_EQ(clusters.refit_reason(), "first");
    EXPECT_EQ(response.result().detectors(0).atoms().cluster_size(), AtomsOf(1));
  }
}

TEST_F(ClustersTest, TheUnetsAtomsHaveClustersAndSitesOfTheirOwn) {
  HarnessOptions options;
  // A noise-free frame is a map of its atoms.
  options.segment = [](const Image& image) -> absl::StatusOr<Segmentation> {
    Segmentation result;
    result.mean = image;
    cv::min(result.mean, 1, result.mean);
    cv::max(result.mean, 0, result.mean);
    result.variance = Image::zeros(image.size());
    result.device = "cpu";
    result.precision = "float32";
    result.tiles = 1;
    return result;
  };
  Start(std::move(options));
  detected_[0] = DetectedGraphene(0, 0);
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.add_detectors("unet");
  auto reader = harness_->Subscribe(&context, request);
  const v1::DetectorResult unet = GiveAndRead(0, *reader).detectors(0);
  ASSERT_EQ(unet.detector(), "unet");
  const int atoms = unet.atom_count();
  EXPECT_NEAR(atoms, AtomsOf(0), 0.1 * AtomsOf(0));  // those at the border are hard to find
  EXPECT_EQ(unet.clusters().generation(), 1);
  EXPECT_EQ(unet.atoms().cluster_size(), atoms);
  EXPECT_EQ(unet.atoms().site_kind_size(), atoms);
  EXPECT_EQ(unet.structure().usual_coordination(), 3);
  context.TryCancel();
}

TEST_F(ClustersTest, SwitchedOffTheResultSaysNothingOfThem) {
  HarnessOptions options;
  options.daemon.structure = std::nullopt;
  Start(std::move(options));
  grpc::ClientContext context;
  auto reader = harness_->Subscribe(&context);
  const v1::DetectorResult detector = GiveAndRead(0, *reader).detectors(0);
  EXPECT_EQ(detector.atoms().x_px_size(), AtomsOf(0));
  EXPECT_EQ(detector.atoms().cluster_size(), 0);
  EXPECT_FALSE(detector.has_clusters());
  EXPECT_FALSE(detector.has_structure());
  context.TryCancel();
}

}  // namespace
}  // namespace atomstream

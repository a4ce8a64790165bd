// Results as they are stored: what is sent of them, and what is read out of them again.
#include "server/codec/stored_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/codec/result_codec.h"
#include "server/service/event_encoder.h"
#include "server/service/front_call.h"
#include "server/service/history_calls.h"
#include "server/steering/active_settings.h"
#include "server/store/memory_store.h"
#include "tests/fakes/full_records.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

StoredResultPtr Store(const FrameRecord& record) {
  auto stored = std::make_shared<StoredResult>();
  stored->position = record.position;
  stored->key = KeyOf(record);
  stored->encoded = EncodeResult(record);
  return stored;
}

std::string Flatten(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

TEST(StoredCodecTest, AResultIsReadAsItWasWritten) {
  const absl::StatusOr<v1::FrameResult> decoded = DecodeResult(*Store(FullRecord()));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->SerializeAsString(), ResultToProto(FullRecord()).SerializeAsString());
}

// Of a store that was restored, perhaps more than once.
TEST(StoredCodecTest, AResultWithAnotherPositionIsOtherwiseTheSame) {
  std::string encoded = EncodeResult(FullRecord());
  for (const char* epoch : {"first", "second"}) {
    FrameRecord record = FullRecord();
    ASSERT_NE(record.position.epoch, epoch);
    record.position = {epoch, 123'456'789};
    encoded = WithPosition(std::move(encoded), record.position);
    StoredResult result;
    result.encoded = encoded;
    const auto decoded = DecodeResult(result);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->SerializeAsString(), ResultToProto(record).SerializeAsString());
  }
}

TEST(StoredCodecTest, WhatIsNoResultIsDataLossAndNamesItsNumber) {
  StoredResult broken;
  broken.position.sequence = 7;
  for (const char* bytes : {"", "no result"}) {
    broken.encoded = bytes;
    const absl::Status status = DecodeResult(broken).status();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_EQ(status.message(), "position.sequence = 7: cannot be decoded");
  }
}

TEST(StoredCodecTest, TheStoredResultsOfAFrameArePutTogetherLikeTheirRecords) {
  const FrameRecords records = {std::make_shared<const FrameRecord>(FullRecord()),
                                std::make_shared<const FrameRecord>(UnetRecord())};
  const auto merged = DecodeMerged({Store(FullRecord()), Store(UnetRecord())});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->SerializeAsString(), MergedToProto(records).SerializeAsString());
  EXPECT_EQ(merged->detectors_size(), 2);
}

// Selecting by index compares the front that an operator saw with those of later frames.
TEST(StoredCodecTest, AStoredFrontIsTheSameFront) {
  FrameRecord record = FullRecord();
  std::vector<FrontPoint>& front = std::get<LogStarResult>(record.detector.result).front;
  front.push_back(front[0]);
  front[1].qc = 0.1 + 0.2;  // no short number
  front[1].params.min_sigma_px = 1.0 / 3;
  front[1].params.preprocessing = Preprocessing::kGaussian;
  const auto decoded = DecodeFront(*Store(record));
  ASSERT_TRUE(decoded.ok());
  ActiveSettings settings;
  settings.record.selection = SolutionChoice::AtIndex(1);
  settings.choice = SolutionChoice::ByPreference(0.5);
  settings.index_front = std::make_shared<const std::vector<FrontPoint>>(*decoded);
  EXPECT_EQ(settings.ChoiceFor(front), SolutionChoice::AtIndex(1));
  front[1].params.threshold += 1e-12;
  EXPECT_EQ(settings.ChoiceFor(front), SolutionChoice::ByPreference(0.5));
}

TEST(StoredCodecTest, OnlyLogStarsResultsHaveAFront) {
  FrameRecord failed = FullRecord();
  failed.detector.status = absl::InternalError("broken");
  for (const FrameRecord& record : {UnetRecord(), failed}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeFront(*Store(record)).status()));
  }
}

TEST(EventEncoderTest, AWholeResultIsSentAsItIsStoredWithoutACopy) {
  EventEncoder encoder(nullptr);
  StoredResultPtr stored = Store(FullRecord());
  const grpc::ByteBuffer buffer = encoder.Encode(stored, {});
  v1::SubscribeResponse expected;
  *expected.mutable_result() = ResultToProto(FullRecord());
  EXPECT_EQ(Flatten(buffer), expected.SerializeAsString());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(buffer.Dump(&slices).ok());
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(reinterpret_cast<const char*>(slices[1].begin()), stored->encoded.data());
  // The message keeps the bytes.
  const std::weak_ptr<const StoredResult> watch = stored;
  stored.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(Flatten(buffer), expected.SerializeAsString());
}

TEST(EventEncoderTest, TheBytesAreFreedWithTheLastMessage) {
  StoredResultPtr stored = Store(FullRecord());
  const std::weak_ptr<const StoredResult> watch = stored;
  {
    EventEncoder encoder(nullptr);
    const grpc::ByteBuffer buffer = encoder.Encode(stored, {});
    stored.reset();
  }
  EXPECT_TRUE(watch.expired());
}

TEST(EventEncoderTest, SharesOneEncodingBetweenSubscribersOfTheSameParts) {
  EventEncoder encoder(nullptr);
  const HubEvent event = Store(FullRecord());
  grpc::Slice first, second, other;
  ASSERT_TRUE(encoder.Encode(event, {.windows = false}).TrySingleSlice(&first).ok());
  ASSERT_TRUE(encoder.Encode(event, {.windows = false}).TrySingleSlice(&second).ok());
  ASSERT_TRUE(encoder.Encode(event, {.atoms = false}).TrySingleSlice(&other).ok());
  EXPECT_EQ(first.begin(), second.begin());
  EXPECT_NE(first.begin(), other.begin());
  v1::SubscribeResponse response;
  ASSERT_TRUE(response.ParseFromArray(first.begin(), static_cast<int>(first.size())));
  EXPECT_EQ(response.result().detectors(0).windows_size(), 0);
  EXPECT_TRUE(response.result().detectors(0).has_atoms());
}

// The frame of FullRecord, in memory, and what is sent as its preview.
class EncodedPreviewTest : public testing::Test {
 protected:
  EncodedPreviewTest() {
    FrameMetadata metadata;
    metadata.id = record_.frame_id;
    metadata.number = record_.frame_number;
    metadata.acquisition_time = record_.acquisition_time;
    frame_ = MakeFrame(std::move(metadata));
  }

  // The result in what is sent to a subscriber of these parts.
  v1::FrameResult Sent(const ResultParts& parts) {
    v1::SubscribeResponse response;
    EXPECT_TRUE(response.ParseFromString(Flatten(encoder_.Encode(Store(record_), parts))));
    return response.result();
  }

  const FrameRecord record_ = FullRecord();
  std::shared_ptr<const Frame> frame_;
  FrameCache cache_{1 << 20};
  int made_ = 0;
  FrameFinder finder_{{.cache = &cache_}};
  PreviewShelf previews_{&finder_, [this](const Frame&) {
                           ++made_;
                           v1::FrameResult preview;
                           preview.mutable_preview()->set_pixels("pixels");
                           return preview.SerializeAsString();
                         }};
  EventEncoder encoder_{&previews_};
};

TEST_F(EncodedPreviewTest, StandsBehindTheOtherParts) {
  cache_.Add(frame_);
  v1::FrameResult whole = ResultToProto(record_);
  whole.mutable_preview()->set_pixels("pixels");
  EXPECT_EQ(Sent({.preview = true}).SerializeAsString(), whole.SerializeAsString());
  ResultParts alone = ResultParts::None();
  alone.preview = true;
  v1::FrameResult little = ResultToProto(record_);
  KeepParts(alone, little);
  little.mutable_preview()->set_pixels("pixels");
  EXPECT_EQ(Sent(alone).SerializeAsString(), little.SerializeAsString());
  EXPECT_FALSE(Sent({}).has_preview());
  EXPECT_FALSE(Sent({.windows = false}).has_preview());
  EXPECT_EQ(made_, 1);
}

TEST_F(EncodedPreviewTest, IsLeftOutWhileThereIsNoFrameAndNotForEver) {
  ResultParts parts = ResultParts::None();
  parts.preview = true;
  EXPECT_FALSE(Sent(parts).has_preview());
  cache_.Add(frame_);
  EXPECT_TRUE(Sent(parts).has_preview());
}

TEST(EventEncoderTest, AResultThatIsLostIsAGap) {
  auto lost = std::make_shared<StoredResult>();
  lost->position.sequence = 7;
  v1::SubscribeResponse response;
  ASSERT_TRUE(response.ParseFromString(Flatten(EventEncoder(nullptr).Encode(HubEvent(lost), {}))));
  EXPECT_EQ(response.gap().first_sequence(), 7);
  EXPECT_EQ(response.gap().last_sequence(), 7);
  EXPECT_EQ(response.gap().results(), 1);
}

TEST(FrontCallTest, AStoredFrontIsToldLikeThatOfTheNewestFrame) {
  MemoryStore store("epoch", 10, &EncodeResult);
  const FrameRecordPtr record = store.Append(FullRecord())->record;
  v1::GetParetoFrontRequest request;
  request.mutable_position()->set_epoch("epoch");
  request.mutable_position()->set_sequence(1);
  KeptFrame newest;
  newest.record = record;
  const auto stored = GetParetoFront(request, std::nullopt, store);
  const auto live = GetParetoFront({}, newest, store);
  ASSERT_TRUE(stored.ok() && live.ok());
  EXPECT_EQ(stored->SerializeAsString(), live->SerializeAsString());
  EXPECT_EQ(stored->windows_size(), 1);
  EXPECT_EQ(stored->front().solutions_size(), 1);
  EXPECT_EQ(stored->qc(), 0.375);
  request.mutable_position()->set_sequence(2);
  EXPECT_TRUE(absl::IsNotFound(GetParetoFront(request, newest, store).status()));
  EXPECT_TRUE(absl::IsNotFound(GetParetoFront({}, std::nullopt, store).status()));
}

TEST(StoreStatusTest, EveryFieldReachesTheMessage) {
  StoreStatus status;
  status.durable = true;
  status.recording = true;
  status.last_error = "full";
  status.results_waiting = 1;
  status.results_lost = 2;
  status.bytes = 3;
  status.kept_frames = 4;
  status.kept_frame_bytes = 5;
  status.disk_free_bytes = 6;
  status.moved_aside = "there";
  const v1::StoreStatus proto = StoreStatusToProto(status);
  EXPECT_TRUE(proto.durable());
  EXPECT_TRUE(proto.recording());
  EXPECT_EQ(proto.last_error(), "full");
  EXPECT_EQ(proto.results_waiting(), 1);
  EXPECT_EQ(proto.results_lost(), 2);
  EXPECT_EQ(proto.bytes(), 3);
  EXPECT_EQ(proto.kept_frames(), 4);
  EXPECT_EQ(proto.kept_frame_bytes(), 5);
  EXPECT_EQ(proto.disk_free_bytes(), 6);
  EXPECT_EQ(proto.moved_aside(), "there");
}

TEST(HistoryCallsTest, AFramesResultsComeTogetherAndEachAlone) {
  MemoryStore store("epoch", 10, &EncodeResult);
  FrameRecord log_star = FullRecord(), unet = UnetRecord();
  log_star.summary[0].sequence = 0;
  unet.summary[0].sequence = 1;
  ASSERT_TRUE(store.Append(log_star).ok());
  ASSERT_TRUE(store.Append(unet).ok());
  v1::GetFrameResultRequest request;
  request.set_frame_id("id");
  const auto together = GetFrameResult(request, store);
  ASSERT_TRUE(together.ok());
  EXPECT_EQ(together->result().detectors_size(), 2);
  EXPECT_EQ(together->result().position().sequence(), 2);
  request.mutable_position()->set_epoch("epoch");
  request.mutable_position()->set_sequence(1);
  const auto alone = GetFrameResult(request, store);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->result().SerializeAsString(), (*store.Get({"epoch", 1}))->encoded);
}

}  // namespace
}  // namespace atomstream

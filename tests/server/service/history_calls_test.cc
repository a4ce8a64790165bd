#include "server/service/history_calls.h"

#include <gmock/gmock.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "server/codec/stored_codec.h"
#include "server/service/error.h"
#include "server/store/memory_store.h"
#include "tests/fakes/full_records.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListCallTest : public testing::Test {
 protected:
  // Result number n: of frame f<n>, LoG* and the U-Net in turn.
  void Fill(int count, size_t atoms = 2) {
    for (int n = 1; n <= count; ++n) {
      FrameRecord record = n % 2 == 1 ? FullRecord() : UnetRecord();
      record.frame_id = absl::StrCat("f", n);
      record.acquisition_time = absl::FromUnixSeconds(n);
      if (n % 2 == 1) std::get<LogStarResult>(record.detector.result).atoms.resize(atoms);
      ASSERT_TRUE(store_.Append(std::move(record)).ok());
    }
  }

  v1::ListFrameResultsResponse List(const v1::ListFrameResultsRequest& request) {
    auto page = ListFrameResults(request, store_, nullptr);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *page : v1::ListFrameResultsResponse();
  }

  // The sequences of all pages.
  std::vector<int64_t> ListAll(v1::ListFrameResultsRequest request) {
    std::vector<int64_t> sequences;
    pages_ = 0;
    do {
      const v1::ListFrameResultsResponse page = List(request);
      for (const v1::FrameResult& result : page.results()) {
        sequences.push_back(result.position().sequence());
      }
      request.set_page_token(page.next_page_token());
    } while (++pages_ < 1000 && !request.page_token().empty());
    return sequences;
  }

  std::string Refusal(const v1::ListFrameResultsRequest& request) {
    const auto page = ListFrameResults(request, store_, nullptr);
    EXPECT_TRUE(absl::IsInvalidArgument(page.status())) << page.status();
    return absl::StrCat(std::string(ListErrorReason(page.status())), " ",
                        std::string(page.status().message()));
  }

  MemoryStore store_{"epoch", 100'000, &EncodeResult};
  int pages_ = 0;
};

TEST_F(ListCallTest, PagesInBothOrdersWithoutRepetition) {
  Fill(7);
  v1::ListFrameResultsRequest request;
  request.set_page_size(3);
  EXPECT_THAT(ListAll(request), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(pages_, 3);
  request.set_newest_first(true);
  EXPECT_THAT(ListAll(request), ElementsAre(7, 6, 5, 4, 3, 2, 1));
  EXPECT_EQ(pages_, 3);
}

// Each preview may take a frame from disk.
TEST_F(ListCallTest, APageOfPreviewsIsShort) {
  Fill(40);
  v1::ListFrameResultsRequest request;
  request.set_page_size(100);
  request.add_parts(v1::RESULT_PART_PREVIEW);
  EXPECT_EQ(List(request).results_size(), 16);
  EXPECT_EQ(ListAll(request).size(), 40u);
  EXPECT_EQ(pages_, 3);
}

TEST_F(ListCallTest, Filters) {
  Fill(7);
  v1::ListFrameResultsRequest request;
  request.set_page_size(2);
  request.mutable_filter()->set_detector("unet");
  EXPECT_THAT(ListAll(request), ElementsAre(2, 4, 6));
  request.mutable_filter()->mutable_acquired_from()->set_seconds(4);
  EXPECT_THAT(ListAll(request), ElementsAre(4, 6));
  request.mutable_filter()->mutable_acquired_before()->set_seconds(6);
  EXPECT_THAT(ListAll(request), ElementsAre(4));
  request.mutable_filter()->Clear();
  request.mutable_filter()->set_max_qc(0.5);  // the U-Net has none
  EXPECT_THAT(ListAll(request), ElementsAre(1, 3, 5, 7));
  request.mutable_filter()->set_frame_id("f3");
  EXPECT_THAT(ListAll(request), ElementsAre(3));
  request.mutable_filter()->set_succeeded(false);
  EXPECT_THAT(ListAll(request), IsEmpty());
}

TEST_F(ListCallTest, GivesFrontsOnlyUnlessPartsAreAskedFor) {
  Fill(1);
  v1::ListFrameResultsRequest request;
  v1::DetectorResult detector = List(request).results(0).detectors(0);
  EXPECT_TRUE(detector.has_front());
  EXPECT_FALSE(detector.has_atoms());
  EXPECT_EQ(detector.windows_size(), 0);
  request.add_parts(v1::RESULT_PART_ATOMS);
  request.add_parts(v1::RESULT_PART_WINDOWS);
  detector = List(request).results(0).detectors(0);
  EXPECT_FALSE(detector.has_front());
  EXPECT_EQ(detector.atoms().x_px_size(), 2);
  EXPECT_GT(detector.windows_size(), 0);
}

TEST_F(ListCallTest, BoundsAPageInBytes) {
  Fill(60, 20'000);  // about 400 kB each second one
  v1::ListFrameResultsRequest request;
  request.set_page_size(1000);
  request.add_parts(v1::RESULT_PART_ATOMS);
  std::vector<int64_t> sequences;
  do {
    const v1::ListFrameResultsResponse page = List(request);
    EXPECT_LT(page.ByteSizeLong(), 4u << 20);
    for (const v1::FrameResult& result : page.results()) {
      sequences.push_back(result.position().sequence());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(sequences.size(), 60u);
  EXPECT_EQ(std::set<int64_t>(sequences.begin(), sequences.end()).size(), 60u);
  // Without what makes them large they fit together, however much there is to read for them.
  v1::ListFrameResultsRequest brief;
  brief.set_page_size(1000);
  EXPECT_EQ(ListAll(brief).size(), 60u);
  EXPECT_LT(pages_, 4);
}

TEST_F(ListCallTest, ATokenIsForItsQuestionOnly) {
  Fill(7);
  v1::ListFrameResultsRequest request;
  request.set_page_size(3);
  request.set_page_token(List(request).next_page_token());
  EXPECT_EQ(List(request).results(0).position().sequence(), 4);
  request.set_page_size(1);  // may change
  EXPECT_EQ(List(request).results(0).position().sequence(), 4);
  v1::ListFrameResultsRequest other = request;
  other.mutable_filter()->set_detector("unet");
  EXPECT_THAT(Refusal(other), HasSubstr("PAGE_TOKEN_INVALID page_token = "));
  other = request;
  other.set_newest_first(true);
  EXPECT_THAT(Refusal(other), HasSubstr("was given for another filter, order or choice of parts"));
  other = request;
  other.add_parts(v1::RESULT_PART_ATOMS);
  EXPECT_THAT(Refusal(other), HasSubstr("PAGE_TOKEN_INVALID"));
  MemoryStore next("epoch2", 10, &EncodeResult);
  EXPECT_THAT(std::string(ListFrameResults(request, next, nullptr).status().message()),
              HasSubstr("is of another epoch"));
}

TEST_F(ListCallTest, RefusalsHaveTheirReasons) {
  v1::ListFrameResultsRequest request;
  request.set_page_size(-1);
  EXPECT_THAT(Refusal(request), HasSubstr("PAGE_SIZE_INVALID page_size = -1"));
  request.set_page_size(0);
  request.mutable_filter()->set_min_atoms(-4);
  EXPECT_THAT(Refusal(request), HasSubstr("FILTER_INVALID filter.min_atoms = -4"));
  EXPECT_EQ(ListErrorReason(absl::UnavailableError("disk")), kStoreUnavailable);
  EXPECT_EQ(GetErrorReason(absl::DataLossError("lost")), kResultDamaged);
  EXPECT_EQ(GetErrorReason(absl::NotFoundError("gone")), kResultNotFound);
  EXPECT_EQ(GetErrorReason(absl::InvalidArgumentError("key")), kKeyMissing);
}

}  // namespace
}  // namespace atomstream

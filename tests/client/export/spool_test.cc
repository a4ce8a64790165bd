#include "client/export/spool.h"

#include <gtest/gtest.h>

#include "tests/client/export/fake_history.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using Kind = SpoolReader::Kind;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    AppendToSpool(FrameOf("frame-1"), spool_);
    AppendToSpool(ResultNumber(1), spool_);
    AppendToSpool(v1::FrameResult(), spool_);
  }

  absl::StatusOr<SpoolReader> Open(const std::string& bytes) {
    WriteBytes(folder_ / "spool", bytes);
    return SpoolReader::Open(folder_ / "spool", static_cast<int64_t>(bytes.size()));
  }

  TempFolder folder_;
  std::string spool_;
};

TEST_F(SpoolTest, ReadsRecordsInOrder) {
  auto reader = Open(spool_);
  ASSERT_TRUE(reader.ok());
  ASSERT_EQ(*reader->Next(), Kind::kFrame);
  EXPECT_EQ(reader->frame().SerializeAsString(), FrameOf("frame-1").SerializeAsString());
  ASSERT_EQ(*reader->Next(), Kind::kResult);
  EXPECT_EQ(reader->result().SerializeAsString(), ResultNumber(1).SerializeAsString());
  ASSERT_EQ(*reader->Next(), Kind::kResult);  // of no bytes
  EXPECT_EQ(reader->result().ByteSizeLong(), 0u);
  EXPECT_EQ(*reader->Next(), Kind::kEnd);
  EXPECT_EQ(*reader->Next(), Kind::kEnd);
}

TEST_F(SpoolTest, NoticesACutAnywhereAndWrongBytes) {
  size_t ends = 0;
  for (size_t length = 0; length < spool_.size(); ++length) {
    auto reader = Open(spool_.substr(0, length));
    ASSERT_TRUE(reader.ok());
    absl::StatusOr<Kind> kind = reader->Next();
    while (kind.ok() && *kind != Kind::kEnd) kind = reader->Next();
    if (kind.ok()) ++ends;  // cut between two records
    EXPECT_TRUE(kind.ok() || absl::IsDataLoss(kind.status()));
  }
  EXPECT_EQ(ends, 3u);
  std::string wrong = spool_;
  wrong[0] ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(Open(wrong)->Next().status()));
}

}  // namespace
}  // namespace atomstream

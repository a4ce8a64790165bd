#include <cmath>
#include <filesystem>
#include <limits>

#include "client/cpp/image_file.h"
#include "gmock/gmock.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using PixelType = RawImage::PixelType;

class NpyFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& bytes) {
    const std::string path = folder_ / "image.npy";
    WriteBytes(path, bytes);
    return path;
  }

  // What Open says about a file that it must refuse.
  absl::Status OpenError(const std::string& bytes) {
    const std::string path = Write(bytes);
    const absl::Status status = ImageFileReader::Open(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    return status;
  }

  absl::StatusOr<RawImage> ReadFirst(const std::string& bytes) {
    auto reader = ImageFileReader::Open(Write(bytes));
    if (!reader.ok()) return reader.status();
    return (*reader)->Read(0);
  }

  TempFolder folder_;
};

TEST_F(NpyFileTest, ReadsBackEveryTypeThatItWrites) {
  for (const PixelType type :
       {PixelType::kU8, PixelType::kU16, PixelType::kI16, PixelType::kU32, PixelType::kF32}) {
    RawImage image{3, 2, type, "", 0};
    for (int i = 0; i < 6 * BytesPerPixel(type); ++i) image.bytes.push_back(static_cast<char>(i));
    const std::string path = folder_ / "written.npy";
    ASSERT_TRUE(WriteNpy(path, {image}).ok());
    auto reader = ImageFileReader::Open(path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->count(), 1);
    const auto read = (*reader)->Read(0);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->width, 3);
    EXPECT_EQ(read->height, 2);
    EXPECT_EQ(read->pixel_type, type);
    EXPECT_EQ(read->bytes, image.bytes);
    EXPECT_EQ(read->pixel_size_nm, 0);
  }
}

TEST_F(NpyFileTest, ReadsThePagesOfAStackInAnyOrder) {
  std::vector<RawImage> pages;
  for (uint8_t page = 0; page < 3; ++page) {
    pages.push_back({2, 2, PixelType::kU8, std::string(4, static_cast<char>(page)), 0});
  }
  const std::string path = folder_ / "stack.npy";
  ASSERT_TRUE(WriteNpy(path, pages).ok());
  auto reader = ImageFileReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ((*reader)->count(), 3);
  for (const int page : {2, 0, 1, 2}) {
    const auto read = (*reader)->Read(page);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->bytes, pages[page].bytes);
  }
  EXPECT_EQ((*reader)->Read(3).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ((*reader)->Read(-1).status().code(), absl::StatusCode::kOutOfRange);
}

// 5.2 GB, sparse: a reader that took the whole stack would need that much memory, one that counted
// in 32 bits would read the wrong place.
TEST_F(NpyFileTest, ReadsOnePageOfAStackBeyondFourGigabytes) {
  const std::string header = NpyHeaderText("<f4", "(5000, 512, 512)");
  const std::string path = Write(NpyBytes(header, ""));
  const uint64_t start = std::filesystem::file_size(path);
  const uint64_t page_bytes = 512 * 512 * 4;
  std::filesystem::resize_file(path, start + 5000 * page_bytes);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(start + 4999 * page_bytes));
    const float marker = 42;
    file.write(reinterpret_cast<const char*>(&marker), sizeof(marker));
  }
  auto reader = ImageFileReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->count(), 5000);
  const auto page = (*reader)->Read(4999);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(ValuesOf<float>(page->bytes)[0], 42);
}

TEST_F(NpyFileTest, ReadsHeaderVersionsTwoAndThree) {
  for (const int version : {2, 3}) {
    const auto image = ReadFirst(NpyBytes(NpyHeaderText("|u1", "(1, 2)"), "ab", version));
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->bytes, "ab");
  }
}

TEST_F(NpyFileTest, ReadsAHeaderInAnyOrderWithoutTrailingCommas) {
  const auto image =
      ReadFirst(NpyBytes("{\"shape\":(2,1),\"fortran_order\":False,\"descr\":\"|u1\"}", "ab"));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 1);
  EXPECT_EQ(image->height, 2);
}

TEST_F(NpyFileTest, TransposesAFortranOrderImage) {
  // Columns (1, 4), (2, 5), (3, 6) of the rows 1 2 3 and 4 5 6.
  const auto image = ReadFirst(
      NpyBytes(NpyHeaderText("<u2", "(2, 3)", "True"), BytesOf<uint16_t>({1, 4, 2, 5, 3, 6})));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(ValuesOf<uint16_t>(image->bytes), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(NpyFileTest, ConvertsDoublesToFloats) {
  const auto image =
      ReadFirst(NpyBytes(NpyHeaderText("<f8", "(1, 2)"), BytesOf<double>({0.5, -3e30})));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixel_type, PixelType::kF32);
  EXPECT_THAT(ValuesOf<float>(image->bytes), ElementsAre(0.5f, -3e30f));
}

TEST_F(NpyFileTest, RefusesADoubleBeyondFloat) {
  const auto image =
      ReadFirst(NpyBytes(NpyHeaderText("<f8", "(1, 2)"), BytesOf<double>({0.5, 1e300})));
  EXPECT_THAT(std::string(image.status().message()), HasSubstr("pixel 1 = 1e+300"));
}

TEST_F(NpyFileTest, PutsOtherIntegersIntoATypeThatHoldsThem) {
  const auto small =
      ReadFirst(NpyBytes(NpyHeaderText("<i8", "(1, 2)"), BytesOf<int64_t>({-7, 32767})));
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_EQ(small->pixel_type, PixelType::kI16);
  EXPECT_THAT(ValuesOf<int16_t>(small->bytes), ElementsAre(-7, 32767));

  const auto large =
      ReadFirst(NpyBytes(NpyHeaderText("<u8", "(1, 2)"), BytesOf<uint64_t>({0, 4294967295u})));
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->pixel_type, PixelType::kU32);
  EXPECT_THAT(ValuesOf<uint32_t>(large->bytes), ElementsAre(0u, 4294967295u));

  const auto wide =
      ReadFirst(NpyBytes(NpyHeaderText("<i4", "(1, 2)"), BytesOf<int32_t>({-100000, 100000})));
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(wide->pixel_type, PixelType::kF32);
  EXPECT_THAT(ValuesOf<float>(wide->bytes), ElementsAre(-100000.f, 100000.f));
}

TEST_F(NpyFileTest, RefusesIntegersThatNoTypeHolds) {
  const auto image =
      ReadFirst(NpyBytes(NpyHeaderText("<i8", "(1, 2)"), BytesOf<int64_t>({-1, 1LL << 40})));
  EXPECT_EQ(image.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(image.status().message()), HasSubstr("-1 to 1099511627776"));
}

TEST_F(NpyFileTest, RefusesBigEndianData) {
  EXPECT_THAT(std::string(OpenError(NpyBytes(NpyHeaderText(">f4", "(1, 1)"), "abcd")).message()),
              HasSubstr("descr '>f4' is big-endian"));
}

TEST_F(NpyFileTest, RefusesObjectsAndStructures) {
  EXPECT_THAT(std::string(OpenError(NpyBytes(NpyHeaderText("|O", "(1, 1)"), "abcdefgh")).message()),
              HasSubstr("descr '|O' is an array of Python objects"));
  const std::string structured =
      "{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (1, 1), }";
  EXPECT_THAT(std::string(OpenError(NpyBytes(structured, "abcdefgh")).message()),
              HasSubstr("structured"));
}

TEST_F(NpyFileTest, RefusesOtherTypes) {
  for (const std::string descr : {"<c8", "<f2", "<U4", "<M8[ns]", "", "="}) {
    EXPECT_THAT(
        std::string(
            OpenError(NpyBytes(NpyHeaderText(descr, "(1, 1)"), std::string(16, 'x'))).message()),
        HasSubstr("descr '" + descr + "'"));
  }
}

TEST_F(NpyFileTest, RefusesSizesThatNoFrameHas) {
  for (const std::string shape :
       {"(0, 4)", "(4, 0)", "(4097, 1)", "(1, 4097)", "(0, 4, 4)", "(4,)", "()", "(1, 1, 1, 1)",
        "(-1, 4)", "4", "(99999999999999999999,)"}) {
    EXPECT_THAT(
        std::string(
            OpenError(NpyBytes(NpyHeaderText("|u1", shape), std::string(9000, 'x'))).message()),
        HasSubstr(shape));
  }
}

TEST_F(NpyFileTest, RefusesTruncatedPixels) {
  EXPECT_THAT(
      std::string(OpenError(NpyBytes(NpyHeaderText("<u2", "(2, 2)"), "1234567")).message()),
      HasSubstr("truncated: shape (2, 2) of '<u2' needs 8 bytes of pixels, the file has 7"));
}

TEST_F(NpyFileTest, RefusesTruncatedHeadersAtEveryLength) {
  const std::string whole = NpyBytes(NpyHeaderText("|u1", "(1, 1)"), "");
  for (size_t length = 6; length < whole.size(); ++length) {
    EXPECT_THAT(std::string(OpenError(whole.substr(0, length)).message()),
                HasSubstr("truncated NPY header"))
        << length;
  }
}

TEST_F(NpyFileTest, RefusesMalformedHeaders) {
  for (const std::string header :
       {"", "{", "{}", "{'descr': '|u1'}", "{'descr' '|u1'}", "[1]",
        "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1), 'extra': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)"}) {
    EXPECT_THAT(std::string(OpenError(NpyBytes(header, "x")).message()),
                HasSubstr("malformed NPY header"))
        << header;
  }
}

TEST_F(NpyFileTest, RefusesAFortranOrderStackAndUnknownVersions) {
  EXPECT_THAT(
      std::string(OpenError(NpyBytes(NpyHeaderText("|u1", "(2, 1, 1)", "True"), "ab")).message()),
      HasSubstr("fortran_order True"));
  EXPECT_THAT(std::string(OpenError(NpyBytes(NpyHeaderText("|u1", "(1, 1)"), "a", 9)).message()),
              HasSubstr("NPY version 9"));
}

TEST_F(NpyFileTest, KeepsNanForTheFrameToRefuse) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto image = ReadFirst(NpyBytes(NpyHeaderText("<f8", "(1, 1)"), BytesOf<double>({nan})));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_TRUE(std::isnan(ValuesOf<float>(image->bytes)[0]));
}

TEST_F(NpyFileTest, RefusesToWriteWhatDoesNotFitTogether) {
  const RawImage image{2, 1, PixelType::kU8, "ab", 0};
  RawImage other = image;
  other.width = 1;
  EXPECT_FALSE(WriteNpy(folder_ / "a.npy", {}).ok());
  EXPECT_FALSE(WriteNpy(folder_ / "a.npy", {image, other}).ok());
  EXPECT_FALSE(WriteNpy(folder_ / "a.npy", {other}).ok());
  EXPECT_FALSE(WriteNpy(folder_ / "no/such/folder/a.npy", {image}).ok());
}

TEST(ImageFileTest, SaysWhatIsWrongWithTheFileItself) {
  TempFolder folder;
  EXPECT_EQ(ImageFileReader::Open(folder / "missing.npy").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ImageFileReader::Open(folder.path()).status().message()),
              HasSubstr("is a folder"));
  WriteBytes(folder / "empty.npy", "");
  EXPECT_THAT(std::string(ImageFileReader::Open(folder / "empty.npy").status().message()),
              HasSubstr("empty file"));
  WriteBytes(folder / "text.npy", "not an image at all");
  EXPECT_THAT(std::string(ImageFileReader::Open(folder / "text.npy").status().message()),
              HasSubstr("neither an NPY nor a TIFF file"));
}

}  // namespace
}  // namespace atomstream

#include <functional>

#include "client/cpp/image_file.h"
#include "gmock/gmock.h"
#include "tests/client/image_fixtures.h"
#include "tiffio.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using PixelType = RawImage::PixelType;

// What a page to write is made of.
struct TiffPage {
  uint32_t width = 2;
  uint32_t height = 2;
  uint16_t bits = 8;
  uint16_t format = SAMPLEFORMAT_UINT;
  std::string bytes;
  std::function<void(TIFF*)> tags = [](TIFF*) {};
  uint32_t tile = 0;  // side of a tile; 0: strips
  uint16_t samples = 1;
};

void WritePage(TIFF* tiff, const TiffPage& page) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, page.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, page.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, page.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, page.format);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, page.samples);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  if (page.tile == 0) TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
  page.tags(tiff);
  const size_t pixel_bytes = page.bits / 8 * page.samples;
  const size_t row_bytes = page.width * pixel_bytes;
  if (page.tile == 0) {
    for (uint32_t y = 0; y < page.height; ++y) {
      std::string row = page.bytes.substr(y * row_bytes, row_bytes);
      ASSERT_EQ(TIFFWriteScanline(tiff, row.data(), y), 1);
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, page.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, page.tile);
    for (uint32_t y0 = 0; y0 < page.height; y0 += page.tile) {
      for (uint32_t x0 = 0; x0 < page.width; x0 += page.tile) {
        std::string tile(page.tile * page.tile * pixel_bytes, '\x55');
        for (uint32_t y = y0; y < std::min(page.height, y0 + page.tile); ++y) {
          const size_t count = std::min(page.tile, page.width - x0) * pixel_bytes;
          std::memcpy(tile.data() + (y - y0) * page.tile * pixel_bytes,
                      page.bytes.data() + y * row_bytes + x0 * pixel_bytes, count);
        }
        ASSERT_GT(TIFFWriteTile(tiff, tile.data(), x0, y0, 0, 0), 0);
      }
    }
  }
  ASSERT_EQ(TIFFWriteDirectory(tiff), 1);
}

class TiffFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::vector<TiffPage>& pages, const char* mode = "wl") {
    const std::string path = folder_ / "image.tif";
    TIFF* tiff = TIFFOpen(path.c_str(), mode);
    for (const TiffPage& page : pages) WritePage(tiff, page);
    TIFFClose(tiff);
    return path;
  }

  absl::StatusOr<RawImage> ReadFirst(const std::string& path) {
    auto reader = ImageFileReader::Open(path);
    if (!reader.ok()) return reader.status();
    return (*reader)->Read(0);
  }

  TempFolder folder_;
};

TEST_F(TiffFileTest, ReadsPagesOfDifferentTypesAndSizesInAnyOrder) {
  std::vector<TiffPage> pages(6);
  pages[0].bytes = "abcd";
  pages[1] = {3, 1, 16, SAMPLEFORMAT_UINT, BytesOf<uint16_t>({1, 60000, 3})};
  pages[2] = {2, 1, 16, SAMPLEFORMAT_INT, BytesOf<int16_t>({-5, 7})};
  pages[3] = {2, 1, 32, SAMPLEFORMAT_UINT, BytesOf<uint32_t>({9, 4000000000u})};
  pages[4] = {1, 2, 32, SAMPLEFORMAT_IEEEFP, BytesOf<float>({0.25f, -1e9f})};
  pages[5] = {1, 1, 64, SAMPLEFORMAT_IEEEFP, BytesOf<double>({0.125})};
  auto reader = ImageFileReader::Open(Write(pages));
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ((*reader)->count(), 6);

  const auto read = [&](int page) {
    auto image = (*reader)->Read(page);
    EXPECT_TRUE(image.ok()) << image.status();
    return image.value_or(RawImage());
  };
  EXPECT_THAT(ValuesOf<float>(read(4).bytes), ElementsAre(0.25f, -1e9f));
  EXPECT_EQ(read(4).height, 2);
  EXPECT_EQ(read(0).bytes, "abcd");
  EXPECT_EQ(read(0).pixel_type, PixelType::kU8);
  EXPECT_THAT(ValuesOf<uint16_t>(read(1).bytes), ElementsAre(1, 60000, 3));
  EXPECT_EQ(read(1).width, 3);
  EXPECT_THAT(ValuesOf<int16_t>(read(2).bytes), ElementsAre(-5, 7));
  EXPECT_THAT(ValuesOf<uint32_t>(read(3).bytes), ElementsAre(9u, 4000000000u));
  EXPECT_THAT(ValuesOf<float>(read(5).bytes), ElementsAre(0.125f));
  EXPECT_EQ((*reader)->Read(6).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(TiffFileTest, ConvertsSignedIntegersThatFit) {
  TiffPage page{2, 1, 32, SAMPLEFORMAT_INT, BytesOf<int32_t>({-3, 100})};
  const auto image = ReadFirst(Write({page}));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixel_type, PixelType::kI16);
  EXPECT_THAT(ValuesOf<int16_t>(image->bytes), ElementsAre(-3, 100));
}

TEST_F(TiffFileTest, ReadsTilesThatReachBeyondTheEdge) {
  std::vector<uint16_t> values(40 * 35);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint16_t>(i * 7);
  TiffPage page{40, 35, 16, SAMPLEFORMAT_UINT, BytesOf(values)};
  page.tile = 16;
  const auto image = ReadFirst(Write({page}));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 40);
  EXPECT_EQ(image->height, 35);
  EXPECT_EQ(ValuesOf<uint16_t>(image->bytes), values);
}

TEST_F(TiffFileTest, ReadsCompressedAndBigEndianFiles) {
  TiffPage page{2, 2, 16, SAMPLEFORMAT_UINT, BytesOf<uint16_t>({1, 2, 3, 258})};
  page.tags = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW); };
  for (const char* mode : {"wl", "wb", "w8"}) {
    const auto image = ReadFirst(Write({page}, mode));
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_THAT(ValuesOf<uint16_t>(image->bytes), ElementsAre(1, 2, 3, 258)) << mode;
  }
}

TEST_F(TiffFileTest, InvertsMinIsWhite) {
  TiffPage page{2, 1, 16, SAMPLEFORMAT_UINT, BytesOf<uint16_t>({0, 65000})};
  page.tags = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE); };
  const auto image = ReadFirst(Write({page}));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(ValuesOf<uint16_t>(image->bytes), ElementsAre(65535, 535));
}

TEST_F(TiffFileTest, TakesThePixelSizeFromImageJsUnit) {
  struct Case {
    const char* unit;
    float per_unit;
    double nm;
  };
  for (const Case& c : {Case{"nm", 50, 0.02},
                        {"micron", 50000, 0.02},
                        {"\\u00B5m", 1e5, 0.01},
                        {"pm", 0.05f, 0.02},
                        {"A", 5, 0.02},
                        {"pixel", 1, 0},
                        {"", 3, 0}}) {
    TiffPage page;
    page.bytes = "abcd";
    page.tags = [&](TIFF* tiff) {
      const std::string description =
          std::string("ImageJ=1.53c\nimages=1\nunit=") + c.unit + "\nloop=false\n";
      TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
      TIFFSetField(tiff, TIFFTAG_XRESOLUTION, c.per_unit);
      TIFFSetField(tiff, TIFFTAG_YRESOLUTION, c.per_unit);
      TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    };
    const auto image = ReadFirst(Write({page}));
    ASSERT_TRUE(image.ok()) << image.status();
    // The tag is a float32 stored as a ratio of 32-bit integers.
    EXPECT_NEAR(image->pixel_size_nm, c.nm, 1e-6) << c.unit;
  }
}

TEST_F(TiffFileTest, TakesThePixelSizeFromResolutionTagsButNotFromPrinting) {
  struct Case {
    uint16_t unit;
    float per_unit;
    double nm;
  };
  for (const Case& c : {Case{RESUNIT_CENTIMETER, 5e8f, 0.02},
                        {RESUNIT_INCH, 1.27e9f, 0.02},
                        {RESUNIT_INCH, 72, 0},
                        {RESUNIT_NONE, 5e8f, 0}}) {
    TiffPage page;
    page.bytes = "abcd";
    page.tags = [&](TIFF* tiff) {
      TIFFSetField(tiff, TIFFTAG_XRESOLUTION, c.per_unit);
      TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, c.unit);
    };
    const auto image = ReadFirst(Write({page}));
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_NEAR(image->pixel_size_nm, c.nm, 1e-6) << c.unit << " " << c.per_unit;
  }
}

TEST_F(TiffFileTest, TakesTheScaleOfAStackFromItsFirstPage) {
  std::vector<TiffPage> pages(2);
  for (TiffPage& page : pages) page.bytes = "abcd";
  pages[0].tags = [](TIFF* tiff) {
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 5e8f);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  };
  auto reader = ImageFileReader::Open(Write(pages));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto second = (*reader)->Read(1);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NEAR(second->pixel_size_nm, 0.02, 1e-6);
}

TEST_F(TiffFileTest, RefusesWhatIsNotOneGreyChannel) {
  TiffPage rgb;
  rgb.samples = 3;
  rgb.bytes = std::string(12, 'x');
  rgb.tags = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB); };
  EXPECT_THAT(std::string(ReadFirst(Write({rgb})).status().message()),
              HasSubstr("SamplesPerPixel 3"));
  TiffPage bilevel;
  bilevel.width = 8;
  bilevel.height = 1;
  bilevel.bits = 1;
  bilevel.bytes = std::string(8, 'x');
  EXPECT_THAT(std::string(ReadFirst(Write({bilevel})).status().message()),
              HasSubstr("BitsPerSample 1"));
}

TEST_F(TiffFileTest, RefusesAPageThatIsTooLargeAndReadsTheNext) {
  TiffPage large;
  large.width = 4097;
  large.height = 1;
  large.bytes = std::string(4097, 'x');
  TiffPage good;
  good.bytes = "abcd";
  auto reader = ImageFileReader::Open(Write({large, good}));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT(std::string((*reader)->Read(0).status().message()),
              HasSubstr("page 0: ImageWidth 4097"));
  const auto second = (*reader)->Read(1);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->bytes, "abcd");
}

// Cut anywhere, a file is an error and not a crash, and libtiff stays silent.
TEST_F(TiffFileTest, RefusesATruncatedFileAtEveryLengthWithoutPrinting) {
  TiffPage page{64, 16, 16, SAMPLEFORMAT_UINT, std::string(2048, 'x')};
  const std::string path = Write({page});
  std::string whole;
  {
    std::ifstream file(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  testing::internal::CaptureStderr();
  const std::string cut = folder_ / "cut.tif";
  int refused = 0, tried = 0;
  for (size_t length = 4; length < whole.size(); length += 13) {
    WriteBytes(cut, whole.substr(0, length));
    const auto image = ReadFirst(cut);
    ++tried;
    if (!image.ok()) {
      EXPECT_THAT(std::string(image.status().message()), HasSubstr(cut));
      ++refused;
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  // The directory lies at the end of the file; only a cut behind its last used byte is harmless.
  EXPECT_GE(refused, tried - 1);
}

// What was cut off must not look like the end of a shorter stack.
TEST_F(TiffFileTest, ATruncatedStackIsAnErrorBehindItsReadablePages) {
  const TiffPage page{64, 16, 16, SAMPLEFORMAT_UINT, std::string(2048, 'x')};
  const std::string path = Write({page, page, page});
  std::string whole;
  {
    std::ifstream file(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  const std::string cut = folder_ / "cut.tif";
  int with_readable_pages = 0;
  // Every directory ends with the link to the next, so the last four bytes are needed, too.
  for (size_t length = 8; length < whole.size() - 4; length += 13) {
    WriteBytes(cut, whole.substr(0, length));
    const auto reader = ImageFileReader::Open(cut);
    if (!reader.ok()) continue;
    int readable = 0;
    absl::Status last;
    for (int i = 0; i < (*reader)->count(); ++i) {
      last = (*reader)->Read(i).status();
      if (last.ok()) ++readable;
    }
    EXPECT_FALSE(last.ok()) << length << " of " << whole.size() << " bytes";
    EXPECT_THAT(std::string(last.message()), HasSubstr(cut));
    if (readable > 0) ++with_readable_pages;
  }
  EXPECT_GT(with_readable_pages, 0);
}

TEST_F(TiffFileTest, SaysWhatLibtiffSays) {
  WriteBytes(folder_ / "bad.tif", std::string("II*\0\xff\xff\xff\x7f", 8));
  const absl::Status status = ImageFileReader::Open(folder_ / "bad.tif").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("libtiff: "));
}

}  // namespace
}  // namespace atomstream

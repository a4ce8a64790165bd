// What is in the file, read through the library.
#include "client/export/hdf5_results.h"

#include <gmock/gmock.h>
#include <hdf5.h>

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "tests/client/export/fake_history.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

// An open HDF5 file. Reads whole datasets; a failure fails the test.
class Reader {
 public:
  explicit Reader(const std::string& path)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)) {
    EXPECT_GE(file_, 0);
  }
  ~Reader() { H5Fclose(file_); }

  bool Has(const std::string& path){
      H5E_BEGIN_TRY{const hid_t object = H5Oopen(file_, path.c_str(), H5P_DEFAULT);
  if (object >= 0) H5Oclose(object);
  return object >= 0;
} H5E_END_TRY
}  // namespace

std::vector<hsize_t> Shape(const std::string& path) {
  const hid_t dataset = H5Dopen2(file_, path.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(dataset);
  std::vector<hsize_t> shape(static_cast<size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  H5Sclose(space);
  H5Dclose(dataset);
  return shape;
}

template <typename T>
std::vector<T> Read(const std::string& path, hid_t type) {
  size_t count = 1;
  for (const hsize_t length : Shape(path)) count *= length;
  std::vector<T> values(count);
  const hid_t dataset = H5Dopen2(file_, path.c_str(), H5P_DEFAULT);
  EXPECT_GE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << path;
  H5Dclose(dataset);
  return values;
}
std::vector<double> Numbers(const std::string& path) {
  return Read<double>(path, H5T_NATIVE_DOUBLE);
}

std::vector<std::string> Texts(const std::string& path) {
  const hid_t type = TextType();
  std::vector<char*> texts = Read<char*>(path, type);
  std::vector<std::string> values;
  for (char* text : texts) {
    values.emplace_back(text);
    H5free_memory(text);
  }
  H5Tclose(type);
  return values;
}

std::string Attribute(const std::string& path, const std::string& name) {
  const hid_t object = H5Oopen(file_, path.c_str(), H5P_DEFAULT);
  if (object < 0 || H5Aexists(object, name.c_str()) <= 0) return "missing";
  const hid_t attribute = H5Aopen(object, name.c_str(), H5P_DEFAULT);
  const hid_t type = TextType();
  char* text = nullptr;
  EXPECT_GE(H5Aread(attribute, type, &text), 0) << path << " " << name;
  const std::string value = text;
  H5free_memory(text);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Oclose(object);
  return value;
}

// The label of a dimension: the name of the dataset beside it that is along it.
std::vector<std::string> Labels(const std::string& path) {
  const hid_t dataset = H5Dopen2(file_, path.c_str(), H5P_DEFAULT);
  const hid_t attribute = H5Aopen(dataset, "DIMENSION_LABELS", H5P_DEFAULT);
  std::vector<char*> texts(Shape(path).size(), nullptr);
  const hid_t type = H5Aget_type(attribute);
  EXPECT_GE(H5Aread(attribute, type, texts.data()), 0);
  std::vector<std::string> labels;
  for (char* text : texts) {
    labels.emplace_back(text);
    H5free_memory(text);
  }
  H5Tclose(type);
  H5Aclose(attribute);
  H5Dclose(dataset);
  return labels;
}

// Paths of all datasets.
std::vector<std::string> Datasets() {
  std::vector<std::string> paths;
  H5Ovisit(
      file_, H5_INDEX_NAME, H5_ITER_NATIVE,
      [](hid_t, const char* name, const H5O_info_t* info, void* all) -> herr_t {
        if (info->type == H5O_TYPE_DATASET) {
          static_cast<std::vector<std::string>*>(all)->push_back(std::string("/") + name);
        }
        return 0;
      },
      &paths);
  return paths;
}

private:
static hid_t TextType() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

const hid_t file_;
};  // namespace atomstream

constexpr char kResults[] = "/Measurement_000/Channel_000/results/";
constexpr char kAtoms[] = "/Measurement_000/Channel_001/atoms/";
constexpr char kFronts[] = "/Measurement_000/Channel_002/fronts/";
constexpr char kStack[] = "/Measurement_000/Channel_003/frames/";

class Hdf5ResultsTest : public testing::Test {
 protected:
  Hdf5ResultsTest() : results_(*Hdf5Results::Create(path_, "e1", "--format=hdf5")) {}

  void Add(const v1::FrameResult& result) { ASSERT_TRUE(results_->AddResult(result).ok()); }
  void Add(const v1::Frame& frame) { ASSERT_TRUE(results_->AddFrame(frame).ok()); }
  Reader Close() {
    EXPECT_TRUE(results_->Close().ok());
    return Reader(path_);
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "out.h5";
  std::unique_ptr<Hdf5Results> results_;
};

TEST_F(Hdf5ResultsTest, AResultKnowsItsAtomsAndItsFront) {
  Add(ResultNumber(5, 2));
  Add(ResultNumber(6, 0));
  Add(ResultNumber(8, 3));
  Reader file = Close();
  const std::string results = kResults, atoms = kAtoms, fronts = kFronts;
  EXPECT_EQ(file.Attribute("/", "epoch"), "e1");
  EXPECT_THAT(file.Numbers(results + "sequence"), ElementsAre(5, 6, 8));
  EXPECT_THAT(file.Texts(results + "frame_id"), ElementsAre("frame-5", "frame-6", "frame-8"));
  EXPECT_THAT(file.Texts(results + "acquisition_time"),
              ElementsAre("2026-11-23T10:00:05.000000Z", "2026-11-23T10:00:06.000000Z",
                          "2026-11-23T10:00:08.000000Z"));
  EXPECT_THAT(file.Numbers(results + "first_atom"), ElementsAre(0, 2, 2));
  EXPECT_THAT(file.Numbers(results + "atom_rows"), ElementsAre(2, 0, 3));
  EXPECT_THAT(file.Numbers(results + "qc"), ElementsAre(0.125, 0.125, 0.125));
  EXPECT_TRUE(std::isnan(file.Numbers(results + "f1")[0]));
  EXPECT_THAT(file.Numbers(results + "frame_row"), ElementsAre(-1, -1, -1));
  EXPECT_THAT(file.Numbers(atoms + "result_row"), ElementsAre(0, 0, 2, 2, 2));
  EXPECT_THAT(file.Numbers(atoms + "x_px"), ElementsAre(5, 5.5, 8, 8.5, 9));
  EXPECT_THAT(file.Numbers(atoms + "cluster"), ElementsAre(-1, 0, -1, 0, 1));
  EXPECT_TRUE(std::isnan(file.Numbers(atoms + "confidence")[0]));  // LoG* has none
  EXPECT_THAT(file.Numbers(atoms + "site_kind"), ElementsAre(2, 2, 2, 2, 2));
  EXPECT_THAT(file.Numbers(fronts + "result_row"), ElementsAre(0, 1, 2));
  EXPECT_THAT(file.Numbers(fronts + "num_sigma"), ElementsAre(7, 7, 7));
  EXPECT_THAT(file.Numbers(fronts + "chosen"), ElementsAre(1, 1, 1));
  EXPECT_FALSE(file.Has(kStack));
}

TEST_F(Hdf5ResultsTest, WritesManyRowsInPieces) {
  for (int64_t i = 1; i <= 50; ++i) Add(ResultNumber(i, 1000));
  Reader file = Close();
  const std::vector<double> x = file.Numbers(std::string(kAtoms) + "x_px");
  ASSERT_EQ(x.size(), 50000u);
  for (size_t i = 0; i < x.size(); i += 997) {
    EXPECT_EQ(x[i], 1 + static_cast<double>(i / 1000) + 0.5 * static_cast<double>(i % 1000));
  }
}

TEST_F(Hdf5ResultsTest, FramesOfOneShapeAreAStackWithAxesInNanometres) {
  Add(FrameOf("frame-1"));
  Add(FrameOf("frame-1"));  // again: left out
  v1::Frame later = FrameOf("frame-2");
  later.mutable_acquisition_time()->set_seconds(1'795'428'002);
  Add(later);
  Add(ResultNumber(1));
  Add(ResultNumber(2));
  Add(ResultNumber(3));  // its frame is missing
  Reader file = Close();
  const std::string stack = kStack;
  EXPECT_THAT(file.Shape(stack + "frames"), ElementsAre(2, 32, 64));
  const auto pixels = file.Read<uint8_t>(stack + "frames", H5T_NATIVE_UINT8);
  EXPECT_EQ(std::string(pixels.begin() + 64 * 32, pixels.end()), later.pixels());
  EXPECT_THAT(file.Numbers(stack + "frame"), ElementsAre(0, 2));
  EXPECT_DOUBLE_EQ(file.Numbers(stack + "x")[63], 63 * 0.02);
  EXPECT_EQ(file.Attribute(stack + "x", "units"), "nm");
  EXPECT_THAT(file.Texts(stack + "frame_id"), ElementsAre("frame-1", "frame-2"));
  const std::string results = kResults;
  EXPECT_THAT(file.Numbers(results + "frame_channel"), ElementsAre(3, 3, -1));
  EXPECT_THAT(file.Numbers(results + "frame_row"), ElementsAre(0, 1, -1));
}

TEST_F(Hdf5ResultsTest, EachShapeAndTypeIsAStackOfItsOwn) {
  Add(FrameOf("a"));
  Add(FrameOf("b", 16, 8));
  v1::Frame wide = FrameOf("c", 16, 8);
  wide.set_pixel_type(v1::PIXEL_TYPE_U16);
  wide.set_pixel_size_nm(0);
  wide.set_pixels(std::string(16 * 8 * 2, '\1'));
  Add(wide);
  Reader file = Close();
  const std::string third = "/Measurement_000/Channel_005/frames/";
  EXPECT_THAT(file.Shape("/Measurement_000/Channel_004/frames/frames"), ElementsAre(1, 8, 16));
  EXPECT_THAT(file.Shape(third + "frames"), ElementsAre(1, 8, 16));
  EXPECT_EQ(file.Read<uint16_t>(third + "frames", H5T_NATIVE_UINT16)[5], 0x0101);
  EXPECT_EQ(file.Attribute(third + "y", "units"), "px");
}

// What pyNSID's check of a main dataset asks for.
TEST_F(Hdf5ResultsTest, EveryDatasetDescribesItselfAsNsidDoes) {
  Add(FrameOf("frame-1"));
  Add(ResultNumber(1));
  Reader file = Close();
  const std::set<std::string> scales = {"sequence", "atom", "solution", "frame", "x", "y"};
  size_t checked = 0;
  for (const std::string& path : file.Datasets()) {
    const size_t slash = path.rfind('/');
    const std::string name = path.substr(slash + 1), group = path.substr(0, slash + 1);
    if (scales.contains(name)) {
      for (const char* attribute : {"quantity", "units", "dimension_type", "nsid_version"}) {
        EXPECT_NE(file.Attribute(path, attribute), "missing") << path << " " << attribute;
      }
      EXPECT_EQ(file.Attribute(path, "name"), name);
      continue;
    }
    ++checked;
    for (const char* attribute : {"quantity", "units", "data_type", "modality", "source"}) {
      EXPECT_NE(file.Attribute(path, attribute), "missing") << path << " " << attribute;
    }
    EXPECT_EQ(file.Attribute(path, "main_data_name"), name);
    const std::vector<std::string> labels = file.Labels(path);
    ASSERT_EQ(labels.size(), file.Shape(path).size());
    for (size_t i = 0; i < labels.size(); ++i) {
      EXPECT_EQ(file.Shape(group + labels[i])[0], file.Shape(path)[i]) << path;
    }
  }
  EXPECT_GT(checked, 40u);
  EXPECT_EQ(file.Attribute(std::string(kStack) + "frames", "data_type"), "IMAGE_STACK");
}

TEST_F(Hdf5ResultsTest, AFileWithoutResultsHasEmptyTables) {
  Reader file = Close();
  EXPECT_THAT(file.Shape(std::string(kResults) + "frame_id"), ElementsAre(0));
  EXPECT_THAT(file.Shape(std::string(kAtoms) + "x_px"), ElementsAre(0));
}

TEST(Hdf5FileTest, NamesAFolderThatIsNotThere) {
  TempFolder folder;
  const auto file = Hdf5File::Create(folder / "none/out.h5");
  EXPECT_THAT(std::string(file.status().message()), testing::HasSubstr("none/out.h5"));
}

}  // namespace
}  // namespace atomstream

#include "detectors/unet/model_manifest.h"

#include <filesystem>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/detectors/unet/model_folder.h"

namespace atomstream {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Image& Golden() {
  static const Image& image = *new Image(CrystalImage("graphene", 6, 128));
  return image;
}

// The scripts are no TorchScript: nothing here looks into them.
ModelFolder TwoMembers() {
  return ModelFolder({"first script", "second script"}, Golden(),
                     {Image(128, 128, 0.25f), Image(128, 128, 0.75f)});
}

absl::Status Load(const ModelFolder& model) {
  const TemporaryFolder folder;
  model.Write(folder.path());
  return LoadModelManifest(folder.path()).status();
}

TEST(ModelManifestTest, ReadsEveryField) {
  const TemporaryFolder folder;
  TwoMembers().Write(folder.path());
  const absl::StatusOr<ModelManifest> manifest = LoadModelManifest(folder.path());
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->name, "tiny");
  EXPECT_EQ(manifest->sha256, Sha256Hex(ReadFile(folder.File("manifest.json"))));
  EXPECT_EQ(manifest->architecture, "one convolution");
  EXPECT_EQ(manifest->scale_px_per_d_nn, 6);
  EXPECT_EQ(manifest->size_multiple_px, 8);
  EXPECT_EQ(manifest->normalisation, InputNormalisation::kQuantile);
  EXPECT_EQ(manifest->output, ModelOutput::kLogit);
  EXPECT_EQ(manifest->threshold, 0.4);
  EXPECT_EQ(manifest->golden_width_px, 128);
  EXPECT_EQ(manifest->golden_height_px, 128);
  EXPECT_EQ(manifest->golden_tolerance, 0.05);
  ASSERT_EQ(manifest->members.size(), 2u);
  EXPECT_EQ(*ReadModelFile(folder.path(), manifest->members[1].script), "second script");
  const auto output = LoadGolden(folder.path(), *manifest, manifest->members[1].golden_output);
  ASSERT_TRUE(output.ok());
  EXPECT_EQ((*output)(127, 127), 0.75f);
  const ModelInfo info = manifest->info();
  EXPECT_EQ(info.id, "tiny@" + manifest->sha256.substr(0, 12));
  EXPECT_EQ(info.members, 2);
  EXPECT_EQ(info.scale_px_per_d_nn, 6);
  EXPECT_EQ(info.threshold, 0.4);
  EXPECT_EQ(info.atom_area_px2, 7.3);
}

TEST(ModelManifestTest, AsksForAThresholdOrForTheAreaThatItFollowsFrom) {
  ModelFolder model = TwoMembers();
  model.manifest["output"]["threshold"] = 0;
  EXPECT_TRUE(Load(model).ok()) << Load(model);
  model.manifest["output"]["atom_area_px2"] = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(Load(model)));
  EXPECT_THAT(Load(model).message(), HasSubstr("output.threshold"));
}

TEST(ModelManifestTest, Sha256IsThatOfTheStandard) {
  // FIPS 180-4's example.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ModelManifestTest, NamesWhatIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(LoadModelManifest("/nowhere").status()));
  for (const char* name : {"manifest.json", "manifest.json.sha256", "member-1.pt",
                           "golden_input.f32", "golden_output-0.f32"}) {
    const TemporaryFolder folder;
    TwoMembers().Write(folder.path());
    std::filesystem::remove(folder.File(name));
    const absl::Status status = LoadModelManifest(folder.path()).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr(name));
    std::filesystem::create_directory(folder.File(name));
    EXPECT_TRUE(absl::IsInvalidArgument(LoadModelManifest(folder.path()).status())) << name;
  }
}

// One bit flipped, the file cut short, a byte replaced, inserted or taken out.
std::string Mutate(std::string bytes, std::mt19937& random) {
  const std::string before = bytes;
  while (bytes == before) {
    const size_t place = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << (random() % 8)));
        break;
      case 1:
        bytes.resize(place);
        break;
      case 2:
        bytes[place] = static_cast<char>(random());
        break;
      case 3:
        bytes.insert(place, 1, static_cast<char>(random()));
        break;
      default:
        bytes.erase(place, 1);
    }
  }
  return bytes;
}

TEST(ModelManifestTest, RefusesEveryOfAThousandMutationsOfAnyFile) {
  const TemporaryFolder folder;
  TwoMembers().Write(folder.path());
  const std::vector<std::string> names = {"manifest.json",    "manifest.json.sha256",
                                          "member-0.pt",      "member-1.pt",
                                          "golden_input.f32", "golden_output-1.f32"};
  std::mt19937 random(11);
  for (int i = 0; i < 1000; ++i) {
    const std::string& name = names[i % names.size()];
    const std::string good = ReadFile(folder.File(name));
    WriteFile(folder.File(name), Mutate(good, random));
    const absl::Status status = LoadModelManifest(folder.path()).status();
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsInvalidArgument(status))
        << name << ", mutation " << i << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr(name));
    WriteFile(folder.File(name), good);
  }
  EXPECT_TRUE(LoadModelManifest(folder.path()).ok());
}

TEST(ModelManifestTest, SurvivesMutatedManifestsWhoseSumIsRight) {
  // As a broken tool would write them: whatever they say, an answer and no crash.
  const TemporaryFolder folder;
  const ModelFolder model = TwoMembers();
  model.Write(folder.path());
  const std::string good = model.manifest.dump();
  std::mt19937 random(12);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    WriteManifest(folder.path(), Mutate(good, random));
    if (!LoadModelManifest(folder.path()).ok()) ++refused;
  }
  // Some mutations only change the free-form records, a name or a last digit.
  EXPECT_GT(refused, 700);
}

TEST(ModelManifestTest, RefusesAnythingButASumOfTheManifestInTheSumsFile) {
  const TemporaryFolder folder;
  TwoMembers().Write(folder.path());
  const std::string sum = ReadFile(folder.File("manifest.json.sha256")).substr(0, 64);
  for (const std::string& line : {std::string(), sum, sum + "\n", sum + "  other.json\n",
                                  sum + "  manifest.json\n\n", " " + sum + "  manifest.json\n"}) {
    WriteFile(folder.File("manifest.json.sha256"), line);
    const absl::Status status = LoadModelManifest(folder.path()).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << line << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("manifest.json.sha256"));
  }
}

// Sets a field, or takes it out, and expects a refusal that names it.
void ExpectRefused(const std::string& pointer, const Json& value, const std::string& path) {
  ModelFolder model = TwoMembers();
  model.manifest[Json::json_pointer(pointer)] = value;
  const absl::Status status = Load(model);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << path << " = " << value << ": " << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("manifest.json"), HasSubstr(path)));
}

TEST(ModelManifestTest, RefusesFieldsOfAWrongTypeOrRangeByNameAndValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();  // is written as null
  for (const Json& value : {Json(0), Json(2), Json("1"), Json(1.5), Json()}) {
    ExpectRefused("/format_version", value, "format_version");
  }
  for (const Json& value : {Json(""), Json(7), Json("a/b"), Json(".hidden"), Json("a b"),
                            Json(std::string(65, 'x')), Json()}) {
    ExpectRefused("/name", value, "name");
  }
  ExpectRefused("/architecture", "", "architecture");
  ExpectRefused("/architecture", std::string(257, 'x'), "architecture");
  for (const Json& value : {Json(0), Json(-6), Json(1.9), Json(101), Json("6"), Json(nan)}) {
    ExpectRefused("/input/scale_px_per_d_nn", value, "input.scale_px_per_d_nn");
  }
  for (const Json& value : {Json(0), Json(12), Json(256), Json(8.5), Json("8")}) {
    ExpectRefused("/input/size_multiple_px", value, "input.size_multiple_px");
  }
  ExpectRefused("/input/normalisation", "none", "input.normalisation");
  ExpectRefused("/output/kind", "mask", "output.kind");
  for (const Json& value : {Json(1), Json(-0.1), Json(1.1), Json("0.4"), Json(nan)}) {
    ExpectRefused("/output/threshold", value, "output.threshold");
  }
  for (const Json& value : {Json(-1), Json(28.3), Json(100), Json("7"), Json(nan)}) {
    ExpectRefused("/output/atom_area_px2", value, "output.atom_area_px2");
  }
  for (const Json& value : {Json(0), Json(8), Json(100), Json(1032), Json(1e30), Json("128")}) {
    ExpectRefused("/golden/width_px", value, "golden.width_px");
    ExpectRefused("/golden/height_px", value, "golden.height_px");
  }
  for (const Json& value : {Json(0), Json(0.21), Json(-1), Json("0"), Json(nan)}) {
    ExpectRefused("/golden/tolerance", value, "golden.tolerance");
  }
  ExpectRefused("/members", Json::array(), "members");
  ExpectRefused("/members", Json::object(), "members");
  ExpectRefused("/members/1", 5, "members[1]");
  for (const Json& value : {Json("../member-0.pt"), Json("/etc/passwd"), Json(""), Json(1)}) {
    ExpectRefused("/members/0/script/file", value, "members[0].script.file");
  }
  for (const Json& value : {Json("abc"), Json(std::string(64, 'A')), Json(std::string(64, 'g'))}) {
    ExpectRefused("/members/1/golden_output/sha256", value, "members[1].golden_output.sha256");
  }
  ExpectRefused("/training", Json::array(), "training");
  ExpectRefused("/validation", Json::object(), "validation");
  ExpectRefused("/validation", {1}, "validation[0]");
}

TEST(ModelManifestTest, RefusesUnknownFields) {
  for (const char* path : {"surprise", "input.surprise", "output.surprise", "golden.surprise",
                           "members[0].surprise", "members[0].script.surprise"}) {
    std::string pointer = "/";
    for (const char* c = path; *c != '\0'; ++c) {
      if (*c != ']') pointer += *c == '.' || *c == '[' ? '/' : *c;
    }
    ExpectRefused(pointer, 1, path);
  }
}

TEST(ModelManifestTest, RefusesAFolderThatLacksAField) {
  for (const auto& [object, name] :
       std::vector<std::pair<std::string, std::string>>{{"", "format_version"},
                                                        {"", "input"},
                                                        {"", "training"},
                                                        {"/input", "normalisation"},
                                                        {"/golden", "tolerance"},
                                                        {"/members/0", "golden_output"},
                                                        {"/members/0/script", "sha256"}}) {
    ModelFolder model = TwoMembers();
    model.manifest.at(Json::json_pointer(object)).erase(name);
    const absl::Status status = Load(model);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name << ": " << status;
    EXPECT_THAT(status.message(), AllOf(HasSubstr(name), HasSubstr("missing")));
  }
}

TEST(ModelManifestTest, RefusesWhatIsNoStrictJson) {
  const TemporaryFolder folder;
  TwoMembers().Write(folder.path());
  const std::string good = TwoMembers().manifest.dump();
  const std::string twice = "{\"name\":\"a\"," + good.substr(1);
  for (const std::string& text : {std::string("nothing"), std::string("[]"), good + "x", twice,
                                  std::string(1000, '['), "{\"name\":\"\xff\"}" + good}) {
    WriteManifest(folder.path(), text);
    const absl::Status status = LoadModelManifest(folder.path()).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text.substr(0, 40) << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("manifest.json"));
  }
}

TEST(ModelManifestTest, RefusesGoldenTensorsOfAnotherSizeOrWithValuesThatCannotBe) {
  const std::string output = "/members/0/golden_output";
  const auto expect_refused = [&](const std::string& entry, const Image& image,
                                  const std::string& text) {
    ModelFolder model = TwoMembers();
    model.SetFile(Json::json_pointer(entry), BytesOf(image));
    const absl::Status status = Load(model);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr(text));
  };
  expect_refused(output, Image(128, 120, 0.5f), "golden_output-0.f32");
  expect_refused("/golden/input", Image(64, 64, 0.5f), "golden_input.f32");
  expect_refused(output, Image(128, 128, 1.5f), "from 0 to 1");
  expect_refused(output, Image(128, 128, std::numeric_limits<float>::quiet_NaN()), "not finite");
  Image infinite = Golden().clone();
  infinite(5, 5) = std::numeric_limits<float>::infinity();
  expect_refused("/golden/input", infinite, "not finite");
  expect_refused("/golden/input", Image(128, 128, 0.5f), "golden.input");
}

TEST(ModelManifestTest, RefusesFilesThatAreTooLarge) {
  const TemporaryFolder folder;
  TwoMembers().Write(folder.path());
  std::filesystem::resize_file(folder.File("member-0.pt"), (int64_t{256} << 20) + 1);
  absl::Status status = LoadModelManifest(folder.path()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("member-0.pt"), HasSubstr("268435457")));
  std::filesystem::resize_file(folder.File("manifest.json"), (1 << 20) + 1);
  status = LoadModelManifest(folder.path()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("1048577"));
}

TEST(ModelManifestTest, RefusesAScaleThatTheGoldenInputDoesNotShow) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (const double d_nn_px : {5.0, 6.0, 8.0, 12.0}) {
      for (const double lie : {0.5, 0.7, 0.85, 0.92, 1.0, 1.08, 1.2, 1.5, 2.0}) {
        ModelFolder model({"script"}, CrystalImage(material, d_nn_px, 128),
                          {Image(128, 128, 0.5f)});
        model.manifest["input"]["scale_px_per_d_nn"] = d_nn_px * lie;
        const absl::Status status = Load(model);
        if (lie == 1.0) {
          EXPECT_TRUE(status.ok()) << material << " " << d_nn_px << ": " << status;
        } else {
          EXPECT_TRUE(absl::IsInvalidArgument(status)) << material << " " << d_nn_px << " " << lie;
          EXPECT_THAT(status.message(), HasSubstr("input.scale_px_per_d_nn"));
        }
      }
    }
  }
}

TEST(ModelManifestTest, AGoldenInputWithoutALatticeCannotContradict) {
  Image noise(128, 128);
  cv::RNG random(5);
  random.fill(noise, cv::RNG::UNIFORM, 0.0, 1.0);
  EXPECT_TRUE(Load(ModelFolder({"script"}, noise, {Image(128, 128, 0.5f)})).ok());
}

}  // namespace
}  // namespace atomstream

#include "tests/detectors/unet/model_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "core/image/normalise.h"
#include "core/lattice/material.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "detectors/unet/model_manifest.h"
#include "gtest/gtest.h"

namespace atomstream {

TemporaryFolder::TemporaryFolder() {
  std::string name = testing::TempDir() + "unet-XXXXXX";
  path_ = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream << bytes;
  ASSERT_TRUE(stream.good()) << path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

std::string BytesOf(const Image& image) {
  const Image rows = image.clone();
  return std::string(reinterpret_cast<const char*>(rows[0]), rows.total() * sizeof(float));
}

Image CrystalImage(const std::string& material, double d_nn_px, int side_px) {
  SpecimenOptions specimen_options;
  specimen_options.material = *FindMaterial(material, {});
  ScanOptions scan;
  scan.width_px = scan.height_px = side_px;
  scan.pixel_size_nm = specimen_options.material.NearestNeighbourDistanceNm() / d_nn_px;
  scan.gaussian_noise = 0.1;
  specimen_options.field_width_nm = specimen_options.field_height_nm = side_px * scan.pixel_size_nm;
  specimen_options.rotation_rad = 0.2;
  const Specimen specimen = *BuildSpecimen(specimen_options);
  return Normalise(RenderFrame(specimen, scan, 0)->image).clipped;
}

ModelFolder::ModelFolder(const std::vector<std::string>& scripts, const Image& golden_input,
                         const std::vector<Image>& golden_outputs) {
  const auto add = [&](const std::string& name, const std::string& bytes) {
    files[name] = bytes;
    return nlohmann::json{{"file", name}, {"sha256", Sha256Hex(bytes)}};
  };
  manifest = {
      {"format_version", 1},
      {"name", "tiny"},
      {"architecture", "one convolution"},
      {"input",
       {{"scale_px_per_d_nn", 6.0}, {"size_multiple_px", 8}, {"normalisation", "quantile"}}},
      {"output", {{"kind", "logit"}, {"threshold", 0.4}, {"atom_area_px2", 7.3}}},
      {"golden",
       {{"input", add("golden_input.f32", BytesOf(golden_input))},
        {"width_px", golden_input.cols},
        {"height_px", golden_input.rows},
        {"tolerance", 0.05}}},
      {"members", nlohmann::json::array()},
      {"training", {{"seed", 1}}},
      {"validation", nlohmann::json::array({{{"f1", 0.99}}})}};
  for (size_t i = 0; i < scripts.size(); ++i) {
    manifest["members"].push_back({{"script", add(absl::StrCat("member-", i, ".pt"), scripts[i])},
                                   {"golden_output", add(absl::StrCat("golden_output-", i, ".f32"),
                                                         BytesOf(golden_outputs[i]))}});
  }
}

void ModelFolder::SetFile(const nlohmann::json::json_pointer& entry, const std::string& bytes) {
  files[manifest.at(entry).at("file")] = bytes;
  manifest.at(entry)["sha256"] = Sha256Hex(bytes);
}

void ModelFolder::Write(const std::string& folder) const {
  for (const auto& [name, bytes] : files) WriteFile(folder + "/" + name, bytes);
  WriteManifest(folder, manifest.dump(2));
}

void WriteManifest(const std::string& folder, const std::string& text) {
  WriteFile(folder + "/manifest.json", text);
  WriteFile(folder + "/manifest.json.sha256", absl::StrCat(Sha256Hex(text), "  manifest.json\n"));
}

}  // namespace atomstream

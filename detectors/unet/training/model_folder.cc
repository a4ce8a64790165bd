#include "detectors/unet/training/model_folder.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "core/lattice/material.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "detectors/unet/model_manifest.h"
#include "nlohmann/json.hpp"
#include "torch/script.h"

namespace atomstream {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kGoldenSide = 128;

// What the network is shown when a model is loaded: graphene at the network's own scale, with a
// little noise.
absl::StatusOr<Image> GoldenInput(double scale_px_per_d_nn) {
  SpecimenOptions specimen;
  ASSIGN_OR_RETURN(specimen.material, FindMaterial("graphene", {}));
  ScanOptions scan;
  scan.width_px = scan.height_px = kGoldenSide;
  scan.pixel_size_nm = specimen.material.NearestNeighbourDistanceNm() / scale_px_per_d_nn;
  scan.gaussian_noise = 0.05;
  specimen.field_width_nm = specimen.field_height_nm = kGoldenSide * scan.pixel_size_nm;
  specimen.rotation_rad = 0.2;
  specimen.vacancy_fraction = 0.01;
  ASSIGN_OR_RETURN(const Specimen graphene, BuildSpecimen(specimen));
  ASSIGN_OR_RETURN(const SimulatedFrame frame, RenderFrame(graphene, scan, 0));
  return Normalise(frame.image).clipped;
}

absl::StatusOr<Image> Probabilities(const std::string& network_path, const Image& input) {
  return CatchToStatus(network_path, [&]() -> absl::StatusOr<Image> {
    const torch::NoGradGuard no_gradients;
    torch::jit::Module network = torch::jit::load(network_path);
    network.eval();
    const at::Tensor tensor =
        torch::from_blob(input.data, {1, 1, input.rows, input.cols}, torch::kFloat32);
    const at::Tensor map = network.forward({tensor}).toTensor().sigmoid().contiguous();
    return Image(input.rows, input.cols, map.data_ptr<float>()).clone();
  });
}

// Image rows are contiguous in the images written here.
std::string BytesOf(const Image& image) {
  return std::string(reinterpret_cast<const char*>(image.data), image.total() * sizeof(float));
}

absl::Status WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.flush()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path.string(), ": cannot be written"));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return bytes.str();
}

// Writes a file of the folder and returns how the manifest names it.
absl::StatusOr<Json> AddFile(const std::filesystem::path& folder, const std::string& name,
                             const std::string& bytes) {
  RETURN_IF_ERROR(WriteFile(folder / name, bytes));
  return Json{{"file", name}, {"sha256", Sha256Hex(bytes)}};
}

absl::StatusOr<Json> AddMember(const std::filesystem::path& folder, int index,
                               const std::string& network_path, const Image& golden_input) {
  ASSIGN_OR_RETURN(const std::string script, ReadFile(network_path));
  ASSIGN_OR_RETURN(const Image golden, Probabilities(network_path, golden_input));
  Json member;
  ASSIGN_OR_RETURN(member["script"],
                   AddFile(folder, absl::StrCat("member-", index, ".pt"), script));
  ASSIGN_OR_RETURN(member["golden_output"],
                   AddFile(folder, absl::StrCat("golden_output-", index, ".f32"), BytesOf(golden)));
  return member;
}

Json ValidationTable(const std::vector<ValidationRow>& rows) {
  Json table = Json::array();
  for (const ValidationRow& row : rows) {
    table.push_back({{"material", row.material},
                     {"pixel_size_nm", row.pixel_size_nm},
                     {"noise", row.noise},
                     {"precision", row.precision},
                     {"recall", row.recall},
                     {"f1", row.f1}});
  }
  return table;
}

absl::Status WriteFolder(const ModelDescription& model, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  ASSIGN_OR_RETURN(const Image golden, GoldenInput(model.scale_px_per_d_nn));
  Json manifest;
  manifest["format_version"] = 1;
  manifest["name"] = model.name;
  manifest["architecture"] = model.architecture;
  manifest["input"] = {{"scale_px_per_d_nn", model.scale_px_per_d_nn},
                       {"size_multiple_px", model.size_multiple_px},
                       {"normalisation", "quantile"}};
  manifest["output"] = {
      {"kind", "logit"}, {"threshold", 0}, {"atom_area_px2", model.atom_area_px2}};
  ASSIGN_OR_RETURN(manifest["golden"]["input"],
                   AddFile(folder, "golden_input.f32", BytesOf(golden)));
  manifest["golden"]["width_px"] = golden.cols;
  manifest["golden"]["height_px"] = golden.rows;
  manifest["golden"]["tolerance"] = model.golden_tolerance;
  manifest["members"] = Json::array();
  for (size_t i = 0; i < model.networks.size(); ++i) {
    ASSIGN_OR_RETURN(Json member,
                     AddMember(folder, static_cast<int>(i), model.networks[i], golden));
    manifest["members"].push_back(std::move(member));
  }
  manifest["training"] = model.training;
  manifest["validation"] = ValidationTable(model.validation);
  const std::string text = manifest.dump(2) + "\n";
  RETURN_IF_ERROR(WriteFile(folder / "manifest.json", text));
  return WriteFile(folder / "manifest.json.sha256",
                   absl::StrCat(Sha256Hex(text), "  manifest.json\n"));
}

// Of "a/b/", "a/b" and "a/./b" alike: what lies beside it is then its name with an ending.
std::filesystem::path PlainPath(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

bool IsModelFile(const std::filesystem::directory_entry& entry) {
  const std::filesystem::path name = entry.path().filename();
  return entry.is_regular_file() && (name == "manifest.json" || name == "manifest.json.sha256" ||
                                     name.extension() == ".pt" || name.extension() == ".f32");
}

}  // namespace

absl::Status CheckReplaceable(const std::string& folder) {
  return CatchToStatus(folder, [&] {
    if (!std::filesystem::exists(folder)) return absl::OkStatus();
    if (!std::filesystem::is_directory(folder)) {
      return absl::FailedPreconditionError(absl::StrCat(folder, ": is there and is no folder"));
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (IsModelFile(entry)) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(folder, ": holds '", entry.path().filename().string(),
                       "', which is no file of a model and would be deleted"));
    }
    return absl::OkStatus();
  });
}

absl::Status WriteModelFolder(const ModelDescription& model, const std::string& folder) {
  RETURN_IF_ERROR(CheckReplaceable(folder));
  return CatchToStatus(folder, [&] {
    const std::filesystem::path whole = PlainPath(folder);
    // Beside the old one until it is whole.
    std::filesystem::path part = whole;
    part += ".part";
    std::filesystem::remove_all(part);
    RETURN_IF_ERROR(WriteFolder(model, part));
    std::filesystem::remove_all(whole);
    std::filesystem::rename(part, whole);
    return absl::OkStatus();
  });
}

}  // namespace atomstream

#include "tests/bench/one_member_model.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "detectors/unet/model_manifest.h"
#include "nlohmann/json.hpp"

namespace atomstream::bench {
namespace {

absl::Status CopyOrThrow(const std::filesystem::path& model, const std::filesystem::path& target) {
  std::ifstream file(model / "manifest.json");
  if (!file) return absl::NotFoundError(absl::StrCat(model.string(), ": holds no manifest.json"));
  nlohmann::json manifest = nlohmann::json::parse(file);
  nlohmann::json& members = manifest.at("members");
  if (members.empty()) return absl::InvalidArgumentError("manifest.json: members is empty");
  members.erase(members.begin() + 1, members.end());
  for (const std::string name :
       {manifest.at("golden").at("input").at("file"), members.at(0).at("script").at("file"),
        members.at(0).at("golden_output").at("file")}) {
    std::filesystem::copy_file(model / name, target / name);
  }
  const std::string text = manifest.dump(1);
  std::ofstream(target / "manifest.json") << text;
  std::ofstream(target / "manifest.json.sha256") << Sha256Hex(text) << "  manifest.json\n";
  return absl::OkStatus();
}

}  // namespace

absl::Status CopyFirstMember(const std::string& model, const std::string& target) {
  return CatchToStatus(model, [&] { return CopyOrThrow(model, target); });
}

}  // namespace atomstream::bench

#include "tests/bench/one_member_model.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "detectors/unet/model_manifest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/bench/python_script.h"

namespace atomstream::bench {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(CopyFirstMemberTest, LeavesOneMemberAndAManifestWithItsSum) {
  const TemporaryFolder from, to;
  nlohmann::json manifest;
  manifest["name"] = "two";
  manifest["golden"]["input"]["file"] = "golden_input.f32";
  for (const std::string n : {"0", "1"}) {
    manifest["members"].push_back({{"script", {{"file", "member-" + n + ".pt"}}},
                                   {"golden_output", {{"file", "golden_output-" + n + ".f32"}}}});
    std::ofstream(from.path() + "/member-" + n + ".pt") << "network " << n;
    std::ofstream(from.path() + "/golden_output-" + n + ".f32") << "output " << n;
  }
  std::ofstream(from.path() + "/golden_input.f32") << "input";
  std::ofstream(from.path() + "/manifest.json") << manifest.dump();

  ASSERT_TRUE(CopyFirstMember(from.path(), to.path()).ok());
  const std::string text = Read(to.path() + "/manifest.json");
  const nlohmann::json copied = nlohmann::json::parse(text);
  EXPECT_EQ(copied.at("members").size(), 1u);
  EXPECT_EQ(copied.at("name"), "two");
  EXPECT_EQ(Read(to.path() + "/manifest.json.sha256"), Sha256Hex(text) + "  manifest.json\n");
  EXPECT_EQ(Read(to.path() + "/member-0.pt"), "network 0");
  EXPECT_EQ(Read(to.path() + "/golden_output-0.f32"), "output 0");
  EXPECT_EQ(Read(to.path() + "/golden_input.f32"), "input");
  EXPECT_FALSE(std::filesystem::exists(to.path() + "/member-1.pt"));
}

TEST(CopyFirstMemberTest, BrokenFoldersAreErrors) {
  const TemporaryFolder from, to;
  EXPECT_EQ(CopyFirstMember(from.path(), to.path()).code(), absl::StatusCode::kNotFound);
  std::ofstream(from.path() + "/manifest.json") << "{\"members\": []}";
  EXPECT_FALSE(CopyFirstMember(from.path(), to.path()).ok());
}

TEST(TemporaryFolderTest, GoesWithAllThatIsInIt) {
  std::string path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    std::ofstream(path + "/file") << "text";
    EXPECT_TRUE(std::filesystem::exists(path + "/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace atomstream::bench

#include "client/cli/convert_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class ConvertCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "convert-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A folder with the package.
  std::string MakePackage(const std::string& name) {
    std::filesystem::create_directories(folder_ + "/" + name + "/atomstream");
    std::ofstream(folder_ + "/" + name + "/atomstream/convert_atomai.py") << "\n";
    return folder_ + "/" + name;
  }

  // A program that ends with `exit_code` when it is asked for PyTorch.
  std::string MakePython(const std::string& name, int exit_code) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\ncase \"$2\" in *torch*) exit " << exit_code
                        << ";; esac\nexit 3\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  std::string folder_;
};

TEST_F(ConvertCommandTest, TakesTheFirstFolderAndTheFirstPythonThatHaveWhatIsNeeded) {
  const std::string second = MakePackage("second"), third = MakePackage("third");
  const std::string without = MakePython("without", 1), with = MakePython("with", 0);
  const auto package = FindPythonPackage(
      {{folder_ + "/first", second, third}, {folder_ + "/none", without, with, "python3"}});
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_EQ(package->folder, second);
  EXPECT_EQ(package->python, with);
}

TEST_F(ConvertCommandTest, NamesTheFoldersThatLackThePackage) {
  const auto package = FindPythonPackage({{folder_ + "/a", folder_ + "/b"}, {"python3"}});
  EXPECT_EQ(package.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(package.status().message()),
              HasSubstr(folder_ + "/a nor in " + folder_ + "/b"));
}

TEST_F(ConvertCommandTest, NamesTheDebianPackagesWhenNoPythonHasTorch) {
  const std::string without = MakePython("without", 1);
  const auto package = FindPythonPackage({{MakePackage("package")}, {without, folder_ + "/none"}});
  EXPECT_EQ(package.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(package.status().message()), HasSubstr("python3-torch python3-numpy"));
  EXPECT_THAT(std::string(package.status().message()), HasSubstr(without));
}

TEST_F(ConvertCommandTest, FindsThePackageOfTheSource) {
  const PythonSearch search = DefaultPythonSearch();
  ASSERT_FALSE(search.folders.empty());
  const auto package = FindPythonPackage({search.folders, {MakePython("with", 0)}});
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_TRUE(std::filesystem::exists(package->folder + "/atomstream/convert_atomai.py"));
}

}  // namespace
}  // namespace atomstream

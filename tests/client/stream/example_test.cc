// The documented subscriber is the one that is built.
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"

namespace atomstream {
namespace {

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ExampleTest, TheDocumentedSubscriberIsTheOneThatIsBuilt) {
  const std::string source = ReadAll(SOURCE_FOLDER "/client/example/subscriber.cc");
  ASSERT_FALSE(source.empty());
  EXPECT_THAT(ReadAll(SOURCE_FOLDER "/docs/client_library.md"),
              testing::HasSubstr("```cpp\n" + source + "```\n"));
}

}  // namespace
}  // namespace atomstream

// What the configuration's proto file says of its fields, for tests.
#ifndef ATOMSTREAM_TESTS_SERVER_CONFIG_CONFIG_COMMENTS_H_
#define ATOMSTREAM_TESTS_SERVER_CONFIG_CONFIG_COMMENTS_H_

#include <map>
#include <string>
#include <vector>

namespace atomstream {

// Without the blanks around them; a file that cannot be read fails the test.
std::vector<std::string> LinesOf(const std::string& path);

// What the proto file says of "Message.field", on one line.
std::map<std::string, std::string> CommentsOfProto();

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_CONFIG_CONFIG_COMMENTS_H_

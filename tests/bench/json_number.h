// Single values out of flat JSON texts of our own making: meta.json files, the Python reference.
#ifndef ATOMSTREAM_TESTS_BENCH_JSON_NUMBER_H_
#define ATOMSTREAM_TESTS_BENCH_JSON_NUMBER_H_

#include <optional>
#include <string>
#include <vector>

namespace atomstream::bench {

// The number after "name":, nullopt where there is none.
std::optional<double> JsonNumber(const std::string& json, const std::string& name);

// The numbers of the list after "name":, none where there is no such list or one is no number.
std::vector<double> JsonNumbers(const std::string& json, const std::string& name);

// The text after "name":, without escapes.
std::optional<std::string> JsonText(const std::string& json, const std::string& name);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_JSON_NUMBER_H_

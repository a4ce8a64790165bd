// Flags: the command line of atomstream-bench. Reads "--name value", "--name=value", switches
// ("--name") and positional arguments. Used by one thread, once.
//
// Mistakes are collected, not returned one by one: a command reads what it needs and then checks
// Finish(), which reports the first bad value or a flag that nobody asked for.
#ifndef ATOMSTREAM_TESTS_BENCH_FLAGS_H_
#define ATOMSTREAM_TESTS_BENCH_FLAGS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream::bench {

class Flags {
 public:
  // `arguments` without program and command; `switches` are the flags that take no value.
  Flags(const std::vector<std::string>& arguments, const std::set<std::string>& switches);

  // The flag's value, or `otherwise` where it was not given.
  std::string Text(const std::string& name, const std::string& otherwise);
  double Number(const std::string& name, double otherwise);
  int Integer(const std::string& name, int otherwise);
  bool Switch(const std::string& name);
  // Comma-separated.
  std::vector<std::string> TextList(const std::string& name, const std::string& otherwise);
  std::vector<double> NumberList(const std::string& name, const std::string& otherwise);
  // One of `choices`.
  std::string Choice(const std::string& name, const std::vector<std::string>& choices,
                     const std::string& otherwise);

  const std::vector<std::string>& positional() const { return positional_; }

  // InvalidArgument for the first mistake found. `positional_count`: how many a command wants.
  absl::Status Finish(int positional_count);

 private:
  void Fail(const std::string& message);

  std::map<std::string, std::string> values_;
  std::set<std::string> asked_;
  std::vector<std::string> positional_;
  absl::Status status_;
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_FLAGS_H_

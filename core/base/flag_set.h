// FlagSet: the flags of one program or subcommand. Writes values into the caller's variables, whose
// present values are the defaults that Help() shows. Not thread-safe; used once at start.
//
// "--name=value", "--name value"; '-' and '_' in names are the same. A bool flag is "--name" or
// "--name=false". "--" ends the flags. Of a flag that is given twice the last counts, but for
// lists.
#ifndef ATOMSTREAM_CORE_BASE_FLAG_SET_H_
#define ATOMSTREAM_CORE_BASE_FLAG_SET_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

class FlagSet {
 public:
  // `usage` is the first line of Help(): "atomstream watch [flags]: what it does".
  explicit FlagSet(absl::string_view usage) : usage_(usage) {}

  // `name` with underscores. `value` outlives the FlagSet.
  void Add(absl::string_view name, std::string* value, absl::string_view help);
  void Add(absl::string_view name, bool* value, absl::string_view help);
  void Add(absl::string_view name, int* value, absl::string_view help);
  void Add(absl::string_view name, int64_t* value, absl::string_view help);
  void Add(absl::string_view name, double* value, absl::string_view help);
  // May be repeated; each one adds a text to the list.
  void Add(absl::string_view name, std::vector<std::string>* values, absl::string_view help);

  // Returns the arguments that are no flags, in order. InvalidArgument names the flag and its
  // value: unknown, value missing, not a number. "--help" and "-h" set help_requested().
  absl::StatusOr<std::vector<std::string>> Parse(const std::vector<std::string>& arguments);

  bool help_requested() const { return help_requested_; }
  std::string Help() const;

 private:
  struct Flag {
    std::string name;
    std::string help;
    std::string default_text;
    bool is_bool;
    std::function<bool(absl::string_view)> set;  // false: not a value of this flag's type
    const char* type;                            // "a number", for errors
  };

  void Add(Flag flag) { flags_.push_back(std::move(flag)); }
  const Flag* Find(absl::string_view name) const;

  const std::string usage_;
  std::vector<Flag> flags_;
  bool help_requested_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_FLAG_SET_H_

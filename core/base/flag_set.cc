#include "core/base/flag_set.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "core/base/escaped_text.h"

namespace atomstream {

void FlagSet::Add(absl::string_view name, std::string* value, absl::string_view help) {
  Add({std::string(name), std::string(help), absl::StrCat("\"", *value, "\""), false,
       [value](absl::string_view text) {
         *value = std::string(text);
         return true;
       },
       "a text"});
}

void FlagSet::Add(absl::string_view name, bool* value, absl::string_view help) {
  Add({std::string(name), std::string(help), *value ? "true" : "false", true,
       [value](absl::string_view text) { return absl::SimpleAtob(text, value); }, "true or false"});
}

void FlagSet::Add(absl::string_view name, int* value, absl::string_view help) {
  Add({std::string(name), std::string(help), absl::StrCat(*value), false,
       [value](absl::string_view text) { return absl::SimpleAtoi(text, value); }, "an integer"});
}

void FlagSet::Add(absl::string_view name, int64_t* value, absl::string_view help) {
  Add({std::string(name), std::string(help), absl::StrCat(*value), false,
       [value](absl::string_view text) { return absl::SimpleAtoi(text, value); }, "an integer"});
}

void FlagSet::Add(absl::string_view name, double* value, absl::string_view help) {
  Add({std::string(name), std::string(help), absl::StrCat(*value), false,
       [value](absl::string_view text) { return absl::SimpleAtod(text, value); }, "a number"});
}

void FlagSet::Add(absl::string_view name, std::vector<std::string>* values,
                  absl::string_view help) {
  Add({std::string(name), std::string(help), "none", false,
       [values](absl::string_view text) {
         values->emplace_back(text);
         return true;
       },
       "a text"});
}

const FlagSet::Flag* FlagSet::Find(absl::string_view name) const {
  const std::string wanted = absl::StrReplaceAll(name, {{"-", "_"}});
  for (const Flag& flag : flags_) {
    if (flag.name == wanted) return &flag;
  }
  return nullptr;
}

absl::StatusOr<std::vector<std::string>> FlagSet::Parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    if (argument == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  arguments.end());
      break;
    }
    if (argument == "-h" || argument == "--help") {
      help_requested_ = true;
      continue;
    }
    if (!absl::ConsumePrefix(&argument, "--")) {
      if (argument.size() > 1 && argument[0] == '-') {
        return absl::InvalidArgumentError(
            absl::StrCat(argument, ": unknown flag; flags start with --"));
      }
      rest.emplace_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    const Flag* flag = Find(name);
    if (flag == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, ": unknown flag; see --help"));
    }
    absl::string_view value = "true";
    if (equals != absl::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (!flag->is_bool) {
      if (i + 1 == arguments.size()) {
        return absl::InvalidArgumentError(absl::StrCat("--", name, ": the value is missing"));
      }
      value = arguments[++i];
    }
    if (!flag->set(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, " = ", value, ": is not ", flag->type));
    }
  }
  return rest;
}

std::string FlagSet::Help() const {
  size_t width = 0;
  for (const Flag& flag : flags_) width = std::max(width, flag.name.size());
  std::string text = absl::StrCat(usage_, "\n\nFlags:\n");
  for (const Flag& flag : flags_) {
    absl::StrAppend(&text, "  --", flag.name, std::string(width - flag.name.size() + 2, ' '),
                    flag.help, " (", Printable(flag.default_text), ")\n");
  }
  return text;
}

}  // namespace atomstream

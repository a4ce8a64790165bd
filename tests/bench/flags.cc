#include "tests/bench/flags.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace atomstream::bench {

Flags::Flags(const std::vector<std::string>& arguments, const std::set<std::string>& switches) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 3 || argument.compare(0, 2, "--") != 0) {
      positional_.push_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals - 2);
    if (equals != std::string::npos) {
      values_[name] = argument.substr(equals + 1);
    } else if (switches.count(name) > 0) {
      values_[name] = "true";
    } else if (i + 1 < arguments.size()) {
      values_[name] = arguments[++i];
    } else {
      Fail(absl::StrCat("--", name, ": has no value"));
    }
  }
}

void Flags::Fail(const std::string& message) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(message);
}

std::string Flags::Text(const std::string& name, const std::string& otherwise) {
  asked_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

double Flags::Number(const std::string& name, double otherwise) {
  const std::string text = Text(name, "");
  double value = otherwise;
  if (!text.empty() && (!absl::SimpleAtod(text, &value) || !std::isfinite(value))) {
    Fail(absl::StrCat("--", name, " = \"", text, "\": is not a number"));
  }
  return value;
}

int Flags::Integer(const std::string& name, int otherwise) {
  const std::string text = Text(name, "");
  int value = otherwise;
  if (!text.empty() && !absl::SimpleAtoi(text, &value)) {
    Fail(absl::StrCat("--", name, " = \"", text, "\": is not an integer"));
  }
  return value;
}

bool Flags::Switch(const std::string& name) {
  const std::string text = Text(name, "false");
  bool value = false;
  if (!absl::SimpleAtob(text, &value)) {
    Fail(absl::StrCat("--", name, " = \"", text, "\": is neither true nor false"));
  }
  return value;
}

std::vector<std::string> Flags::TextList(const std::string& name, const std::string& otherwise) {
  return absl::StrSplit(Text(name, otherwise), ',', absl::SkipEmpty());
}

std::vector<double> Flags::NumberList(const std::string& name, const std::string& otherwise) {
  std::vector<double> values;
  for (const std::string& text : TextList(name, otherwise)) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
      Fail(absl::StrCat("--", name, ": \"", text, "\" is not a number"));
    }
    values.push_back(value);
  }
  return values;
}

std::string Flags::Choice(const std::string& name, const std::vector<std::string>& choices,
                          const std::string& otherwise) {
  const std::string value = Text(name, otherwise);
  if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
    Fail(absl::StrCat("--", name, " = \"", value, "\": must be one of ",
                      absl::StrJoin(choices, ", ")));
  }
  return value;
}

absl::Status Flags::Finish(int positional_count) {
  for (const auto& [name, value] : values_) {
    if (asked_.count(name) == 0) Fail(absl::StrCat("--", name, ": is not known here"));
  }
  if (static_cast<int>(positional_.size()) != positional_count) {
    Fail(absl::StrCat(positional_.size(), " arguments without \"--\", not ", positional_count));
  }
  return status_;
}

}  // namespace atomstream::bench

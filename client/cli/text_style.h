// TextStyle: colours on a terminal, nothing elsewhere. Plain data.
#ifndef ATOMSTREAM_CLIENT_CLI_TEXT_STYLE_H_
#define ATOMSTREAM_CLIENT_CLI_TEXT_STYLE_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/figure/cluster_palette.h"

namespace atomstream {

struct TextStyle {
  bool colour = false;

  std::string Good(absl::string_view text) const { return Wrap("\x1b[32m", text); }
  std::string Warn(absl::string_view text) const { return Wrap("\x1b[33m", text); }
  std::string Bad(absl::string_view text) const { return Wrap("\x1b[31m", text); }
  std::string Dim(absl::string_view text) const { return Wrap("\x1b[2m", text); }
  std::string OfCluster(int id, absl::string_view text) const {
    return Wrap(absl::StrCat("\x1b[38;5;", ColourOfCluster(id).terminal, "m"), text);
  }

 private:
  std::string Wrap(absl::string_view code, absl::string_view text) const {
    return colour ? absl::StrCat(code, text, "\x1b[0m") : std::string(text);
  }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_TEXT_STYLE_H_

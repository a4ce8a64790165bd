#include "core/base/request_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace atomstream {

bool IsRequestId(absl::string_view text) {
  constexpr absl::string_view kSigns = "-._~:/+=@";
  return !text.empty() && text.size() <= kMaxRequestIdLength &&
         std::all_of(text.begin(), text.end(), [kSigns](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  kSigns.find(c) != absl::string_view::npos;
         });
}

std::string MakeRequestId(uint64_t random) {
  return absl::StrCat(absl::Hex(random, absl::kZeroPad16));
}

}  // namespace atomstream

// The flags that choose among the kept results: those of `history` and of `export` of data. Used on
// the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_FILTER_FLAGS_H_
#define ATOMSTREAM_CLIENT_CLI_FILTER_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "core/base/flag_set.h"

namespace atomstream {

struct FilterFlags {
  std::string from;
  std::string before;
  std::string detector = "both";
  std::string material;
  std::string frame_id;
  std::string origin;
  std::string min_atoms;
  std::string max_qc;
  std::string max_er;
  std::string min_f1;
  bool succeeded = false;
  bool failed = false;
  // What --detector and --material mean; set before AddTo.
  std::string detector_help = "log_star, unet or both";
  std::string material_help = "frames analysed as this material";

  void AddTo(FlagSet& flags);

  // InvalidArgument names the flag and its value. Times that say "ago" count from `now`.
  absl::StatusOr<v1::ResultFilter> Filter(absl::Time now) const;

  // Those that were given, each with a space before it: " --from=-90m --failed".
  std::string Text() const;
};

// "2026-11-23", "2026-11-23T10:15:00", with fractions of a second, "Z" or "+01:00" behind it as one
// likes (without: UTC), or "-90m": so long before `now`, in h, m and s. False: none of these.
bool ParseTime(absl::string_view text, absl::Time now, absl::Time& time);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_FILTER_FLAGS_H_

// SteerFlags: the flags of `atomstream steer`, and the one request that they ask for. Plain data
// and pure functions.
#ifndef ATOMSTREAM_CLIENT_CLI_STEER_FLAGS_H_
#define ATOMSTREAM_CLIENT_CLI_STEER_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "atomstream/v1/steering.pb.h"
#include "core/base/flag_set.h"

namespace atomstream {

struct SteerFlags {
  // What is asked for.
  enum class Kind { kShow, kHistory, kSelect, kUpdate, kReprocess, kMeasure };

  // Texts, so that empty is not given and every number that was typed can be judged.
  std::string preference;
  std::string place;
  std::string index;
  int64_t sequence = 0;
  std::string weights;
  std::vector<std::string> set;
  bool show = false;
  bool history = false;
  bool reprocess = false;
  std::string frame_id;
  int64_t measure = 0;
  std::string as;
  int64_t expect_version = 0;
  bool validate_only = false;

  void AddTo(FlagSet& flags);

  // InvalidArgument: none or several of the ways to ask, or a flag that belongs to another one.
  absl::StatusOr<Kind> Asked() const;

  // Of kSelect; an index still needs its position. InvalidArgument names the flag and its value.
  absl::StatusOr<v1::SelectSolutionRequest> SelectRequest() const;
  // Of kUpdate. Likewise.
  absl::StatusOr<v1::UpdateSettingsRequest> UpdateRequest() const;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_STEER_FLAGS_H_

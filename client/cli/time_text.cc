#include "client/cli/time_text.h"

#include "absl/time/time.h"

namespace atomstream {
namespace {

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S UTC", TimeOf(time), absl::UTCTimeZone());
}

std::string JsonTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", TimeOf(time), absl::UTCTimeZone());
}

}  // namespace atomstream

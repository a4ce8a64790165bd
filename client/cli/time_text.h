// Times as they are printed, always in UTC. Pure functions.
#ifndef ATOMSTREAM_CLIENT_CLI_TIME_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_TIME_TEXT_H_

#include <string>

#include "google/protobuf/timestamp.pb.h"

namespace atomstream {

std::string TimeText(const google::protobuf::Timestamp& time);  // 2026-11-23 10:15:00.250 UTC
std::string JsonTime(const google::protobuf::Timestamp& time);  // 2026-11-23T10:15:00.250000Z

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_TIME_TEXT_H_

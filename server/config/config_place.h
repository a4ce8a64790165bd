// Where in a configuration file a field stands. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_CONFIG_CONFIG_PLACE_H_
#define ATOMSTREAM_SERVER_CONFIG_CONFIG_PLACE_H_

#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

struct ConfigPlace {
  int line = 0;  // from 1; 0: not known
  int column = 0;
};

// `field` is a path from DaemonConfig, e.g. "log_star.custom_materials[0].name"; where it is not
// set, the place of what it is part of, as far as that is there.
ConfigPlace FindPlace(const google::protobuf::TextFormat::ParseInfoTree& places,
                      absl::string_view field);

// What is known of a configuration that was refused, besides the message.
struct ConfigFault {
  std::string file;
  ConfigPlace place = {};
  std::string field = {};  // empty: not known, as below
  std::string value = {};
};

// `why` with the file and the place in front of its message, and the fault for FaultOf.
absl::Status WithFault(const absl::Status& why, const ConfigFault& fault);

// All empty: there is none.
ConfigFault FaultOf(const absl::Status& status);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_CONFIG_PLACE_H_

// ResultEvent: what a ResultStream tells. Plain values; any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_RESULT_EVENT_H_
#define ATOMSTREAM_CLIENT_CPP_RESULT_EVENT_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"

namespace atomstream {

// A link to the daemon has come about, the first one or again.
struct Linked {
  v1::RunDescription run;
  // Behind this place the results go on: where the stream was, or else the newest.
  v1::ResultPosition after;
};

// Results that were published and will not come.
struct ResultGap {
  enum class Cause {
    kDeclared,  // the daemon says so: this reader was too slow, or asked for the newest only
    kNotKept,   // they left the daemon's store while there was no link to it
  };

  std::string epoch;
  int64_t first_sequence = 0;
  int64_t last_sequence = 0;  // included
  // How many of them this stream had asked for. Of kNotKept it is not known which detector's they
  // were: then all of them.
  int64_t results = 0;
  Cause cause = Cause::kDeclared;
};

// The daemon has begun a new store. What the old one published behind `old_position` is not known
// and will not come; numbers begin anew.
struct EpochChange {
  v1::ResultPosition old_position;  // the last that this stream came to
  std::string new_epoch;
};

// There is no link. The next call of Next waits for `wait` and tries again.
struct Reconnecting {
  absl::Status cause;
  int attempts = 0;  // that failed, one after the other; 0: the link was there until now
  absl::Duration wait;
};

using ResultEvent = std::variant<Linked, v1::FrameResult, ResultGap, v1::SourceStatus,
                                 v1::SettingsChange, EpochChange, Reconnecting>;

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_RESULT_EVENT_H_

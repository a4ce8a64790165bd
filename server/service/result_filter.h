// ResultFilter of the contract -> what a store is asked. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_RESULT_FILTER_H_
#define ATOMSTREAM_SERVER_SERVICE_RESULT_FILTER_H_

#include "absl/status/statusor.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/journal/entry.h"

namespace atomstream {

// InvalidArgument names the field, as "filter.…", and its value.
absl::StatusOr<EntryFilter> FilterFromProto(const v1::ResultFilter& filter);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_RESULT_FILTER_H_

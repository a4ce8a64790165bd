// What every store answers alike: which questions it refuses, and in which words. Pure functions;
// any thread.
#ifndef ATOMSTREAM_SERVER_STORE_STORE_ERRORS_H_
#define ATOMSTREAM_SERVER_STORE_STORE_ERRORS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/store/result_store.h"

namespace atomstream {

// NotFound: `asked` is not the store's epoch.
absl::Status CheckEpoch(const std::string& asked, const std::string& epoch);
// NotFound names the range.
absl::Status CheckKept(int64_t sequence, const KeptRange& range);
absl::Status NoResultOf(absl::string_view frame_id);
// OutOfRange names the range: one cannot go on from there.
absl::Status CheckReadAfter(int64_t after, const KeptRange& range);

// Whether a result is of one of these detectors; of one that is too damaged to say it counts as
// such.
bool IsOf(const StoredResult& result, DetectorSet detectors);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_STORE_ERRORS_H_

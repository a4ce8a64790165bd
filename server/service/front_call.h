// GetParetoFront: from the newest live frame, or the store, to the contract. Free of gRPC; any
// thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_FRONT_CALL_H_
#define ATOMSTREAM_SERVER_SERVICE_FRONT_CALL_H_

#include <optional>

#include "absl/status/statusor.h"
#include "atomstream/v1/steering.pb.h"
#include "server/newest_frame.h"
#include "server/store/result_store.h"

namespace atomstream {

// Without the settings. NotFound: no such result, or no live one yet. InvalidArgument: it is not
// LoG*'s, or LoG* failed.
absl::StatusOr<v1::GetParetoFrontResponse> GetParetoFront(const v1::GetParetoFrontRequest& request,
                                                          const std::optional<KeptFrame>& newest,
                                                          const ResultStore& store);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_FRONT_CALL_H_

// GetFrameResult and ListFrameResults: from the store to the contract. Free of gRPC; any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_
#define ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_

#include "absl/status/statusor.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/store/result_store.h"

namespace atomstream {

// InvalidArgument: no key. NotFound: not kept.
absl::StatusOr<v1::GetFrameResultResponse> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                          const ResultStore& store);

// InvalidArgument names page_size or page_token.
absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
    const v1::ListFrameResultsRequest& request, const ResultStore& store);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_

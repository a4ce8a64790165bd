// GetFrameResult and ListFrameResults: from the store to the contract. They read from disk: not for
// threads that must not wait. Free of gRPC; any thread else.
#ifndef ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_
#define ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/analysis.pb.h"
#include "server/store/preview_shelf.h"
#include "server/store/result_store.h"

namespace atomstream {

// InvalidArgument: no key. NotFound: not kept. DataLoss: damaged, or never written.
absl::StatusOr<v1::GetFrameResultResponse> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                          const ResultStore& store);

// A page is bounded in results, bytes, and work. InvalidArgument names page_size, page_token or the
// field of the filter. `previews` null: there are none.
absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
    const v1::ListFrameResultsRequest& request, const ResultStore& store,
    PreviewShelf* previews = nullptr);

// The reasons (error.h) of what the two refuse.
absl::string_view GetErrorReason(const absl::Status& error);
absl::string_view ListErrorReason(const absl::Status& error);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_HISTORY_CALLS_H_

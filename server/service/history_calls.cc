#include "server/service/history_calls.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/result_codec.h"
#include "server/codec/stored_codec.h"

namespace atomstream {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// A page ends early at this size of whole results, so that it passes a client's usual 4 MiB limit.
constexpr int64_t kMaxPageBytes = 2 << 20;

// Results in a list come without what makes them large.
constexpr ResultParts ListParts() {
  ResultParts parts = ResultParts::None();
  parts.front = true;
  return parts;
}

// A token is "<epoch>/<last sequence of the page before>"; callers must not rely on it.
std::string MakeToken(const std::string& epoch, int64_t sequence) {
  return absl::StrCat(epoch, "/", sequence);
}

absl::StatusOr<int64_t> ReadToken(const std::string& token, const std::string& epoch) {
  int64_t sequence = 0;
  const size_t slash = token.rfind('/');
  if (slash == std::string::npos || token.substr(0, slash) != epoch ||
      !absl::SimpleAtoi(token.substr(slash + 1), &sequence) || sequence < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_token = ", token, ": is no token of this history; begin with the first page"));
  }
  return sequence;
}

}  // namespace

absl::StatusOr<v1::GetFrameResultResponse> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                          const ResultStore& store) {
  std::vector<StoredResultPtr> results;
  switch (request.key_case()) {
    case v1::GetFrameResultRequest::kFrameId: {
      ASSIGN_OR_RETURN(results, store.GetNewestOf(request.frame_id()));
      break;
    }
    case v1::GetFrameResultRequest::kPosition: {
      ASSIGN_OR_RETURN(results.emplace_back(),
                       store.Get({request.position().epoch(), request.position().sequence()}));
      break;
    }
    default:
      return absl::InvalidArgumentError("key: frame_id or position must be set");
  }
  v1::GetFrameResultResponse response;
  ASSIGN_OR_RETURN(*response.mutable_result(), DecodeMerged(results));
  return response;
}

absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
    const v1::ListFrameResultsRequest& request, const ResultStore& store) {
  if (request.page_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size = ", request.page_size(), ": must not be negative"));
  }
  const int page_size =
      request.page_size() == 0 ? kDefaultPageSize : std::min(request.page_size(), kMaxPageSize);
  PageRequest page{.max_entries = page_size, .max_bytes = kMaxPageBytes};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page.cursor, ReadToken(request.page_token(), store.epoch()));
  }
  ASSIGN_OR_RETURN(const ResultPage found, store.List({}, page));
  v1::ListFrameResultsResponse response;
  for (const StoredResultPtr& stored : found.results) {
    v1::FrameResult& result = *response.add_results();
    ASSIGN_OR_RETURN(result, DecodeResult(*stored));
    KeepParts(ListParts(), result);
  }
  if (found.cursor != 0) response.set_next_page_token(MakeToken(store.epoch(), found.cursor));
  return response;
}

}  // namespace atomstream

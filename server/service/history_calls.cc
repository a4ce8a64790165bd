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

namespace atomstream {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// A page ends early at this size, so that it passes a client's usual 4 MiB limit.
constexpr size_t kMaxPageBytes = 2 << 20;

// Results in a list come without what makes them large.
constexpr ResultParts kListParts{
    .atoms = false, .front = true, .windows = false, .clusters = false, .structure = false};

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

// The results of the newest analysis of a frame that are still kept, by rising sequence.
absl::StatusOr<FrameRecords> NewestOf(const std::string& frame_id, const ResultStore& store) {
  ASSIGN_OR_RETURN(const FrameRecordPtr newest, store.GetNewestOf(frame_id));
  FrameRecords records;
  // Of the other detectors the newest record knows the places; it knows of none that came later.
  for (const DetectorSummary& detector : newest->summary) {
    if (detector.sequence == 0 || detector.sequence == newest->position.sequence) continue;
    auto other = store.Get({newest->position.epoch, detector.sequence});
    if (other.ok()) records.push_back(*std::move(other));
  }
  records.push_back(newest);
  return records;
}

}  // namespace

absl::StatusOr<v1::GetFrameResultResponse> GetFrameResult(const v1::GetFrameResultRequest& request,
                                                          const ResultStore& store) {
  FrameRecords records;
  switch (request.key_case()) {
    case v1::GetFrameResultRequest::kFrameId: {
      ASSIGN_OR_RETURN(records, NewestOf(request.frame_id(), store));
      break;
    }
    case v1::GetFrameResultRequest::kPosition: {
      ASSIGN_OR_RETURN(FrameRecordPtr record,
                       store.Get({request.position().epoch(), request.position().sequence()}));
      records.push_back(std::move(record));
      break;
    }
    default:
      return absl::InvalidArgumentError("key: frame_id or position must be set");
  }
  v1::GetFrameResultResponse response;
  *response.mutable_result() = MergedToProto(records, ResultParts());
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
  int64_t after = 0;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, ReadToken(request.page_token(), store.epoch()));
  }
  // One more than the page shows whether another follows.
  ASSIGN_OR_RETURN(const std::vector<FrameRecordPtr> records, store.List(after, page_size + 1));
  v1::ListFrameResultsResponse response;
  size_t bytes = 0;
  for (const FrameRecordPtr& record : records) {
    if (response.results_size() == page_size || bytes > kMaxPageBytes) {
      response.set_next_page_token(MakeToken(store.epoch(), after));
      break;
    }
    v1::FrameResult& result = *response.add_results() = ResultToProto(*record, kListParts);
    bytes += result.ByteSizeLong();
    after = record->position.sequence;
  }
  return response;
}

}  // namespace atomstream

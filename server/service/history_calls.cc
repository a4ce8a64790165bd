#include "server/service/history_calls.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/result_codec.h"
#include "server/codec/stored_codec.h"
#include "server/record/invalid_field.h"
#include "server/service/error.h"
#include "server/service/page_token.h"
#include "server/service/result_filter.h"

namespace atomstream {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// A page ends at the result that reaches this size, so that it passes a client's usual 4 MiB limit
// unless that one result is great.
constexpr size_t kMaxPageBytes = 2 << 20;
// What is read for a page, and how often, is bounded, too: of results without their large parts, or
// of few that meet a filter, there may be much to read for little to send.
constexpr int64_t kReadBytes = 4 << 20;
constexpr int kMaxReads = 4;
// Each preview may need a frame from disk, some tenths of a second for the largest.
constexpr int kMaxPreviews = 16;

// Results in a list come without what makes them large, unless it is asked for.
constexpr ResultParts ListParts() {
  ResultParts parts = ResultParts::None();
  parts.front = true;
  return parts;
}

// All that a page depends on but its place and size, the same for the same request.
std::string QuestionOf(const v1::ListFrameResultsRequest& request) {
  v1::ListFrameResultsRequest question = request;
  question.clear_page_size();
  question.clear_page_token();
  // There are no maps in it, whose order could differ.
  return question.SerializeAsString();
}

void AddPreview(const StoredResult& stored, PreviewShelf* previews, v1::FrameResult& result) {
  const PreviewPtr preview = previews == nullptr ? nullptr : previews->Load(stored.key);
  // Bytes of this process: they parse.
  if (preview != nullptr) result.MergeFromString(*preview);
}

// Adds what is asked for to the page, up to its size; `page.cursor` is then where the next begins,
// 0: nowhere.
absl::Status FillPage(const ResultStore& store, PreviewShelf* previews, const EntryFilter& filter,
                      const ResultParts& parts, PageRequest& page,
                      v1::ListFrameResultsResponse& response) {
  const int page_size = page.max_entries;
  size_t bytes = 0;
  for (int reads = 0; reads < kMaxReads; ++reads) {
    page.max_entries = page_size - response.results_size();
    ASSIGN_OR_RETURN(const ResultPage found, store.List(filter, page));
    page.cursor = found.cursor;
    for (const StoredResultPtr& stored : found.results) {
      v1::FrameResult& result = *response.add_results();
      ASSIGN_OR_RETURN(result, DecodeResult(*stored));
      KeepParts(parts, result);
      if (parts.preview) AddPreview(*stored, previews, result);
      bytes += result.ByteSizeLong();
      if (bytes >= kMaxPageBytes && stored != found.results.back()) {
        page.cursor = stored->position.sequence;  // the rest begins the next page
        return absl::OkStatus();
      }
    }
    if (page.cursor == 0 || response.results_size() == page_size || bytes >= kMaxPageBytes) break;
  }
  return absl::OkStatus();
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
    const v1::ListFrameResultsRequest& request, const ResultStore& store, PreviewShelf* previews) {
  if (request.page_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size = ", request.page_size(), ": must not be negative"));
  }
  ASSIGN_OR_RETURN(const EntryFilter filter, FilterFromProto(request.filter()));
  PageRequest page;
  page.order = request.newest_first() ? EntryOrder::kNewestFirst : EntryOrder::kOldestFirst;
  page.max_entries =
      request.page_size() == 0 ? kDefaultPageSize : std::min(request.page_size(), kMaxPageSize);
  page.max_bytes = kReadBytes;
  const ResultParts parts = PartsOf(request.parts(), ListParts());
  if (parts.preview) page.max_entries = std::min(page.max_entries, kMaxPreviews);
  const std::string question = QuestionOf(request);
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page.cursor, ReadPageToken(request.page_token(), store.epoch(), question));
  }
  v1::ListFrameResultsResponse response;
  RETURN_IF_ERROR(FillPage(store, previews, filter, parts, page, response));
  if (page.cursor != 0) {
    response.set_next_page_token(MakePageToken(store.epoch(), question, page.cursor));
  }
  return response;
}

absl::string_view ListErrorReason(const absl::Status& error) {
  if (!absl::IsInvalidArgument(error)) return kStoreUnavailable;
  const std::string field = InvalidFieldOf(error).field;
  if (field == "page_size") return kPageSizeInvalid;
  return field == "page_token" ? kPageTokenInvalid : kFilterInvalid;
}

absl::string_view GetErrorReason(const absl::Status& error) {
  if (absl::IsInvalidArgument(error)) return kKeyMissing;
  if (absl::IsNotFound(error)) return kResultNotFound;
  return absl::IsDataLoss(error) ? kResultDamaged : kStoreUnavailable;
}

}  // namespace atomstream

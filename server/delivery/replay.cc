#include "server/delivery/replay.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// A result that does not say its detector may have been wanted.
bool Wants(DetectorSet wanted, const StoredResult& result) {
  const std::optional<DetectorKind> detector = DetectorNamed(result.key.detector);
  return !detector || wanted.Has(*detector);
}

void AddGap(const Gap& gap, ReplayPiece& piece) {
  Gap* last = piece.events.empty() ? nullptr : std::get_if<Gap>(&piece.events.back());
  if (last == nullptr) {
    piece.events.emplace_back(gap);
  } else {
    Extend(*last, gap);
  }
}

absl::Status EnsureCounted(const ResultStore& store, DetectorSet wanted, Replay& replay,
                           ReplayPiece& piece) {
  if (replay.wanted) return absl::OkStatus();
  ASSIGN_OR_RETURN(replay.wanted, CountWanted(store, replay.next, replay.last, wanted));
  piece.counted = *replay.wanted;
  return absl::OkStatus();
}

// Retention has overtaken the replay: what is gone becomes a gap.
absl::Status SkipForgotten(const ResultStore& store, DetectorSet wanted, Replay& replay,
                           ReplayPiece& piece) {
  const int64_t oldest = store.range().oldest;
  if (oldest != 0 && oldest <= replay.next) {
    return absl::InternalError(absl::StrCat("result ", replay.next, " is kept and not given"));
  }
  const int64_t gone_to = oldest == 0 ? replay.last : std::min(oldest - 1, replay.last);
  int64_t rest = 0;
  if (gone_to < replay.last) {
    ASSIGN_OR_RETURN(rest, CountWanted(store, gone_to + 1, replay.last, wanted));
  }
  // Only counted, not read: `rest` can be the larger one when more was forgotten meanwhile.
  rest = std::min(rest, *replay.wanted);
  if (*replay.wanted > rest) AddGap({replay.next, gone_to, *replay.wanted - rest}, piece);
  replay = {gone_to + 1, replay.last, rest};
  return absl::OkStatus();
}

void Take(StoredResultPtr result, DetectorSet wanted, Replay& replay, ReplayPiece& piece) {
  const int64_t sequence = result->position.sequence;
  replay.next = sequence + 1;
  if (!Wants(wanted, *result)) return;
  replay.wanted = std::max<int64_t>(0, *replay.wanted - 1);
  if (result->lost()) {
    AddGap({sequence, sequence, 1}, piece);
  } else {
    piece.events.emplace_back(std::move(result));
  }
}

// The newest wanted result of first … last, of which at least one is; found by counting, so that
// results between need not be read.
absl::StatusOr<int64_t> NewestWanted(const ResultStore& store, int64_t first, int64_t last,
                                     DetectorSet wanted) {
  if (wanted == DetectorSet::All()) return last;
  int64_t low = first;  // one of low … last is wanted
  int64_t high = last;  // none of high + 1 … last is
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    ASSIGN_OR_RETURN(const int64_t count, store.Count(middle, last, wanted));
    if (count > 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

absl::StatusOr<int64_t> CountWanted(const ResultStore& store, int64_t first, int64_t last,
                                    DetectorSet wanted) {
  if (wanted == DetectorSet::All()) return last - first + 1;
  while (true) {
    const int64_t oldest = store.range().oldest;
    const int64_t kept_from = oldest == 0 ? last + 1 : std::clamp(oldest, first, last + 1);
    const int64_t forgotten = kept_from - first;
    if (kept_from > last) return forgotten;
    ASSIGN_OR_RETURN(const int64_t kept, store.Count(kept_from, last, wanted));
    // Was everything that was counted still there?
    if (store.range().oldest == oldest || store.range().oldest <= kept_from) {
      return forgotten + kept;
    }
  }
}

absl::StatusOr<ReplayPiece> ReadNext(const ResultStore& store, Replay replay, DetectorSet wanted,
                                     const ReadBound& bound) {
  ReplayPiece piece;
  RETURN_IF_ERROR(EnsureCounted(store, wanted, replay, piece));
  const auto results = store.ReadAfter(replay.next - 1, bound);
  if (absl::IsOutOfRange(results.status())) {
    RETURN_IF_ERROR(SkipForgotten(store, wanted, replay, piece));
  } else {
    RETURN_IF_ERROR(results.status());
    if (results->empty()) {
      return absl::InternalError(
          absl::StrCat("result ", replay.next, " was published and is not there"));
    }
    for (const StoredResultPtr& result : *results) {
      if (result->position.sequence > replay.last) break;
      Take(result, wanted, replay, piece);
    }
  }
  if (replay.next <= replay.last) piece.rest = replay;
  return piece;
}

absl::StatusOr<ReplayPiece> ReadNewest(const ResultStore& store, Replay replay,
                                       DetectorSet wanted) {
  ReplayPiece piece;
  RETURN_IF_ERROR(EnsureCounted(store, wanted, replay, piece));
  if (*replay.wanted == 0) return piece;
  ASSIGN_OR_RETURN(const int64_t newest, NewestWanted(store, replay.next, replay.last, wanted));
  const auto results = store.ReadAfter(newest - 1, {.max_results = 1});
  const bool there = results.ok() && !results->empty() && !results->front()->lost() &&
                     Wants(wanted, *results->front());
  if (!results.ok() && !absl::IsOutOfRange(results.status())) return results.status();
  const int64_t declared = *replay.wanted - (there ? 1 : 0);
  if (declared > 0) AddGap({replay.next, there ? newest - 1 : replay.last, declared}, piece);
  if (there) piece.events.emplace_back(results->front());
  return piece;
}

}  // namespace atomstream

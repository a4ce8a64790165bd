// StoredResult: one result as it is kept and sent: its place, what it is found by, and its wire
// form. Immutable; crosses threads as a StoredResultPtr without a lock.
//
// The wire form is made once, before the result is stored; what subscribers get, live or from the
// history, is that form, so that there is no difference between the two.
#ifndef ATOMSTREAM_SERVER_STORE_STORED_RESULT_H_
#define ATOMSTREAM_SERVER_STORE_STORED_RESULT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/journal/entry.h"
#include "server/record/frame_record.h"

namespace atomstream {

struct StoredResult {
  ResultPosition position;
  EntryKey key;
  // A serialised atomstream.v1.FrameResult with all its parts. Empty: the result was published but
  // could not be written, and its number alone is kept.
  std::string encoded;

  bool lost() const { return encoded.empty(); }
  int64_t bytes() const { return static_cast<int64_t>(sizeof(*this) + encoded.size()); }
};

using StoredResultPtr = std::shared_ptr<const StoredResult>;

// Makes the wire form; never empty. Given to stores, so that they need no protobuf.
using ResultEncoder = std::function<std::string(const FrameRecord&)>;

// Gives a wire form another position. For results that were stored in an earlier epoch.
using ResultPlacer = std::function<std::string(std::string encoded, const ResultPosition&)>;

// What a record with its position is found by. Texts and times that no entry can have are brought
// into its bounds.
EntryKey KeyOf(const FrameRecord& record);

// Takes out the results of one frame that a later one of the same detector follows. By rising
// sequence.
void KeepNewestOfEachDetector(std::vector<StoredResultPtr>& results);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_STORED_RESULT_H_

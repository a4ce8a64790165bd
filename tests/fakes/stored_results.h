// Stored results for tests that need no records.
#ifndef ATOMSTREAM_TESTS_FAKES_STORED_RESULTS_H_
#define ATOMSTREAM_TESTS_FAKES_STORED_RESULTS_H_

#include <memory>
#include <string>

#include "server/store/stored_result.h"

namespace atomstream {

inline StoredResultPtr MakeStored(int64_t sequence, DetectorKind kind = DetectorKind::kLogStar,
                                  size_t bytes = 1) {
  auto result = std::make_shared<StoredResult>();
  result->key.detector = std::string(DetectorName(kind));
  result->position = {"epoch", sequence};
  result->encoded.assign(bytes, 'x');
  return result;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_STORED_RESULTS_H_

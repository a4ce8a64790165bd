// InferencePlace: a submission's right to wait for the U-Net, taken at the door, so that the queue
// of the inference thread has a bound and nobody who was let in is skipped.
//
// It points to the number of free places, which rises when the place is let go; that number
// (InferencePlaces) outlives all places. Thread-safe.
#ifndef ATOMSTREAM_SERVER_INFERENCE_INFERENCE_PLACE_H_
#define ATOMSTREAM_SERVER_INFERENCE_INFERENCE_PLACE_H_

#include <atomic>
#include <memory>

namespace atomstream {

struct GiveBack {
  void operator()(std::atomic<int>* free) const { free->fetch_add(1); }
};
using InferencePlace = std::unique_ptr<std::atomic<int>, GiveBack>;

class InferencePlaces {
 public:
  explicit InferencePlaces(int count) : free_(count) {}

  bool any_free() const { return free_.load() > 0; }

  // Null: none is free.
  InferencePlace Take() {
    int free = free_.load();
    while (free > 0) {
      if (free_.compare_exchange_weak(free, free - 1)) return InferencePlace(&free_);
    }
    return nullptr;
  }

 private:
  std::atomic<int> free_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_INFERENCE_PLACE_H_

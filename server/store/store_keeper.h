// StoreKeeper: the thread that does what a store has to do beside appending.
//
// Owned by the daemon; Start and Stop belong to its owner's thread.
#ifndef ATOMSTREAM_SERVER_STORE_STORE_KEEPER_H_
#define ATOMSTREAM_SERVER_STORE_STORE_KEEPER_H_

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "core/base/interruptible_wait.h"

namespace atomstream {

class StoreKeeper {
 public:
  // How long it rests when there is nothing to do, and before it tries again what failed.
  static constexpr absl::Duration kRest = absl::Seconds(1);

  // `keep_up` does one piece of work and returns whether there is more. `wait` belongs to the
  // keeper alone, and outlives it.
  StoreKeeper(std::function<bool()> keep_up, InterruptibleWait* wait)
      : keep_up_(std::move(keep_up)), wait_(wait) {}
  ~StoreKeeper() { Stop(); }

  void Start() {
    thread_ = std::thread([this] {
      do {
        while (!stopping_ && keep_up_()) {
        }
      } while (wait_->WaitFor(kRest));
    });
  }

  // Joins the thread when the piece of work that has begun is done. Again: no effect.
  void Stop() {
    stopping_ = true;
    wait_->Interrupt();
    if (thread_.joinable()) thread_.join();
  }

 private:
  const std::function<bool()> keep_up_;
  InterruptibleWait* const wait_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_STORE_KEEPER_H_

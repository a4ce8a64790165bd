#include "detectors/unet/torch_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "c10/core/Allocator.h"

namespace atomstream {

class TorchMemory::Listener final : public c10::MemoryReportingInfoBase {
 public:
  explicit Listener(c10::Device device) : device_(device) {}

  // These override what libtorch declares, and none says so: of the next two its version decides
  // which one that is, since the totals became size_t.
  bool memoryProfilingEnabled() const { return true; }

  void reportMemoryUsage(void* /*piece*/, int64_t bytes, int64_t allocated, int64_t reserved,
                         c10::Device device) {
    Add(bytes, allocated, reserved, device);
  }
  void reportMemoryUsage(void* /*piece*/, int64_t bytes, size_t allocated, size_t reserved,
                         c10::Device device) {
    Add(bytes, static_cast<int64_t>(allocated), static_cast<int64_t>(reserved), device);
  }

  const SegmentationMemory& most() const { return most_; }

 private:
  // `bytes` is negative when a piece is given back.
  void Add(int64_t bytes, int64_t allocated, int64_t reserved, c10::Device device) {
    if (device.type() != device_.type()) return;
    now_bytes_ += bytes;
    most_.peak_bytes = std::max(most_.peak_bytes, now_bytes_);
    // The CPU's allocator counts from when somebody first listened, which says nothing.
    if (!device_.is_cuda()) return;
    most_.allocated_bytes = std::max(most_.allocated_bytes, allocated);
    most_.reserved_bytes = std::max(most_.reserved_bytes, reserved);
  }

  const c10::Device device_;
  int64_t now_bytes_ = 0;
  SegmentationMemory most_;
};

TorchMemory::TorchMemory(c10::Device device)
    : listener_(std::make_shared<Listener>(device)),
      guard_(c10::DebugInfoKind::PROFILER_STATE, listener_) {}

SegmentationMemory TorchMemory::most() const { return listener_->most(); }

}  // namespace atomstream

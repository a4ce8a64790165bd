// TorchMemory: how much memory tensors take while an image is segmented, told by libtorch's own
// allocators: those of the CPU and of CUDA report each piece to whoever listens on the thread. So
// one way serves both, and no header of CUDA is needed.
//
// Listens from its construction to its destruction, on the thread that constructs it, which must
// also destroy it; what other threads allocate is not counted. Not within a torch profiler, which
// listens at the same place.
#ifndef ATOMSTREAM_DETECTORS_UNET_TORCH_MEMORY_H_
#define ATOMSTREAM_DETECTORS_UNET_TORCH_MEMORY_H_

#include <memory>

#include "c10/core/Device.h"
#include "c10/util/ThreadLocalDebugInfo.h"
#include "detectors/unet/segmenter.h"

namespace atomstream {

class TorchMemory {
 public:
  explicit TorchMemory(c10::Device device);

  // So far.
  SegmentationMemory most() const;

 private:
  class Listener;

  const std::shared_ptr<Listener> listener_;
  const c10::DebugInfoGuard guard_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TORCH_MEMORY_H_

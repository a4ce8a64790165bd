// Threads whose stacks somebody made too small.
//
// Debian's civetweb, which serves the metrics, asks for stacks of 100 KiB for its threads. A stack
// holds the thread-local variables of all libraries of the process, too: with OpenBLAS, which many
// machines have, these alone are 104 KiB, no thread can be started, and so no daemon. civetweb has
// no option for it. This definition stands in front of the C library's (the link options of
// atomstream_prometheus_exposer see to it) and makes small stacks larger; no memory is taken that
// is not used.
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstddef>

namespace {

constexpr size_t kLeastStackBytes = size_t{1} << 20;

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_attr_setstacksize(
    pthread_attr_t* attributes, size_t bytes) noexcept {
  using Function = int (*)(pthread_attr_t*, size_t);
  static const auto next =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_attr_setstacksize"));
  if (next == nullptr) return ENOSYS;
  // What is no size of a stack is still told.
  if (const int refused = next(attributes, bytes); refused != 0) return refused;
  return bytes < kLeastStackBytes ? next(attributes, kLeastStackBytes) : 0;
}

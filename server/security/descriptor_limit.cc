#include "server/security/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace atomstream {

int64_t RaiseDescriptorLimit() {
  constexpr rlim_t kEnough = 1 << 19;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  if (wanted > limit.rlim_cur) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<int64_t>(std::min(limit.rlim_cur, kEnough));
}

}  // namespace atomstream

// How many files and connections the process may have open. For main(), before any thread starts.
#ifndef ATOMSTREAM_SERVER_SECURITY_DESCRIPTOR_LIMIT_H_
#define ATOMSTREAM_SERVER_SECURITY_DESCRIPTOR_LIMIT_H_

#include <cstdint>

namespace atomstream {

// Raises the soft limit as far as the hard one allows, and no farther than makes sense; gives what
// counts then. gRPC 1.51 takes no connection any more, for ever, once a single one could not be
// taken for want of descriptors, and cannot be told how many it may take (SECURITY.md).
int64_t RaiseDescriptorLimit();

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_DESCRIPTOR_LIMIT_H_

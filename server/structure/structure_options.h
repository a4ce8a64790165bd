// StructureOptions: every setting of clusters and site kinds in the daemon. Plain data.
#ifndef ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_OPTIONS_H_
#define ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_OPTIONS_H_

#include "absl/status/status.h"
#include "core/structure/cluster_options.h"
#include "core/structure/site_kinds.h"

namespace atomstream {

struct StructureOptions {
  ClusterOptions clusters;
  SiteOptions sites;
  // Live frames from one fit of a kept model to the next at least, [1, 100000]: a fit takes as long
  // as many frames, and a stream that changes all the time must not be all fits.
  int min_frames_between_refits = 5;
};

// InvalidArgument names the option and its value.
absl::Status ValidateStructureOptions(const StructureOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_OPTIONS_H_

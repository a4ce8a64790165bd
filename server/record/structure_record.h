// StructureRecord: what the atoms of one detector in one frame are made of: their clusters and the
// kinds of their sites. Immutable once it is in a record; crosses threads as a shared pointer to
// const without a lock.
#ifndef ATOMSTREAM_SERVER_RECORD_STRUCTURE_RECORD_H_
#define ATOMSTREAM_SERVER_RECORD_STRUCTURE_RECORD_H_

#include <string>

#include "absl/time/time.h"
#include "core/structure/cluster_atoms.h"
#include "core/structure/site_kinds.h"

namespace atomstream {

struct StructureRecord {
  // Labels and the like have one entry an atom, also where there are no clusters; next_model is
  // null. Besides the reasons of ClusterResult: "too_many_atoms", "failed".
  ClusterResult clusters;
  int patch_grid = 0;        // side of the clusters' images, points
  double patch_side_px = 0;  // the same in pixels of the frame; 0: no lattice
  // As many sites as atoms; none if sites_error says why.
  SiteAnalysis sites;
  std::string sites_error;

  absl::Duration clusters_time;
  absl::Duration sites_time;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_STRUCTURE_RECORD_H_

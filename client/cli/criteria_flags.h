// CriteriaFlags: which sites are targets, as flags and as a file, for the commands that need to
// know. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_CRITERIA_FLAGS_H_
#define ATOMSTREAM_CLIENT_CLI_CRITERIA_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "atomstream/v1/targeting.pb.h"
#include "core/base/flag_set.h"

namespace atomstream {

struct CriteriaFlags {
  std::string criteria;  // file: atomstream.v1.Criteria as textproto
  std::string kind;
  std::string cluster;
  std::string coordination;  // this and the next four: ranges
  std::string confidence;
  std::string cluster_probability;
  std::string intensity;
  std::string hole_edge_px;
  std::string rectangle_px;
  std::string circle_px;
  std::string min_spacing;
  int max_count = 0;
  std::string order;
  int patience_frames = -1;

  void AddTo(FlagSet& flags);
};

// What the file says and, in addition, the flags: a site must meet both; numbers given by flags
// take the place of the file's. InvalidArgument names the flag or the file and what is wrong;
// whether the criteria make sense is for the daemon to say.
absl::StatusOr<v1::Criteria> CriteriaOf(const CriteriaFlags& flags);

// "dopant" for SITE_KIND_DOPANT.
std::string SiteKindName(v1::SiteKind kind);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_CRITERIA_FLAGS_H_

// SelectSites: applies criteria to the sites of one frame. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_TARGET_SITE_SELECTION_H_
#define ATOMSTREAM_CORE_TARGET_SITE_SELECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/target/criteria.h"
#include "core/target/site.h"

namespace atomstream {

struct SiteSelection {
  std::vector<int> chosen;  // indices of sites, in the order asked for
  // Of how many sites there were, what became of the others. An empty selection says why it is.
  int sites = 0;
  int matching = 0;    // met the conditions
  int too_close = 0;   // of these: dropped because of min_spacing
  int over_count = 0;  // of these: dropped because of max_count
  double path_px = 0;  // length of the way from the start through all of them, in order
};

// "no sites in the frame", "none of 512 sites meets the conditions", or "" if something was chosen.
std::string WhyEmpty(const SiteSelection& selection);

// Whether the site meets the condition. The condition must have passed CheckCriteria.
bool Meets(const Site& site, const Condition& condition, const CriteriaContext& context);

// Confidence, times cluster probability if the site has a cluster.
double Score(const Site& site);

// `keep`: indices of sites that come first whatever their score, as long as they meet the
// conditions (targets that exist already); spacing and count leave them alone. Errors: those of
// CheckCriteria; InvalidArgument for a site whose position is not finite.
absl::StatusOr<SiteSelection> SelectSites(const std::vector<Site>& sites, const Criteria& criteria,
                                          const CriteriaContext& context,
                                          const std::vector<int>& keep = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_SITE_SELECTION_H_

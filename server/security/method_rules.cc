#include "server/security/method_rules.h"

namespace atomstream {
namespace {

constexpr RoleSet kSees = {Role::kViewer, Role::kOperator, Role::kAgent};
constexpr RoleSet kSubmits = {Role::kOperator, Role::kAgent};
constexpr RoleSet kSteers = {Role::kOperator};
constexpr RoleSet kPlacesBeam = {Role::kAgent};
constexpr RoleSet kRunsDaemon = {};  // admin alone

// Requests other than frames are a few fields and, at most, a tree of criteria.
constexpr int64_t kSmall = 1 << 20;
constexpr int64_t kFrameSize = 0;

constexpr MethodRule kRules[] = {
    {"/atomstream.v1.Analysis/Subscribe", kSees, 0, kSmall},
    {"/atomstream.v1.Analysis/AnalyzeFrame", kSubmits, 1, kFrameSize},
    {"/atomstream.v1.Analysis/GetFrameResult", kSees, 0, kSmall},
    {"/atomstream.v1.Analysis/ListFrameResults", kSees, 0, kSmall},
    {"/atomstream.v1.Analysis/GetFrame", kSees, 1, kSmall},
    {"/atomstream.v1.Analysis/GetStatus", kSees, 0, kSmall},
    {"/atomstream.v1.Steering/GetParetoFront", kSees, 0, kSmall},
    {"/atomstream.v1.Steering/GetSettings", kSees, 0, kSmall},
    {"/atomstream.v1.Steering/ListSettingsChanges", kSees, 0, kSmall},
    {"/atomstream.v1.Steering/SelectSolution", kSteers, 0, kSmall},
    {"/atomstream.v1.Steering/UpdateSettings", kSteers, 0, kSmall},
    {"/atomstream.v1.Steering/ReprocessFrame", kSteers, 1, kSmall},
    {"/atomstream.v1.Targeting/SelectTargets", kPlacesBeam, 0, kSmall},
    {"/atomstream.v1.Targeting/WatchTargets", kSees, 0, kSmall},
    {"/atomstream.v1.Targeting/VisitTarget", kPlacesBeam, 0, kSmall},
    {"/atomstream.v1.Targeting/ListVisits", kSees, 0, kSmall},
    {"/atomstream.v1.Operations/ReloadConfiguration", kRunsDaemon, 0, kSmall},
    // Says which methods there are, and no more than the published contract does.
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kSees, 0, kSmall},
};

}  // namespace

absl::Span<const MethodRule> MethodRules() { return kRules; }

const MethodRule* FindMethodRule(absl::string_view path) {
  for (const MethodRule& rule : kRules) {
    if (rule.path == path) return &rule;
  }
  return nullptr;
}

}  // namespace atomstream

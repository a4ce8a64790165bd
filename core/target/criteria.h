// Criteria: which sites of a frame are targets, as an expression that people and agents write.
// Plain data. CheckCriteria (criteria_check.h) judges them, SelectSites (site_selection.h) applies
// them.
//
//   Condition where{AllOf{{{ClusterIn{{2}}}, {CoordinationIn{3, 3}}, {Not{{InCircle{…}}}}}}};
#ifndef ATOMSTREAM_CORE_TARGET_CRITERIA_H_
#define ATOMSTREAM_CORE_TARGET_CRITERIA_H_

#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/image/frame.h"

namespace atomstream {

enum class LengthUnit { kPixels, kNanometres };

// All ranges include both ends. A site that lacks the property (no cluster, no coordination) does
// not meet the condition.
struct ClusterIn {
  std::vector<int> clusters;
};
struct KindIn {
  std::vector<std::string> kinds;
};
struct CoordinationIn {
  int min = 0;
  int max = 0;
};
struct ClusterProbabilityIn {
  double min = 0;
  double max = 1;
};
struct ConfidenceIn {
  double min = 0;
  double max = 1;
};
struct IntensityIn {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
// Of the nearest hole's edge. A frame without holes: infinitely far.
struct HoleEdgeDistanceIn {
  double min = 0;
  double max = std::numeric_limits<double>::infinity();
  LengthUnit unit = LengthUnit::kPixels;
};
// Positions in nm are those in px times the pixel size: the origin is the first pixel's centre.
struct InRectangle {
  double left = 0, top = 0, right = 0, bottom = 0;
  LengthUnit unit = LengthUnit::kPixels;
};
struct InCircle {
  double x = 0, y = 0, radius = 0;
  LengthUnit unit = LengthUnit::kPixels;
};

struct Condition;
struct AllOf {  // no conditions: every site
  std::vector<Condition> conditions;
};
struct AnyOf {  // at least one condition
  std::vector<Condition> conditions;
};
struct Not {  // exactly one condition, in a vector because a struct cannot hold itself
  std::vector<Condition> condition;
};

struct Condition {
  std::variant<AllOf, AnyOf, Not, ClusterIn, KindIn, CoordinationIn, ClusterProbabilityIn,
               ConfidenceIn, IntensityIn, HoleEdgeDistanceIn, InRectangle, InCircle>
      value;
};

enum class TargetOrder {
  kScore,         // highest first: confidence, times cluster probability where there is a cluster
  kShortestPath,  // nearest neighbour from the start, then improved by 2-opt
};

struct Criteria {
  Condition where = {};
  // No two targets closer than this; the one of the higher score stays.
  double min_spacing = 0;
  LengthUnit min_spacing_unit = LengthUnit::kPixels;
  int max_count = 100;  // [1, kMaxTargets]; the highest scores stay
  TargetOrder order = TargetOrder::kScore;
  // Of the shortest path; unset: the frame's first pixel, where a scan starts.
  std::optional<PointPx> path_start = std::nullopt;

  static constexpr int kMaxTargets = 4096;
};

// What is known about the frame, or the run, that criteria are meant for.
struct CriteriaContext {
  int width_px = 0;
  int height_px = 0;
  double pixel_size_nm = 0;             // 0: unknown; criteria in nm are refused
  std::vector<int> clusters = {};       // known ones
  std::vector<std::string> kinds = {};  // known ones
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_CRITERIA_H_

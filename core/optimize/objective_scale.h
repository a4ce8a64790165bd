// ObjectiveScale: a rising map of one objective to a scale on which a Gaussian process models it
// well: linear near the best value, logarithmic far from it (bad points reach many times the
// interesting range), then standardised over the training values. Immutable; any thread.
//
// The scale and the reference point hang on a survey: values at points that were not chosen by the
// model. Were they taken from all values, a search that crowds into one end of the front would
// shrink its own idea of what matters and never leave.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_OBJECTIVE_SCALE_H_
#define ATOMSTREAM_CORE_OPTIMIZE_OBJECTIVE_SCALE_H_

#include <vector>

namespace atomstream {

class ObjectiveScale {
 public:
  // `training` must not be empty; it stands in for an empty `survey`.
  ObjectiveScale(const std::vector<double>& survey, const std::vector<double>& training);

  double operator()(double value) const { return (Warp(value) - mean_) / deviation_; }

  // The worst value (of the objective, not of the scale) that an improvement should count up to,
  // for a front from `ideal` to `nadir`: a little beyond the front, so that its ends can grow, but
  // at least the survey's upper quartile and at most its worst.
  double Reference(double ideal, double nadir) const;

 private:
  // Values better than any so far continue the line.
  double Warp(double value) const;

  double best_;
  double spread_;
  double upper_quartile_, worst_;
  double mean_ = 0;
  double deviation_ = 1;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_OBJECTIVE_SCALE_H_

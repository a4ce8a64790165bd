// PrincipalComponents: the few directions along which descriptors differ most, each point of the
// patch counting as much as it is given weight. Plain data; pure functions, any thread.
//
// Our own instead of cv::PCA, which forms and diagonalises the covariance several times more slowly
// (docs/adr, clusters).
#ifndef ATOMSTREAM_CORE_STRUCTURE_PRINCIPAL_COMPONENTS_H_
#define ATOMSTREAM_CORE_STRUCTURE_PRINCIPAL_COMPONENTS_H_

#include "Eigen/Core"
#include "core/structure/descriptors.h"

namespace atomstream {

struct PrincipalComponents {
  Eigen::VectorXf mean;       // of the descriptors
  Eigen::VectorXf weight;     // what each point of the patch is multiplied with first, > 0
  DescriptorMatrix basis;     // one row a component, of weighted patches: orthonormal, by falling
                              // variance; of each the entry of largest magnitude is positive
  Eigen::VectorXd variance;   // along each, N - 1 in the denominator
  double total_variance = 0;  // of all directions together

  int count() const { return static_cast<int>(basis.rows()); }
  double ExplainedRatio(int component) const;  // share of the total; 0 if that is 0
  Eigen::MatrixXf Project(const DescriptorMatrix& data) const;  // one row a descriptor
};

// At most `count` > 0 components: fewer if the data have fewer columns, or rows less one. `data`
// has at least two rows, `weight` as many entries as `data` columns.
PrincipalComponents FitPrincipalComponents(const DescriptorMatrix& data,
                                           const Eigen::VectorXf& weight, int count);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_PRINCIPAL_COMPONENTS_H_

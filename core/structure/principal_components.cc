#include "core/structure/principal_components.h"

#include <algorithm>

#include "Eigen/Eigenvalues"

namespace atomstream {
namespace {

constexpr int kBlock = 512;  // rows at a time: they stay in the cache, and float sums stay short

}  // namespace

double PrincipalComponents::ExplainedRatio(int component) const {
  return total_variance > 0 ? variance[component] / total_variance : 0;
}

Eigen::MatrixXf PrincipalComponents::Project(const DescriptorMatrix& data) const {
  // The mean is taken off after the product: one small vector instead of a copy of the data.
  Eigen::MatrixXf projected(data.rows(), count());
  const Eigen::MatrixXf weighted = weight.asDiagonal() * basis.transpose();
  const Eigen::RowVectorXf offset = mean.transpose() * weighted;
  projected.noalias() = data * weighted;
  projected.rowwise() -= offset;
  return projected;
}

PrincipalComponents FitPrincipalComponents(const DescriptorMatrix& data,
                                           const Eigen::VectorXf& weight, int count) {
  const int rows = static_cast<int>(data.rows());
  const int columns = static_cast<int>(data.cols());
  PrincipalComponents result;
  result.weight = weight;
  Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(columns);
  for (int first = 0; first < rows; first += kBlock) {
    const int size = std::min(kBlock, rows - first);
    sum += data.middleRows(first, size).colwise().sum().cast<double>();
  }
  result.mean = (sum / rows).cast<float>();

  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(columns, columns);
  Eigen::MatrixXf centred;
  Eigen::MatrixXf product(columns, columns);
  for (int first = 0; first < rows; first += kBlock) {
    const int size = std::min(kBlock, rows - first);
    centred = (data.middleRows(first, size).rowwise() - result.mean.transpose()).transpose();
    centred.array().colwise() *= weight.array();
    product.setZero();
    product.selfadjointView<Eigen::Lower>().rankUpdate(centred);
    covariance.triangularView<Eigen::Lower>() += product.cast<double>();
  }
  covariance /= rows - 1;
  result.total_variance = covariance.trace();

  // Ascending eigenvalues, from the lower triangle.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  const int kept = std::min({count, columns, rows - 1});
  result.basis.resize(kept, columns);
  result.variance.resize(kept);
  for (int i = 0; i < kept; ++i) {
    Eigen::VectorXd direction = solver.eigenvectors().col(columns - 1 - i);
    Eigen::Index largest;
    direction.cwiseAbs().maxCoeff(&largest);
    if (direction[largest] < 0) direction = -direction;
    result.basis.row(i) = direction.cast<float>().transpose();
    result.variance[i] = std::max(0.0, solver.eigenvalues()[columns - 1 - i]);
  }
  return result;
}

}  // namespace atomstream

#include "core/structure/cluster_matching.h"

#include <limits>

namespace atomstream {

// Rows are added one at a time. Prices keep every reduced cost cost - row_price - column_price at
// least 0, and 0 on pairs; a new row finds its place along the cheapest chain of displaced pairs,
// as Dijkstra's algorithm on reduced costs.
std::vector<int> AssignLeastCost(const Eigen::MatrixXd& cost) {
  const int rows = static_cast<int>(cost.rows());
  const int columns = static_cast<int>(cost.cols());
  if (rows == 0 || columns == 0) return std::vector<int>(rows, -1);
  if (rows > columns) {
    const std::vector<int> of_column = AssignLeastCost(cost.transpose());
    std::vector<int> of_row(rows, -1);
    for (int column = 0; column < columns; ++column) of_row[of_column[column]] = column;
    return of_row;
  }
  std::vector<double> row_price(rows, 0), column_price(columns, 0);
  std::vector<int> row_of(columns, -1);
  for (int added = 0; added < rows; ++added) {
    std::vector<double> distance(columns, std::numeric_limits<double>::infinity());
    std::vector<int> before(columns, -1);  // the column whose row reaches this one; -1: the new row
    std::vector<bool> settled(columns, false);
    int row = added;
    int last = -1;
    double travelled = 0;
    while (row >= 0) {
      int nearest = -1;
      for (int c = 0; c < columns; ++c) {
        if (settled[c]) continue;
        const double through = travelled + cost(row, c) - row_price[row] - column_price[c];
        if (through < distance[c]) {
          distance[c] = through;
          before[c] = last;
        }
        if (nearest < 0 || distance[c] < distance[nearest]) nearest = c;
      }
      settled[nearest] = true;
      travelled = distance[nearest];
      last = nearest;
      row = row_of[nearest];
    }
    row_price[added] += travelled;
    for (int c = 0; c < columns; ++c) {
      if (!settled[c] || c == last) continue;
      column_price[c] -= travelled - distance[c];
      row_price[row_of[c]] += travelled - distance[c];
    }
    for (int c = last; c >= 0; c = before[c]) {
      row_of[c] = before[c] >= 0 ? row_of[before[c]] : added;
    }
  }
  std::vector<int> result(rows, -1);
  for (int c = 0; c < columns; ++c) {
    if (row_of[c] >= 0) result[row_of[c]] = c;
  }
  return result;
}

}  // namespace atomstream

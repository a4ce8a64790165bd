// Hdf5File: writes an HDF5 file of growing tables. The only header of HDF5 is included in the .cc.
//
// Paths are absolute; the groups above a dataset are made with it. Datasets are chunked, compressed
// (shuffle and deflate, but for texts) and unlimited along their first dimension. After an error
// the file is good for nothing but to be destroyed. Not thread-safe; one at a time, as the library
// is not thread-safe either.
#ifndef ATOMSTREAM_CLIENT_EXPORT_HDF5_FILE_H_
#define ATOMSTREAM_CLIENT_EXPORT_HDF5_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace atomstream {

enum class Hdf5Type { kU8, kU16, kI16, kU32, kI32, kI64, kF32, kF64, kText };

class Hdf5File {
 public:
  // A dataset that was made; the file owns it.
  using Dataset = int64_t;

  // Replaces a file that is there.
  static absl::StatusOr<std::unique_ptr<Hdf5File>> Create(const std::string& path);

  virtual ~Hdf5File() = default;

  // `row` is the shape of one row: empty for a column.
  virtual absl::StatusOr<Dataset> AddDataset(const std::string& path, Hdf5Type type,
                                             const std::vector<int64_t>& row,
                                             int64_t rows_a_chunk) = 0;

  // `rows` numbers of the dataset's type, row behind row.
  virtual absl::Status Append(Dataset dataset, const void* data, int64_t rows) = 0;
  virtual absl::Status AppendTexts(Dataset dataset, const std::vector<std::string>& rows) = 0;

  // Attributes of a dataset or group, UTF-8. The group "/" is always there.
  virtual absl::Status SetText(const std::string& path, const std::string& name,
                               const std::string& value) = 0;
  virtual absl::Status SetInteger(const std::string& path, const std::string& name,
                                  int64_t value) = 0;

  // `scale`, a column, says what is along `dimension` of `dataset`, under the scale's name.
  virtual absl::Status AttachScale(Dataset dataset, int dimension, Dataset scale,
                                   const std::string& name) = 0;

  // All is on its way to the disk.
  virtual absl::Status Close() = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_HDF5_FILE_H_

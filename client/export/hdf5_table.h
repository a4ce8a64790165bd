// Hdf5Table: columns of one length in an HDF5 group, along one dimension scale. Rows are gathered
// and written many at a time, so that memory stays bounded. Not thread-safe.
//
// Use: AddScale, AddColumn …, then Put each column once a row in any order and EndRow; Flush at the
// end.
#ifndef ATOMSTREAM_CLIENT_EXPORT_HDF5_TABLE_H_
#define ATOMSTREAM_CLIENT_EXPORT_HDF5_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/export/hdf5_file.h"

namespace atomstream {

// What describes a dataset, after NSID.
struct Hdf5Meaning {
  std::string quantity;
  std::string units;
  std::string data_type = "UNKNOWN";
};

// Sets the attributes that NSID wants of a dataset, and of what is along a dimension.
absl::Status DescribeDataset(Hdf5File& file, const std::string& path, const Hdf5Meaning& meaning);
absl::Status DescribeScale(Hdf5File& file, const std::string& path, const Hdf5Meaning& meaning,
                           const std::string& dimension_type);

class Hdf5Table {
 public:
  // `file` outlives the table. `group` is its path.
  Hdf5Table(Hdf5File* file, std::string group) : file_(*file), group_(std::move(group)) {}

  // Before all columns; it is column 0.
  absl::Status AddScale(const std::string& name, Hdf5Type type, const Hdf5Meaning& meaning,
                        const std::string& dimension_type = "UNKNOWN");
  absl::Status AddColumn(const std::string& name, Hdf5Type type, const Hdf5Meaning& meaning);

  // In the order in which columns were added; the type of a value is the column's.
  template <typename T>
  void Put(size_t column, T value) {
    columns_[column].bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void PutText(size_t column, const std::string& value) { columns_[column].texts.push_back(value); }

  absl::Status EndRow();
  absl::Status Flush();

  int64_t rows() const { return rows_; }
  Hdf5File::Dataset scale() const { return columns_[0].dataset; }

 private:
  struct Column {
    Hdf5File::Dataset dataset;
    bool is_text;
    std::string bytes;               // of rows that are not written yet
    std::vector<std::string> texts;  // likewise
  };

  std::string PathOf(const std::string& name) const { return group_ + "/" + name; }

  Hdf5File& file_;
  const std::string group_;
  std::string scale_name_;
  std::vector<Column> columns_;
  int64_t rows_ = 0;
  int64_t waiting_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_HDF5_TABLE_H_

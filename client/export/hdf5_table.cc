#include "client/export/hdf5_table.h"

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int64_t kRowsAtATime = 16384;
constexpr int64_t kRowsAChunk = 16384;
constexpr int64_t kTextsAChunk = 1024;  // each text is 16 bytes in its chunk, and lies elsewhere

}  // namespace

absl::Status DescribeDataset(Hdf5File& file, const std::string& path, const Hdf5Meaning& meaning) {
  RETURN_IF_ERROR(file.SetText(path, "quantity", meaning.quantity));
  RETURN_IF_ERROR(file.SetText(path, "units", meaning.units));
  RETURN_IF_ERROR(file.SetText(path, "data_type", meaning.data_type));
  RETURN_IF_ERROR(file.SetText(path, "modality", "HAADF STEM"));
  RETURN_IF_ERROR(file.SetText(path, "source", "atomstream"));
  return file.SetText(path, "main_data_name", path.substr(path.rfind('/') + 1));
}

absl::Status DescribeScale(Hdf5File& file, const std::string& path, const Hdf5Meaning& meaning,
                           const std::string& dimension_type) {
  RETURN_IF_ERROR(file.SetText(path, "name", path.substr(path.rfind('/') + 1)));
  RETURN_IF_ERROR(file.SetText(path, "quantity", meaning.quantity));
  RETURN_IF_ERROR(file.SetText(path, "units", meaning.units));
  RETURN_IF_ERROR(file.SetText(path, "dimension_type", dimension_type));
  // The version of the specification whose attributes these are.
  return file.SetText(path, "nsid_version", "0.0.7");
}

absl::Status Hdf5Table::AddScale(const std::string& name, Hdf5Type type, const Hdf5Meaning& meaning,
                                 const std::string& dimension_type) {
  ASSIGN_OR_RETURN(const Hdf5File::Dataset dataset,
                   file_.AddDataset(PathOf(name), type, {}, kRowsAChunk));
  scale_name_ = name;
  columns_.push_back({dataset, false, {}, {}});
  return DescribeScale(file_, PathOf(name), meaning, dimension_type);
}

absl::Status Hdf5Table::AddColumn(const std::string& name, Hdf5Type type,
                                  const Hdf5Meaning& meaning) {
  const bool is_text = type == Hdf5Type::kText;
  ASSIGN_OR_RETURN(const Hdf5File::Dataset dataset,
                   file_.AddDataset(PathOf(name), type, {}, is_text ? kTextsAChunk : kRowsAChunk));
  columns_.push_back({dataset, is_text, {}, {}});
  RETURN_IF_ERROR(DescribeDataset(file_, PathOf(name), meaning));
  return file_.AttachScale(dataset, 0, scale(), scale_name_);
}

absl::Status Hdf5Table::EndRow() {
  ++rows_;
  return ++waiting_ < kRowsAtATime ? absl::OkStatus() : Flush();
}

absl::Status Hdf5Table::Flush() {
  for (Column& column : columns_) {
    RETURN_IF_ERROR(column.is_text ? file_.AppendTexts(column.dataset, column.texts)
                                   : file_.Append(column.dataset, column.bytes.data(), waiting_));
    column.bytes.clear();
    column.texts.clear();
  }
  waiting_ = 0;
  return absl::OkStatus();
}

}  // namespace atomstream

#include "client/export/hdf5_file.h"

#include <hdf5.h>
#include <hdf5_hl.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

constexpr int kDeflateLevel = 4;

// An identifier of the library, closed at the end of its scope.
class Handle {
 public:
  using CloseFunction = herr_t (*)(hid_t);

  Handle(hid_t id, CloseFunction close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  hid_t get() const { return id_; }
  bool ok() const { return id_ >= 0; }
  bool Close() { return close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_;
  CloseFunction close_;
};

// The innermost thing that the library says went wrong.
herr_t FirstReason(unsigned, const H5E_error2_t* error, void* reason) {
  auto& text = *static_cast<std::string*>(reason);
  if (text.empty() && error->desc != nullptr) text = error->desc;
  return 0;
}

hid_t MemoryTypeOf(Hdf5Type type) {
  switch (type) {
    case Hdf5Type::kU8:
      return H5T_NATIVE_UINT8;
    case Hdf5Type::kU16:
      return H5T_NATIVE_UINT16;
    case Hdf5Type::kI16:
      return H5T_NATIVE_INT16;
    case Hdf5Type::kU32:
      return H5T_NATIVE_UINT32;
    case Hdf5Type::kI32:
      return H5T_NATIVE_INT32;
    case Hdf5Type::kI64:
      return H5T_NATIVE_INT64;
    case Hdf5Type::kF32:
      return H5T_NATIVE_FLOAT;
    case Hdf5Type::kF64:
      return H5T_NATIVE_DOUBLE;
    case Hdf5Type::kText:
      break;
  }
  return -1;
}

hid_t FileTypeOf(Hdf5Type type) {
  switch (type) {
    case Hdf5Type::kU8:
      return H5T_STD_U8LE;
    case Hdf5Type::kU16:
      return H5T_STD_U16LE;
    case Hdf5Type::kI16:
      return H5T_STD_I16LE;
    case Hdf5Type::kU32:
      return H5T_STD_U32LE;
    case Hdf5Type::kI32:
      return H5T_STD_I32LE;
    case Hdf5Type::kI64:
      return H5T_STD_I64LE;
    case Hdf5Type::kF32:
      return H5T_IEEE_F32LE;
    case Hdf5Type::kF64:
      return H5T_IEEE_F64LE;
    case Hdf5Type::kText:
      break;
  }
  return -1;
}

class RealHdf5File final : public Hdf5File {
 public:
  RealHdf5File(std::string path, Handle file)
      : path_(std::move(path)), file_(std::move(file)), text_type_(H5Tcopy(H5T_C_S1), H5Tclose) {
    H5Tset_size(text_type_.get(), H5T_VARIABLE);
    H5Tset_cset(text_type_.get(), H5T_CSET_UTF8);
  }

  // Datasets close before the file that they are in.
  ~RealHdf5File() override { datasets_.clear(); }

  absl::StatusOr<Dataset> AddDataset(const std::string& path, Hdf5Type type,
                                     const std::vector<int64_t>& row,
                                     int64_t rows_a_chunk) override {
    std::vector<hsize_t> size = {0}, largest = {H5S_UNLIMITED};
    std::vector<hsize_t> chunk = {static_cast<hsize_t>(rows_a_chunk)};
    for (const int64_t length : row) {
      for (std::vector<hsize_t>* shape : {&size, &largest, &chunk}) {
        shape->push_back(static_cast<hsize_t>(length));
      }
    }
    const int rank = static_cast<int>(size.size());
    const Handle space(H5Screate_simple(rank, size.data(), largest.data()), H5Sclose);
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    if (!space.ok() || H5Pset_chunk(layout.get(), rank, chunk.data()) < 0 ||
        H5Pset_create_intermediate_group(links.get(), 1) < 0) {
      return Failure(path);
    }
    // Of texts only references would be compressed.
    if (type != Hdf5Type::kText &&
        (H5Pset_shuffle(layout.get()) < 0 || H5Pset_deflate(layout.get(), kDeflateLevel) < 0)) {
      return Failure(path);
    }
    const hid_t file_type = type == Hdf5Type::kText ? text_type_.get() : FileTypeOf(type);
    Handle dataset(H5Dcreate2(file_.get(), path.c_str(), file_type, space.get(), links.get(),
                              layout.get(), H5P_DEFAULT),
                   H5Dclose);
    if (!dataset.ok()) return Failure(path);
    datasets_.push_back({path, type, std::move(size), std::move(dataset)});
    return static_cast<Dataset>(datasets_.size()) - 1;
  }

  absl::Status Append(Dataset dataset, const void* data, int64_t rows) override {
    Table& table = datasets_[static_cast<size_t>(dataset)];
    const hid_t type = table.type == Hdf5Type::kText ? text_type_.get() : MemoryTypeOf(table.type);
    std::vector<hsize_t> start(table.size.size(), 0), count = table.size;
    start[0] = table.size[0];
    count[0] = static_cast<hsize_t>(rows);
    table.size[0] += count[0];
    if (rows == 0) return absl::OkStatus();
    if (H5Dset_extent(table.handle.get(), table.size.data()) < 0) return Failure(table.path);
    const Handle file_space(H5Dget_space(table.handle.get()), H5Sclose);
    const Handle memory_space(
        H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                            nullptr) < 0 ||
        H5Dwrite(table.handle.get(), type, memory_space.get(), file_space.get(), H5P_DEFAULT,
                 data) < 0) {
      return Failure(table.path);
    }
    return absl::OkStatus();
  }

  absl::Status AppendTexts(Dataset dataset, const std::vector<std::string>& rows) override {
    std::vector<const char*> texts;
    texts.reserve(rows.size());
    for (const std::string& row : rows) texts.push_back(row.c_str());
    return Append(dataset, texts.data(), static_cast<int64_t>(rows.size()));
  }

  absl::Status SetText(const std::string& path, const std::string& name,
                       const std::string& value) override {
    const char* text = value.c_str();
    return SetAttribute(path, name, text_type_.get(), text_type_.get(), &text);
  }

  absl::Status SetInteger(const std::string& path, const std::string& name,
                          int64_t value) override {
    return SetAttribute(path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
  }

  absl::Status AttachScale(Dataset dataset, int dimension, Dataset scale,
                           const std::string& name) override {
    const Table& table = datasets_[static_cast<size_t>(dataset)];
    const Table& along = datasets_[static_cast<size_t>(scale)];
    if ((H5DSis_scale(along.handle.get()) <= 0 &&
         H5DSset_scale(along.handle.get(), name.c_str()) < 0) ||
        H5DSattach_scale(table.handle.get(), along.handle.get(), static_cast<unsigned>(dimension)) <
            0 ||
        H5DSset_label(table.handle.get(), static_cast<unsigned>(dimension), name.c_str()) < 0) {
      return Failure(table.path);
    }
    return absl::OkStatus();
  }

  absl::Status Close() override {
    for (Table& table : datasets_) {
      if (!table.handle.Close()) return Failure(table.path);
    }
    datasets_.clear();
    return file_.Close() ? absl::OkStatus() : Failure("/");
  }

 private:
  struct Table {
    std::string path;
    Hdf5Type type;
    std::vector<hsize_t> size;
    Handle handle;
  };

  absl::Status SetAttribute(const std::string& path, const std::string& name, hid_t file_type,
                            hid_t memory_type, const void* value) {
    const Handle object(H5Oopen(file_.get(), path.c_str(), H5P_DEFAULT), H5Oclose);
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    if (!object.ok()) return Failure(path);
    const Handle attribute(
        H5Acreate2(object.get(), name.c_str(), file_type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    if (!attribute.ok() || H5Awrite(attribute.get(), memory_type, value) < 0) return Failure(path);
    return absl::OkStatus();
  }

  absl::Status Failure(const std::string& object) const {
    std::string reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &FirstReason, &reason);
    return absl::UnavailableError(absl::StrCat(path_, ": ", object, ": ", reason));
  }

  const std::string path_;
  Handle file_;
  const Handle text_type_;
  std::vector<Table> datasets_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Hdf5File>> Hdf5File::Create(const std::string& path) {
  // The library would print its errors.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (!file.ok()) return absl::UnavailableError(absl::StrCat(path, ": cannot be made"));
  return std::make_unique<RealHdf5File>(path, std::move(file));
}

}  // namespace atomstream

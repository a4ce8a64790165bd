#include "client/export/hdf5_results.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/time_text.h"
#include "client/export/frame_bytes.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr char kMeasurement[] = "/Measurement_000";
constexpr int kFirstStackChannel = 3;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct ColumnSpec {
  const char* name;
  Hdf5Type type;
  const char* quantity;
  const char* units;
};

using T = Hdf5Type;

// In the order in which AddResult puts them, behind the scale.
constexpr ColumnSpec kResultColumns[] = {
    {"frame_id", T::kText, "frame id", ""},
    {"frame_number", T::kI64, "frame number", ""},
    {"origin", T::kText, "where the frame came from", ""},
    {"acquisition_time", T::kText, "time of acquisition, UTC", ""},
    {"result_time", T::kText, "time of the result, UTC", ""},
    {"width_px", T::kI32, "columns of the frame", "px"},
    {"height_px", T::kI32, "rows of the frame", "px"},
    {"detector", T::kText, "detector", ""},
    {"model_id", T::kText, "model of the network", ""},
    {"material", T::kText, "assumed material", ""},
    {"pixel_size_nm", T::kF64, "pixel size", "nm"},
    {"d_nn_px", T::kF64, "nearest-neighbour distance", "px"},
    {"expected_atoms", T::kF64, "expected atoms", ""},
    {"qc", T::kF64, "quality count", ""},
    {"er", T::kF64, "error", ""},
    {"f1", T::kF64, "F1 against exact positions", ""},
    {"rmse_px", T::kF64, "distance from exact positions", "px"},
    {"total_ms", T::kF64, "time from arrival to result", "ms"},
    {"cause", T::kText, "why the result was made", ""},
    {"settings_version", T::kI64, "version of the settings", ""},
    {"flags", T::kText, "remarks", ""},
    {"error", T::kText, "why the detector failed", ""},
    {"first_atom", T::kI64, "row of the first atom", ""},
    {"atom_rows", T::kI64, "rows of atoms", ""},
    {"first_solution", T::kI64, "row of the first solution of the front", ""},
    {"solution_rows", T::kI64, "rows of solutions", ""},
    {"frame_channel", T::kI32, "channel of the frame's pixels; -1: none", ""},
    {"frame_row", T::kI64, "row of the frame's pixels; -1: none", ""},
};

constexpr ColumnSpec kAtomColumns[] = {
    {"result_row", T::kI64, "row of the result", ""},
    {"x_px", T::kF32, "column coordinate", "px"},
    {"y_px", T::kF32, "row coordinate", "px"},
    {"sigma_px", T::kF32, "scale of the blob", "px"},
    {"intensity", T::kF32, "mean of the normalised frame", ""},
    {"response", T::kF32, "response of the detector", ""},
    {"confidence", T::kF32, "probability", ""},
    {"spread", T::kF32, "standard deviation of the probability", ""},
    {"cluster", T::kI32, "cluster; -1: none", ""},
    {"cluster_probability", T::kF32, "probability of the cluster", ""},
    {"site_kind", T::kU8, "kind of the site", ""},
    {"coordination", T::kI32, "number of bonds; -1: not analysed", ""},
    {"nearest_px", T::kF32, "distance to the nearest atom", "px"},
};

constexpr ColumnSpec kFrontColumns[] = {
    {"result_row", T::kI64, "row of the result", ""},
    {"qc", T::kF64, "quality count", ""},
    {"er", T::kF64, "error", ""},
    {"chosen", T::kU8, "whether the atoms come from it", ""},
    {"min_sigma_px", T::kF64, "smallest scale", "px"},
    {"max_sigma_px", T::kF64, "largest scale", "px"},
    {"num_sigma", T::kI32, "number of scales", ""},
    {"threshold", T::kF64, "smallest response", ""},
    {"overlap", T::kF64, "largest overlap", ""},
    {"min_spacing_px", T::kF64, "smallest distance", "px"},
    {"preprocessing", T::kText, "what was done before", ""},
};

// Puts values into a table's columns one after the other, beginning with the scale.
class Row {
 public:
  explicit Row(Hdf5Table* table) : table_(*table) {}
  template <typename Value>
  Row& Put(Value value) {
    table_.Put(next_++, value);
    return *this;
  }
  Row& Text(const std::string& value) {
    table_.PutText(next_++, value);
    return *this;
  }
  Row& If(bool there, double value) { return Put(there ? value : kNothing); }
  absl::Status End() { return table_.EndRow(); }

 private:
  Hdf5Table& table_;
  size_t next_ = 0;
};

template <size_t n>
absl::Status AddColumns(const ColumnSpec (&columns)[n], Hdf5Table& table) {
  for (const ColumnSpec& column : columns) {
    RETURN_IF_ERROR(table.AddColumn(column.name, column.type, {column.quantity, column.units}));
  }
  return absl::OkStatus();
}

std::string GroupOf(int channel, const char* name) {
  return absl::StrCat(kMeasurement, absl::StrFormat("/Channel_%03d/", channel), name);
}

float At(const google::protobuf::RepeatedField<float>& column, int i) {
  return i < column.size() ? column.Get(i) : std::numeric_limits<float>::quiet_NaN();
}

int32_t At(const google::protobuf::RepeatedField<int32_t>& column, int i) {
  return i < column.size() ? column.Get(i) : -1;
}

Hdf5Type TypeOf(v1::PixelType type) {
  switch (type) {
    case v1::PIXEL_TYPE_U8:
      return T::kU8;
    case v1::PIXEL_TYPE_U16:
      return T::kU16;
    case v1::PIXEL_TYPE_I16:
      return T::kI16;
    case v1::PIXEL_TYPE_U32:
      return T::kU32;
    default:
      return T::kF32;
  }
}

double SecondsOf(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() / 1e9;
}

}  // namespace

struct Hdf5Results::Stack {
  Stack(Hdf5File* file, int channel_number)
      : channel(channel_number), table(file, GroupOf(channel_number, "frames")) {}

  bool Fits(const v1::Frame& frame) const {
    return frame.width_px() == width_px && frame.height_px() == height_px &&
           frame.pixel_type() == pixel_type && frame.pixel_size_nm() == pixel_size_nm;
  }

  const int channel;
  int32_t width_px = 0;
  int32_t height_px = 0;
  v1::PixelType pixel_type = v1::PIXEL_TYPE_UNSPECIFIED;
  double pixel_size_nm = 0;
  double first_time_s = 0;
  Hdf5File::Dataset pixels = -1;
  Hdf5Table table;  // its scale is along the frames
};

Hdf5Results::Hdf5Results(std::unique_ptr<Hdf5File> file)
    : file_(std::move(file)),
      results_(file_.get(), GroupOf(0, "results")),
      atoms_(file_.get(), GroupOf(1, "atoms")),
      fronts_(file_.get(), GroupOf(2, "fronts")) {}

Hdf5Results::~Hdf5Results() = default;

absl::StatusOr<std::unique_ptr<Hdf5Results>> Hdf5Results::Create(const std::string& path,
                                                                 const std::string& epoch,
                                                                 const std::string& request) {
  ASSIGN_OR_RETURN(std::unique_ptr<Hdf5File> file, Hdf5File::Create(path));
  RETURN_IF_ERROR(file->SetText("/", "format", "atomstream results"));
  RETURN_IF_ERROR(file->SetInteger("/", "format_version", 1));
  RETURN_IF_ERROR(file->SetText("/", "epoch", epoch));
  RETURN_IF_ERROR(file->SetText("/", "request", request));
  auto results = std::unique_ptr<Hdf5Results>(new Hdf5Results(std::move(file)));
  RETURN_IF_ERROR(results->MakeTables());
  return results;
}

absl::Status Hdf5Results::MakeTables() {
  RETURN_IF_ERROR(results_.AddScale("sequence", T::kI64, {"sequence of the result", ""}));
  RETURN_IF_ERROR(AddColumns(kResultColumns, results_));
  RETURN_IF_ERROR(atoms_.AddScale("atom", T::kI64, {"row of the atom", ""}));
  RETURN_IF_ERROR(AddColumns(kAtomColumns, atoms_));
  std::vector<std::string> kinds;
  for (int kind = v1::SITE_KIND_UNKNOWN; kind <= v1::SITE_KIND_VACANCY; ++kind) {
    kinds.push_back(absl::StrCat(kind, " ", SiteKindText(kind)));
  }
  RETURN_IF_ERROR(file_->SetText(GroupOf(1, "atoms/site_kind"), "values",
                                 absl::StrCat("0 not analysed, ", absl::StrJoin(kinds, ", "))));
  RETURN_IF_ERROR(fronts_.AddScale("solution", T::kI64, {"row of the solution", ""}));
  return AddColumns(kFrontColumns, fronts_);
}

absl::Status Hdf5Results::AddResult(const v1::FrameResult& result) {
  const ResultView view(result);
  const v1::DetectorResult& detector = view.detector;
  const v1::LatticeEstimate& lattice = detector.lattice();
  const int64_t first_atom = atoms_.rows(), first_solution = fronts_.rows();
  RETURN_IF_ERROR(AddAtoms(detector.atoms()));
  RETURN_IF_ERROR(AddFront(view));
  const auto found = places_.find(result.frame_id());
  const Place place = found == places_.end() ? Place() : found->second;
  const bool scored = view.evaluation != nullptr;
  return Row(&results_)
      .Put<int64_t>(result.position().sequence())
      .Text(result.frame_id())
      .Put<int64_t>(result.frame_number())
      .Text(result.origin())
      .Text(result.has_acquisition_time() ? JsonTime(result.acquisition_time()) : std::string())
      .Text(result.has_result_time() ? JsonTime(result.result_time()) : std::string())
      .Put<int32_t>(result.width_px())
      .Put<int32_t>(result.height_px())
      .Text(detector.detector())
      .Text(detector.model_id())
      .Text(lattice.material())
      .If(lattice.pixel_size_nm_used() > 0, lattice.pixel_size_nm_used())
      .If(lattice.d_nn_px() > 0, lattice.d_nn_px())
      .If(lattice.expected_atoms() > 0, lattice.expected_atoms())
      .If(view.has_scores(), detector.qc())
      .If(view.has_scores(), detector.er())
      .If(scored, scored ? view.evaluation->f1() : 0)
      .If(scored, scored ? view.evaluation->rmse_px() : 0)
      .If(view.total_ms > 0, view.total_ms)
      .Text(std::string(CauseText(result.cause())))
      .Put<int64_t>(result.settings_version())
      .Text(absl::StrJoin(detector.flags(), " "))
      .Text(detector.error())
      .Put<int64_t>(first_atom)
      .Put<int64_t>(atoms_.rows() - first_atom)
      .Put<int64_t>(first_solution)
      .Put<int64_t>(fronts_.rows() - first_solution)
      .Put<int32_t>(place.channel)
      .Put<int64_t>(place.row)
      .End();
}

absl::Status Hdf5Results::AddAtoms(const v1::AtomTable& atoms) {
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    const int kind = i < atoms.site_kind_size() ? atoms.site_kind(i) : v1::SITE_KIND_UNSPECIFIED;
    RETURN_IF_ERROR(Row(&atoms_)
                        .Put<int64_t>(atoms_.rows())
                        .Put<int64_t>(results_.rows())
                        .Put(At(atoms.x_px(), i))
                        .Put(At(atoms.y_px(), i))
                        .Put(At(atoms.sigma_px(), i))
                        .Put(At(atoms.intensity(), i))
                        .Put(At(atoms.response(), i))
                        .Put(At(atoms.confidence(), i))
                        .Put(At(atoms.spread(), i))
                        .Put(At(atoms.cluster(), i))
                        .Put(At(atoms.cluster_probability(), i))
                        .Put(static_cast<uint8_t>(kind))
                        .Put(At(atoms.coordination(), i))
                        .Put(At(atoms.nearest_px(), i))
                        .End());
  }
  return absl::OkStatus();
}

absl::Status Hdf5Results::AddFront(const ResultView& view) {
  for (const v1::ParetoSolution& solution : view.detector.front().solutions()) {
    const v1::LogParams& params = solution.params();
    RETURN_IF_ERROR(Row(&fronts_)
                        .Put<int64_t>(fronts_.rows())
                        .Put<int64_t>(results_.rows())
                        .Put<double>(solution.qc())
                        .Put<double>(solution.er())
                        .Put<uint8_t>(&solution == view.chosen ? 1 : 0)
                        .Put<double>(params.min_sigma_px())
                        .Put<double>(params.max_sigma_px())
                        .Put<int32_t>(params.num_sigma())
                        .Put<double>(params.threshold())
                        .Put<double>(params.overlap())
                        .Put<double>(params.min_spacing_px())
                        .Text(std::string(PreprocessingText(params.preprocessing())))
                        .End());
  }
  return absl::OkStatus();
}

absl::Status Hdf5Results::AddFrame(const v1::Frame& frame) {
  if (places_.contains(frame.frame_id())) return absl::OkStatus();
  if (static_cast<int64_t>(frame.pixels().size()) != FrameBytes(frame)) {
    return absl::DataLossError(absl::StrCat("frame ", frame.frame_id(), ": has ",
                                            frame.pixels().size(), " bytes of pixels"));
  }
  ASSIGN_OR_RETURN(Stack * stack, StackFor(frame));
  if (stack == nullptr) return absl::OkStatus();
  const double time_s = SecondsOf(frame.acquisition_time());
  if (stack->table.rows() == 0) stack->first_time_s = time_s;
  Remember(frame.frame_id(), {stack->channel, stack->table.rows()});
  RETURN_IF_ERROR(file_->Append(stack->pixels, frame.pixels().data(), 1));
  return Row(&stack->table)
      .Put<double>(time_s - stack->first_time_s)
      .Text(frame.frame_id())
      .Put<int64_t>(frame.frame_number())
      .Text(frame.has_acquisition_time() ? JsonTime(frame.acquisition_time()) : std::string())
      .End();
}

absl::StatusOr<Hdf5Results::Stack*> Hdf5Results::StackFor(const v1::Frame& frame) {
  for (const std::unique_ptr<Stack>& stack : stacks_) {
    if (stack->Fits(frame)) return stack.get();
  }
  if (stacks_.size() >= kMaxStacks) return nullptr;
  auto stack =
      std::make_unique<Stack>(file_.get(), kFirstStackChannel + static_cast<int>(stacks_.size()));
  stack->width_px = frame.width_px();
  stack->height_px = frame.height_px();
  stack->pixel_type = frame.pixel_type();
  stack->pixel_size_nm = frame.pixel_size_nm();
  const std::string group = GroupOf(stack->channel, "frames");
  RETURN_IF_ERROR(
      stack->table.AddScale("frame", T::kF64, {"time since the first frame", "s"}, "TEMPORAL"));
  RETURN_IF_ERROR(stack->table.AddColumn("frame_id", T::kText, {"frame id", ""}));
  RETURN_IF_ERROR(stack->table.AddColumn("frame_number", T::kI64, {"frame number", ""}));
  RETURN_IF_ERROR(
      stack->table.AddColumn("acquisition_time", T::kText, {"time of acquisition, UTC", ""}));
  const std::string path = absl::StrCat(group, "/frames");
  ASSIGN_OR_RETURN(stack->pixels, file_->AddDataset(path, TypeOf(stack->pixel_type),
                                                    {stack->height_px, stack->width_px}, 1));
  RETURN_IF_ERROR(DescribeDataset(*file_, path, {"intensity", "a.u.", "IMAGE_STACK"}));
  RETURN_IF_ERROR(file_->AttachScale(stack->pixels, 0, stack->table.scale(), "frame"));
  const bool known = stack->pixel_size_nm > 0;
  for (const auto& [name, dimension, length] :
       {std::tuple("y", 1, stack->height_px), std::tuple("x", 2, stack->width_px)}) {
    std::vector<double> values(static_cast<size_t>(length));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<double>(i) * (known ? stack->pixel_size_nm : 1);
    }
    const std::string scale_path = absl::StrCat(group, "/", name);
    ASSIGN_OR_RETURN(const Hdf5File::Dataset scale,
                     file_->AddDataset(scale_path, T::kF64, {}, length));
    RETURN_IF_ERROR(file_->Append(scale, values.data(), length));
    RETURN_IF_ERROR(
        DescribeScale(*file_, scale_path, {"distance", known ? "nm" : "px"}, "SPATIAL"));
    RETURN_IF_ERROR(file_->AttachScale(stack->pixels, dimension, scale, name));
  }
  stacks_.push_back(std::move(stack));
  return stacks_.back().get();
}

void Hdf5Results::Remember(const std::string& frame_id, const Place& place) {
  places_[frame_id] = place;
  in_mind_.push_back(frame_id);
  if (in_mind_.size() <= kFramesInMind) return;
  places_.erase(in_mind_.front());
  in_mind_.pop_front();
}

absl::Status Hdf5Results::Close() {
  for (Hdf5Table* table : {&results_, &atoms_, &fronts_}) RETURN_IF_ERROR(table->Flush());
  for (const std::unique_ptr<Stack>& stack : stacks_) RETURN_IF_ERROR(stack->table.Flush());
  return file_->Close();
}

}  // namespace atomstream

// Hdf5Results: results, their atoms and fronts, and frames as an HDF5 file; docs/hdf5.md describes
// the layout. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_EXPORT_HDF5_RESULTS_H_
#define ATOMSTREAM_CLIENT_EXPORT_HDF5_RESULTS_H_

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"
#include "client/cli/result_view.h"
#include "client/export/hdf5_file.h"
#include "client/export/hdf5_table.h"

namespace atomstream {

class Hdf5Results {
 public:
  // Replaces a file that is there. `epoch` of all results; `request`: what they are, for people.
  static absl::StatusOr<std::unique_ptr<Hdf5Results>> Create(const std::string& path,
                                                             const std::string& epoch,
                                                             const std::string& request);

  ~Hdf5Results();

  // Before the results of the frame. One whose frame_id came lately is left out, as is one of a new
  // shape when there are kMaxStacks already.
  absl::Status AddFrame(const v1::Frame& frame);
  absl::Status AddResult(const v1::FrameResult& result);

  absl::Status Close();

 private:
  static constexpr size_t kMaxStacks = 900;      // channels have three digits
  static constexpr size_t kFramesInMind = 4096;  // results come soon behind their frame

  // Frames of one size, type and pixel size.
  struct Stack;
  struct Place {
    int32_t channel = -1;
    int64_t row = -1;
  };

  explicit Hdf5Results(std::unique_ptr<Hdf5File> file);

  absl::Status MakeTables();
  absl::StatusOr<Stack*> StackFor(const v1::Frame& frame);
  absl::Status AddAtoms(const v1::AtomTable& atoms);
  absl::Status AddFront(const ResultView& view);
  void Remember(const std::string& frame_id, const Place& place);

  const std::unique_ptr<Hdf5File> file_;
  Hdf5Table results_;
  Hdf5Table atoms_;
  Hdf5Table fronts_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  std::unordered_map<std::string, Place> places_;  // of the frames in mind
  std::deque<std::string> in_mind_;                // their ids, the oldest first
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_HDF5_RESULTS_H_

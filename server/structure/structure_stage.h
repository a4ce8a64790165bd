// StructureStage: sorts the atoms that a detector found in a frame into clusters and says the kind
// of each one's site. Runs on the detector's own thread, right after the detector.
//
// Owned by the pipeline; thread-safe, called by the frame threads and the inference thread at once.
// The clusters of live frames come from a kept model (see KeptModels); every other frame gets a
// model of its own, so that its result does not depend on what else is running. What fails here is
// said in the record and never costs the atoms.
#ifndef ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_STAGE_H_
#define ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_STAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/record/frame_record.h"
#include "server/structure/kept_models.h"
#include "server/structure/structure_options.h"

namespace atomstream {

// All outlive the stage.
struct StructureDependencies {
  const Clock* steady_clock = nullptr;
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;  // tells refits and failures
};

class StructureStage {
 public:
  // More atoms than this are not analysed: the bound on the time and memory that one frame can
  // cost. A frame of 4096 x 4096 pixels with atoms 7 px apart has about 400,000.
  static constexpr size_t kMaxAtoms = 500'000;

  // `options` are valid; unset: it is switched off.
  StructureStage(const std::optional<StructureOptions>& options,
                 StructureDependencies dependencies);

  // For frames that come from now on. The live stream's models go on, fitted anew where the options
  // of clusters differ. Any thread.
  void SetOptions(const std::optional<StructureOptions>& options);

  // Of a detector that did not fail on `frame`. `live_index`: AdmittedFrame's of a live frame, also
  // when it is decided anew; unset: the frame stands alone. `request_id`: of the call that handed
  // it over, for the log. `on_step`: called when a part of it is done; all together take seconds
  // for the largest frames. May be empty. Null: it is switched off.
  std::shared_ptr<const StructureRecord> Analyse(const Frame& frame, const DetectorRecord& detector,
                                                 std::optional<int64_t> live_index,
                                                 absl::string_view request_id = {},
                                                 const std::function<void()>& on_step = {});

 private:
  // `left_out`: of each atom whether it takes no part; empty: none is left out. `options`: for a
  // frame that stands alone; of a live one, those that it was clustered with.
  absl::StatusOr<ClusterResult> Cluster(const Image& image, const DetectorRecord& detector,
                                        const std::vector<bool>& left_out, const ModelKey& key,
                                        std::optional<int64_t> live_index, ClusterOptions& options);
  void Announce(const ModelKey& key, const std::string& frame_id, const ClusterResult& result);
  void Count(const DetectorRecord& detector, const StructureRecord& record) const;

  const StructureDependencies deps_;
  KeptModels models_;

  Mutex mutex_;
  std::optional<StructureOptions> options_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STRUCTURE_STRUCTURE_STAGE_H_

// SceneScript: shows a scene tracker frame after frame of a square crystal whose drift, dopants and
// missing atoms the test decides, without any image.
#ifndef ATOMSTREAM_TESTS_SERVER_TARGETING_SCENE_SCRIPT_H_
#define ATOMSTREAM_TESTS_SERVER_TARGETING_SCENE_SCRIPT_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/targeting/targeting.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {

class SceneScript {
 public:
  static constexpr int kSide = 12;       // atoms
  static constexpr double kStep = 10;    // d_NN, px
  static constexpr int kFrame = 140;     // px
  static constexpr double kMargin = 10;  // of the first atom, px
  static constexpr absl::Duration kPeriod = absl::Milliseconds(100);

  struct Frame {
    FrameRecordPtr record;
    SceneInput input;
  };

  // A minute of frames costs no time: the clock is moved by one period a frame.
  SceneScript(FakeClock* clock, FakeClock* steady) : clock_(*clock), steady_(*steady) {}

  std::set<int> dopants = {14, 40, 77, 90, 101, 118};  // indices of atoms, row by row
  std::set<int> missing;
  DriftState drift_state = DriftState::kMeasured;
  PointPx drift;  // of a frame
  std::string epoch = "epoch";
  bool has_clock = true;  // false: frames do not say when they were acquired

  Frame Next() {
    clock_.Advance(kPeriod);
    steady_.Advance(kPeriod);
    Frame frame;
    FrameRecord record;
    record.position = {epoch, ++sequence_};
    record.frame_id = absl::StrCat("frame-", sequence_);
    record.frame_number = sequence_;
    record.acquisition_time = has_clock ? clock_.Now() : absl::UnixEpoch();
    record.width_px = record.height_px = kFrame;
    if (sequence_ > 1) {
      shift_.x_px += drift.x_px;
      shift_.y_px += drift.y_px;
      record.drift = DriftRecord{.earlier_sequence = sequence_ - 1,
                                 .estimate = {.state = drift_state,
                                              .x_px = drift.x_px,
                                              .y_px = drift.y_px,
                                              .uncertainty_px = 0.05,
                                              .probability = 1,
                                              .coherence = 1,
                                              .quality = 1,
                                              .rivals = {}}};
    }
    frame.record = std::make_shared<const FrameRecord>(std::move(record));
    frame.input.d_nn_px = kStep;
    frame.input.pixel_size_nm = 0.02;
    frame.input.clusters = {0, 1};
    for (int i = 0; i < kSide * kSide; ++i) {
      if (missing.contains(i)) continue;
      frame.input.sites.push_back(SiteOf(i));
    }
    return frame;
  }

  Site SiteOf(int atom) const {
    Site site;
    site.x_px = kMargin + kStep * (atom % kSide) + shift_.x_px;
    site.y_px = kMargin + kStep * (atom / kSide) + shift_.y_px;
    site.sigma_px = 3;
    site.confidence = 1;
    site.coordination = 4;
    site.kind = dopants.contains(atom) ? "dopant" : "bulk";
    site.cluster = dopants.contains(atom) ? 1 : 0;
    site.cluster_probability = 1;
    return site;
  }

  void Show(Targeting& targeting) {
    const Frame frame = Next();
    targeting.Observe(frame.record, frame.input, steady_.Now());
  }
  void Show(SceneTracker& scene) {
    const Frame frame = Next();
    scene.Observe(frame.record, frame.input, steady_.Now());
  }

 private:
  FakeClock& clock_;
  FakeClock& steady_;
  int64_t sequence_ = 0;
  PointPx shift_;
};

inline Criteria Dopants(int max_count = 100) {
  Criteria criteria;
  criteria.where = {KindIn{{"dopant"}}};
  criteria.max_count = max_count;
  return criteria;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_TARGETING_SCENE_SCRIPT_H_

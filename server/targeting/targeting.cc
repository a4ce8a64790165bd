#include "server/targeting/targeting.h"

namespace atomstream {

Targeting::Targeting(const TargetingOptions& options, const TargetingDependencies& deps)
    : ledger_(options.ledger, *deps.steady_clock, *deps.clock),
      scene_(options, deps.steady_clock, deps.metrics),
      desk_(options, {.scene = &scene_,
                      .ledger = &ledger_,
                      .beam = deps.beam,
                      .wait = deps.wait != nullptr ? deps.wait : &wait_,
                      .clock = deps.clock,
                      .steady_clock = deps.steady_clock,
                      .metrics = deps.metrics,
                      .audit = deps.audit,
                      .log = deps.log}) {
  ledger_.StartEpoch(deps.epoch);
}

Targeting::~Targeting() { Shutdown(); }

void Targeting::SetOptions(const TargetingOptions& options) {
  scene_.SetOptions(options);
  desk_.SetOptions(options);
}

void Targeting::Observe(const FrameRecordPtr& record, const SceneInput& input, absl::Time arrival) {
  scene_.Observe(record, input, arrival);
  desk_.Recheck();
}

bool Targeting::Shutdown() {
  ledger_.Close();
  const bool blanked = desk_.Shutdown();
  scene_.Close();
  return blanked;
}

}  // namespace atomstream

// VisitReactor: one VisitTarget call. Hands the visit to the desk and finishes when it has ended
// and the beam is blanked, or when the caller has gone, which ends the visit; it never blocks a
// gRPC thread.
//
// Life: Start makes it; it owns itself until OnDone; the desk's `done` holds it besides. Exactly
// one of `done` and OnCancel finishes the call.
#ifndef ATOMSTREAM_SERVER_SERVICE_VISIT_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_VISIT_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "atomstream/v1/targeting.pb.h"
#include "core/base/mutex.h"
#include "server/targeting/visit_desk.h"

namespace atomstream {

class VisitReactor final : public grpc::ServerUnaryReactor {
 public:
  // `response` lives until OnDone; `desk` outlives the gRPC server.
  static VisitReactor* Start(const VisitRequest& request, VisitDesk* desk,
                             v1::VisitTargetResponse* response);
  // A call that is refused before it begins.
  static VisitReactor* Refuse(const grpc::Status& status);

  void OnCancel() override;
  void OnDone() override;

 private:
  VisitReactor(VisitDesk* desk, v1::VisitTargetResponse* response)
      : desk_(desk), response_(response) {}

  void OnReport(const VisitReport& report);
  // True for the first caller, who must then Finish.
  bool ClaimFinish();

  VisitDesk* const desk_;
  v1::VisitTargetResponse* const response_;  // of the one who claimed the finish
  std::shared_ptr<VisitReactor> self_;       // until OnDone

  Mutex mutex_;
  bool finish_claimed_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<VisitJob> job_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_VISIT_REACTOR_H_

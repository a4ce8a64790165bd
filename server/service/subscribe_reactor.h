// SubscribeReactor: one Subscribe call. A thin shell around a Subscription: one write in flight,
// the next event is taken when it is done or when the hub's hook says that something waits.
//
// Life: Start makes it; it owns itself until OnDone, which gRPC calls once, last. The hook holds it
// weakly. Everything ends in exactly one Finish: after a cancelled call, after the hub was closed
// and the mailbox emptied, or when the subscription was refused.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "atomstream/v1/analysis.pb.h"
#include "core/base/mutex.h"
#include "server/codec/result_codec.h"
#include "server/hub/result_hub.h"
#include "server/service/event_encoder.h"

namespace atomstream {

class SubscribeReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `wanted`: those of request.detectors(). `run` is the first message; its position is filled in
  // here. `hub` and `encoder` outlive the gRPC server.
  static SubscribeReactor* Start(const v1::SubscribeRequest& request, DetectorSet wanted,
                                 v1::RunDescription run, ResultHub* hub, EventEncoder* encoder);
  // A call that is refused before it begins.
  static SubscribeReactor* Refuse(const grpc::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  SubscribeReactor(const ResultParts& parts, EventEncoder* encoder);
  static std::shared_ptr<SubscribeReactor> Make(const ResultParts& parts, EventEncoder* encoder);

  // Writes the next event, or finishes, unless a write is in flight.
  void Pump();

  const ResultParts parts_;
  EventEncoder* const encoder_;
  std::shared_ptr<SubscribeReactor> self_;      // until OnDone
  std::unique_ptr<Subscription> subscription_;  // set before the first write, reset in OnDone
  grpc::ByteBuffer message_;                    // belongs to the write in flight

  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_

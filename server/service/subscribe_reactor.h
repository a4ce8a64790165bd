// SubscribeReactor: one Subscribe call. A thin shell around a ResultFeed: one write in flight, the
// next event is taken when it is done or when the feed says that there is more. A Heartbeat is
// written when nothing else was for an interval.
//
// Life: Start makes it; it owns itself until OnDone, which gRPC calls once, last. Feed and
// heartbeats hold it weakly. Everything ends in exactly one Finish: after a cancelled call, after
// the feed's end, or when the subscription was refused.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "core/base/mutex.h"
#include "server/codec/result_codec.h"
#include "server/delivery/delivery_desk.h"
#include "server/service/event_encoder.h"
#include "server/service/subscriber_account.h"

namespace atomstream {

// Who subscribes, and what serves it.
struct SubscribeParts {
  DeliveryDesk* desk = nullptr;  // these two outlive the gRPC server
  EventEncoder* encoder = nullptr;
  SubscriberAccount account;
};

class SubscribeReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `wanted`: those of request.detectors(). `run` is the first message; its positions and interval
  // are filled in here.
  static SubscribeReactor* Start(const v1::SubscribeRequest& request, DetectorSet wanted,
                                 v1::RunDescription run, SubscribeParts serving);
  // A call that is refused before it begins.
  static SubscribeReactor* Refuse(const grpc::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  SubscribeReactor(const ResultParts& parts, absl::Duration heartbeat_interval,
                   SubscribeParts serving);
  static std::shared_ptr<SubscribeReactor> Make(const ResultParts& parts,
                                                absl::Duration heartbeat_interval,
                                                SubscribeParts serving);

  // Writes the next event, or finishes, unless a write is in flight.
  void Pump();
  // Writes a Heartbeat if nothing was written for an interval; see Heartbeats::Beat.
  absl::Time Beat(absl::Time now);

  const ResultParts parts_;
  const absl::Duration heartbeat_interval_;
  DeliveryDesk* const desk_;
  EventEncoder* const encoder_;
  std::shared_ptr<SubscribeReactor> self_;  // until OnDone
  // These two are set before the first write, and given up in OnDone.
  std::shared_ptr<ResultFeed> feed_;
  int64_t heartbeat_ = 0;
  grpc::ByteBuffer message_;  // belongs to the write in flight

  Mutex mutex_;
  SubscriberAccount account_ ABSL_GUARDED_BY(mutex_);
  absl::string_view end_cause_ ABSL_GUARDED_BY(mutex_) = "reader_gone";
  absl::Time written_ ABSL_GUARDED_BY(mutex_);  // when the last write was done; steady clock
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIBE_REACTOR_H_

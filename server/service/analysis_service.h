// AnalysisService: the gRPC face of the daemon, package atomstream.v1, callback API. Reactions only
// translate and hand over; none waits. Owned by the daemon; what Parts names outlives the gRPC
// server.
#ifndef ATOMSTREAM_SERVER_SERVICE_ANALYSIS_SERVICE_H_
#define ATOMSTREAM_SERVER_SERVICE_ANALYSIS_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "core/lattice/material.h"
#include "server/delivery/delivery_desk.h"
#include "server/health/health_monitor.h"
#include "server/hub/result_hub.h"
#include "server/inference/model_reloader.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/pipeline.h"
#include "server/security/active_callers.h"
#include "server/service/analyze_messages.h"
#include "server/service/call_threads.h"
#include "server/service/event_encoder.h"
#include "server/store/frame_finder.h"
#include "server/store/result_store.h"

namespace atomstream {

struct AnalysisServiceParts {
  Pipeline* pipeline = nullptr;
  ResultHub* hub = nullptr;
  DeliveryDesk* delivery = nullptr;
  ResultStore* store = nullptr;
  const FrameFinder* frames = nullptr;
  PreviewShelf* previews = nullptr;
  CallThreads* call_threads = nullptr;
  DaemonMetrics* metrics = nullptr;
  const SettingsHolder* settings = nullptr;
  const Clock* steady_clock = nullptr;
  const ModelReloader* models = nullptr;  // null: no U-Net
  HealthMonitor* health = nullptr;        // null: components are not told
  Counter* trace_parents_malformed = nullptr;
  ActiveCallers* callers = nullptr;
  EventLog* log = nullptr;
};

// What GetStatus and the first message of a subscription say about the run.
struct RunInfo {
  std::string version;
  absl::Time start_time;
};

// Subscribe writes bytes (the raw form), because encoded results are shared between subscribers.
class AnalysisService final
    : public v1::Analysis::WithRawCallbackMethod_Subscribe<
          v1::Analysis::WithCallbackMethod_AnalyzeFrame<
              v1::Analysis::WithCallbackMethod_GetFrameResult<
                  v1::Analysis::WithCallbackMethod_ListFrameResults<
                      v1::Analysis::WithCallbackMethod_GetFrame<
                          v1::Analysis::WithCallbackMethod_GetStatus<v1::Analysis::Service>>>>>> {
 public:
  AnalysisService(const AnalysisServiceParts& parts, RunInfo run);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* AnalyzeFrame(grpc::CallbackServerContext* context,
                                         const v1::AnalyzeFrameRequest* request,
                                         v1::AnalyzeFrameResponse* response) override;
  grpc::ServerUnaryReactor* GetFrameResult(grpc::CallbackServerContext* context,
                                           const v1::GetFrameResultRequest* request,
                                           v1::GetFrameResultResponse* response) override;
  grpc::ServerUnaryReactor* ListFrameResults(grpc::CallbackServerContext* context,
                                             const v1::ListFrameResultsRequest* request,
                                             v1::ListFrameResultsResponse* response) override;
  grpc::ServerUnaryReactor* GetFrame(grpc::CallbackServerContext* context,
                                     const v1::GetFrameRequest* request,
                                     v1::GetFrameResponse* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;

 private:
  absl::Status CheckMaterial(const std::string& material) const;
  // By which the call's frame is found in logs and traces. A trace context that is malformed counts
  // as none.
  CallMarks MarksOf(const grpc::CallbackServerContext& context) const;

  const AnalysisServiceParts parts_;
  const RunInfo run_;
  AnalyzeMessages analyze_messages_;
  EventEncoder encoder_{parts_.previews};
  std::atomic<int64_t> unnamed_frames_{0};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_ANALYSIS_SERVICE_H_

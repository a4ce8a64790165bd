// subscriber_swarm ADDRESS COUNT stalled|reading: COUNT subscribers, each with a connection of its
// own, as from so many clients. Says "ready" when each has its first message, then reads on or does
// not, until it is killed.
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "atomstream/v1/analysis.grpc.pb.h"

namespace atomstream {
namespace {

struct Subscriber {
  std::unique_ptr<v1::Analysis::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader;
};

int Main(const std::string& address, int count, bool reading) {
  constexpr v1::DeliveryPolicy kPolicies[] = {v1::DELIVERY_POLICY_LATEST, v1::DELIVERY_POLICY_QUEUE,
                                              v1::DELIVERY_POLICY_LOSSLESS};
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("grpc.http2.bdp_probe", 0);
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (int i = 0; i < count; ++i) {
    auto subscriber = std::make_unique<Subscriber>();
    subscriber->stub = v1::Analysis::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    v1::SubscribeRequest request;
    request.set_policy(kPolicies[i % 3]);
    subscriber->reader = subscriber->stub->Subscribe(&subscriber->context, request);
    subscribers.push_back(std::move(subscriber));
  }
  v1::SubscribeResponse response;
  for (const auto& subscriber : subscribers) {
    if (!subscriber->reader->Read(&response)) {
      std::fprintf(stderr, "%s\n", subscriber->reader->Finish().error_message().c_str());
      return 1;
    }
  }
  std::printf("ready\n");
  std::fflush(stdout);
  std::vector<std::thread> threads;
  for (const auto& subscriber : subscribers) {
    if (!reading) break;
    threads.emplace_back([reader = subscriber->reader.get()] {
      v1::SubscribeResponse message;
      while (reader->Read(&message)) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  while (!reading) pause();
  return 0;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return atomstream::Main(argv[1], std::atoi(argv[2]), std::string(argv[3]) == "reading");
}

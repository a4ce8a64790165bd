#include "server/security/stream_warden.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

constexpr char kSubscribe[] = "/atomstream.v1.Analysis/Subscribe";

// Lets the first few waits pass at once, then waits for the end.
class FewWaits final : public InterruptibleWait {
 public:
  explicit FewWaits(int count) : left_(count) {}
  bool WaitFor(absl::Duration) override {
    MutexLock lock(&mutex_);
    if (left_ > 0) {
      --left_;
      return true;
    }
    used_up_ = true;
    changed_.NotifyAll();
    while (!interrupted_) changed_.Wait(&mutex_);
    return false;
  }
  void Interrupt() override {
    MutexLock lock(&mutex_);
    interrupted_ = true;
    changed_.NotifyAll();
  }
  void AwaitUsedUp() {
    MutexLock lock(&mutex_);
    while (!used_up_) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int left_ ABSL_GUARDED_BY(mutex_);
  bool used_up_ ABSL_GUARDED_BY(mutex_) = false;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

class StreamWardenTest : public testing::Test {
 protected:
  StreamWardenTest() { SetPolicy("cn=vera viewer\ncn=olga operator\n"); }

  void SetPolicy(const std::string& policy) {
    Credentials credentials;
    credentials.policy = *RolePolicy::Parse("p", policy);
    gate_.SetCredentials(std::make_shared<const Credentials>(std::move(credentials)));
  }

  RunningStream StreamOf(const std::string& name) {
    RunningStream stream;
    stream.facts.method = kSubscribe;
    stream.facts.certificate = PeerCertificate{.common_name = name};
    stream.caller.name = "cert:" + name;
    stream.end = [this, name](const CallRefusal& refusal) {
      MutexLock lock(&mutex_);
      ended_.push_back(name + " " + std::string(refusal.reason));
    };
    return stream;
  }
  std::vector<std::string> ended() {
    MutexLock lock(&mutex_);
    return ended_;
  }

  FakeClock clock_, steady_clock_;
  CallGate gate_{{.authenticate = true}, &clock_, &steady_clock_};
  std::atomic<int> told_ = 0;
  Mutex mutex_;
  std::vector<std::string> ended_ ABSL_GUARDED_BY(mutex_);
  StreamWarden warden_{&gate_, [this](const RunningStream& stream, const CallRefusal&) {
                         EXPECT_EQ(stream.facts.method, kSubscribe);
                         ++told_;
                       }};
};

TEST_F(StreamWardenTest, EndsTheStreamsOfWhoLostTheRoleAndNoOthers) {
  warden_.Add(StreamOf("vera"));
  warden_.Add(StreamOf("olga"));
  warden_.Sweep();
  EXPECT_TRUE(ended().empty());
  SetPolicy("cn=olga viewer\n");
  warden_.Sweep();
  EXPECT_EQ(ended(), std::vector<std::string>{"vera ROLE_MISSING"});
  EXPECT_EQ(told_, 1);
  warden_.Sweep();
  EXPECT_EQ(ended().size(), 1u) << "once";
}

TEST_F(StreamWardenTest, StreamsThatHaveEndedAreLeftAlone) {
  const int64_t number = warden_.Add(StreamOf("vera"));
  warden_.Remove(number);
  warden_.Remove(number);
  SetPolicy("cn=olga viewer\n");
  warden_.Sweep();
  EXPECT_TRUE(ended().empty());
}

TEST_F(StreamWardenTest, KeepsACopyOfWhatTheFactsPointTo) {
  auto method = std::make_unique<std::string>(kSubscribe);
  RunningStream stream = StreamOf("vera");
  stream.facts.method = *method;
  warden_.Add(std::move(stream));
  method->assign(method->size(), 'x');
  method.reset();
  warden_.Sweep();
  EXPECT_TRUE(ended().empty());
}

TEST_F(StreamWardenTest, LooksAgainAndAgainByItself) {
  FewWaits wait(3);
  StreamWarden warden(&gate_, [](const RunningStream&, const CallRefusal&) {});
  warden.Add(StreamOf("vera"));
  SetPolicy("cn=olga viewer\n");
  warden.Start(&wait);
  wait.AwaitUsedUp();
  EXPECT_EQ(ended(), std::vector<std::string>{"vera ROLE_MISSING"});
}

TEST_F(StreamWardenTest, EndsEachStreamOnceWhoeverSweeps) {
  for (int i = 0; i < 200; ++i) warden_.Add(StreamOf("vera"));
  std::vector<int64_t> others;
  for (int i = 0; i < 200; ++i) others.push_back(warden_.Add(StreamOf("olga")));
  SetPolicy("cn=nobody viewer\n");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([this] { warden_.Sweep(); });
  threads.emplace_back([&] {
    for (const int64_t number : others) warden_.Remove(number);
  });
  for (std::thread& thread : threads) thread.join();
  warden_.Sweep();
  int vera = 0;
  for (const std::string& line : ended()) vera += line.find("vera") == 0;
  EXPECT_EQ(vera, 200);
  EXPECT_LE(ended().size(), 400u);
}

}  // namespace
}  // namespace atomstream

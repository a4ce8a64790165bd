// Certificates and tokens of the link to the microscope that change while it is in use: over TLS,
// with certificates on both sides.
#include <gmock/gmock.h>
#include <grpc/grpc_security_constants.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/microscope.grpc.pb.h"
#include "core/base/mutex.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/log/event_log.h"
#include "server/simulator/simulator_server.h"
#include "server/source/microscope_beam.h"
#include "server/source/microscope_source.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Calls again until a connection has come about; only a test that fails reaches it.
constexpr absl::Duration kPatience = absl::Seconds(20);

// A microscope that believes the CA, but lets in one caller only, by the token or, without one, by
// the common name. It closes no connection.
class ChoosyMicroscope final : public v1::Microscope::Service {
 public:
  ChoosyMicroscope(const LabCa& ca, const std::string& admitted) : admitted_(admitted) {
    const KeyAndCertificate own = ca.Sign({.common_name = "scope"});
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = ca.certificate();
    options.pem_key_cert_pairs = {{own.key, own.certificate}};
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ChoosyMicroscope() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  // From now on; a stream of another ends.
  void Admit(const std::string& caller) {
    MutexLock lock(&mutex_);
    admitted_ = caller;
    changed_.NotifyAll();
  }
  // Connections that calls came over.
  size_t connections() {
    MutexLock lock(&mutex_);
    return peers_.size();
  }

  grpc::Status StreamFrames(grpc::ServerContext* context, const v1::StreamFramesRequest*,
                            grpc::ServerWriter<v1::StreamFramesResponse>* writer) override {
    MutexLock lock(&mutex_);
    if (const grpc::Status status = StatusOf(*context); !status.ok()) return status;
    v1::StreamFramesResponse response;
    v1::Frame& frame = *response.mutable_frame();
    frame.set_frame_number(1);
    frame.set_width_px(8);
    frame.set_height_px(8);
    frame.set_pixel_type(v1::PIXEL_TYPE_U8);
    frame.set_pixels(std::string(64, '\1'));
    writer->Write(response);
    while (StatusOf(*context).ok() && !context->IsCancelled()) {
      changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(5));
    }
    return StatusOf(*context);
  }
  grpc::Status BlankBeam(grpc::ServerContext* context, const v1::BlankBeamRequest*,
                         v1::BlankBeamResponse*) override {
    MutexLock lock(&mutex_);
    return StatusOf(*context);
  }

 private:
  grpc::Status StatusOf(const grpc::ServerContext& context) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    peers_.insert(context.peer());
    const auto token = context.client_metadata().find("authorization");
    if (token != context.client_metadata().end()) {
      const std::string shown(token->second.data(), token->second.size());
      return shown == "Bearer " + admitted_
                 ? grpc::Status::OK
                 : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the token was revoked");
    }
    const std::vector<grpc::string_ref> names =
        context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
    return names.size() == 1 && names[0] == admitted_
               ? grpc::Status::OK
               : grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not this name");
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  Mutex mutex_;
  CondVar changed_;
  std::string admitted_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> peers_ ABSL_GUARDED_BY(mutex_);
};

// Keeps what was written.
class KeptLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Keep(message); }
  void Warning(absl::string_view message) override { Keep(message); }
  std::vector<std::string> lines() {
    MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  void Keep(absl::string_view message) {
    MutexLock lock(&mutex_);
    lines_.emplace_back(message);
  }

  Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

class MicroscopeRotationTest : public testing::Test {
 protected:
  MicroscopeRotationTest() {
    UseDaemonPair(old_, "old");
    Serve(old_);
    source_.address = simulator_->address();
    source_.security = security_;
  }

  static std::string Path(const std::string& name) {
    return absl::StrCat(testing::TempDir(), "microscope_rotation_", getpid(), "_", name);
  }
  static std::string Write(const std::string& name, const std::string& text) {
    return WriteWhole(Path(name), text);
  }

  // On the same port as before, if there is one. Takes only whom `ca` signed.
  void Serve(const LabCa& ca) {
    SimulatorOptions options;
    options.address = simulator_ == nullptr ? "127.0.0.1:0" : simulator_->address();
    simulator_.reset();
    const KeyAndCertificate scope = ca.Sign({.common_name = "scope"});
    options.tls_certificate = Write("scope.crt", scope.certificate);
    options.tls_key = Write("scope.key", scope.key);
    options.client_ca = Write("scope_ca.crt", ca.certificate());
    options.size_px = 32;
    options.rate_hz = 100;
    auto simulator = SimulatorServer::Start(options, &clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.status();
    simulator_ = *std::move(simulator);
  }

  void UseDaemonPair(const LabCa& ca, const std::string& name) {
    const KeyAndCertificate pair = ca.Sign({.common_name = name});
    key_ = pair.key;
    security_ = {.ca = Write("ca.crt", ca.certificate()),
                 .certificate = Write("daemon.crt", pair.certificate),
                 .key = Write("daemon.key", pair.key)};
  }

  static absl::Status NextFrame(FrameSource& source) {
    const absl::Time deadline = absl::Now() + kPatience;
    absl::Status status;
    do {
      status = source.Next().status();
    } while (!status.ok() && absl::Now() < deadline);
    return status;
  }

  const SystemClock clock_;
  const LabCa old_, next_;
  ChannelSecurity security_;
  std::string key_;  // in it
  MicroscopeSourceOptions source_;
  std::unique_ptr<SimulatorServer> simulator_;
};

TEST_F(MicroscopeRotationTest, ALinkThatWasLostIsMadeAnewWithTheCertificatesThatAreThereThen) {
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  Serve(next_);
  // What was buffered comes first, then the link is lost, and the old pair is not let in.
  absl::Status status;
  while (status.ok()) status = (*source)->Next().status();
  EXPECT_EQ((*source)->Next().status().code(), absl::StatusCode::kUnavailable);
  UseDaemonPair(next_, "new");
  EXPECT_EQ(NextFrame(**source), absl::OkStatus());
}

TEST_F(MicroscopeRotationTest, APairThatDoesNotFitIsNotUsed) {
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  Write("daemon.key", old_.Sign({.common_name = "another"}).key);
  Serve(old_);
  absl::Status status;
  while (status.ok()) status = (*source)->Next().status();
  EXPECT_EQ(NextFrame(**source), absl::OkStatus()) << "with the pair before";
}

TEST_F(MicroscopeRotationTest, TheBeamHasTheNewCertificatesToo) {
  auto beam = MakeMicroscopeBeam(source_.address, security_);
  ASSERT_TRUE(beam.ok()) << beam.status();
  ASSERT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
  Serve(next_);
  EXPECT_FALSE((*beam)->Blank(absl::Seconds(1)).ok());
  UseDaemonPair(next_, "new");
  EXPECT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
}

TEST_F(MicroscopeRotationTest, ATokenIsReplacedThoughTheConnectionStays) {
  ChoosyMicroscope microscope(old_, "token-1");
  source_.address = microscope.address();
  source_.security.token_file = Write("token", "token-1\n");
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  Write("token", "token-2\n");
  microscope.Admit("token-2");
  const absl::Status refused = (*source)->Next().status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the token was revoked"));
  EXPECT_EQ((*source)->Next().status(), absl::OkStatus()) << "the very next stream";
}

TEST_F(MicroscopeRotationTest, ACertificateOfAnotherNameIsUsedThoughTheConnectionStays) {
  ChoosyMicroscope microscope(old_, "old");
  source_.address = microscope.address();
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  UseDaemonPair(old_, "new");
  microscope.Admit("new");
  const absl::Status refused = (*source)->Next().status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("not this name"));
  EXPECT_EQ((*source)->Next().status(), absl::OkStatus());
}

TEST_F(MicroscopeRotationTest, TheBeamOfWhoIsRefusedLooksForAnotherTokenEachTime) {
  ChoosyMicroscope microscope(old_, "token-1");
  ChannelSecurity security = security_;
  security.token_file = Write("token", "token-1\n");
  auto beam = MakeMicroscopeBeam(microscope.address(), security);
  ASSERT_TRUE(beam.ok()) << beam.status();
  ASSERT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
  microscope.Admit("token-2");
  EXPECT_EQ((*beam)->Blank(kPatience).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ((*beam)->Blank(kPatience).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(microscope.connections(), 1u) << "with the same files nothing is dialled anew";
  Write("token", "token-2\n");
  EXPECT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
  EXPECT_EQ(microscope.connections(), 2u);
}

// Counts how often files are opened from now on.
class OpenCount {
 public:
  explicit OpenCount(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      paths_[inotify_add_watch(queue_, path.c_str(), IN_OPEN)] = path;
    }
  }
  OpenCount(const OpenCount&) = delete;
  OpenCount& operator=(const OpenCount&) = delete;
  ~OpenCount() { close(queue_); }

  std::map<std::string, int> Take() {
    std::map<std::string, int> counts;
    // Of watches of files, an event is no longer than its head.
    inotify_event event;
    while (read(queue_, &event, sizeof(event)) == sizeof(event)) ++counts[paths_[event.wd]];
    return counts;
  }

 private:
  const int queue_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  std::map<int, std::string> paths_;
};

TEST_F(MicroscopeRotationTest, TheFilesThatAreLookedAtAreReadOnceAndDialledWith) {
  ChoosyMicroscope microscope(old_, "token-1");
  ChannelSecurity security = security_;
  security.token_file = Write("token", "token-1\n");
  const std::vector<std::string> files = {security.ca, security.certificate, security.key,
                                          security.token_file};
  std::map<std::string, int> once;
  for (const std::string& file : files) once[file] = 1;
  OpenCount opened(files);
  auto beam = MakeMicroscopeBeam(microscope.address(), security);
  ASSERT_TRUE(beam.ok()) << beam.status();
  EXPECT_EQ(opened.Take(), once);
  for (const std::string& file : files) unlink(file.c_str());
  EXPECT_EQ((*beam)->Blank(kPatience), absl::OkStatus()) << "the texts are kept";
}

TEST_F(MicroscopeRotationTest, SaysOnceThatTheFilesCannotBeUsedAndOnceMoreAfterTheyCould) {
  ChoosyMicroscope microscope(old_, "nobody");
  source_.address = microscope.address();
  KeptLog log;
  source_.log = &log;
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  const std::string other = old_.Sign({.common_name = "another"}).key;
  const auto refused = [&] { return (*source)->Next().status().code(); };
  ASSERT_EQ(refused(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(log.lines(), IsEmpty());
  Write("daemon.key", other);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(refused(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("daemon.key: is not the key of")));
  Write("daemon.key", key_);
  ASSERT_EQ(refused(), absl::StatusCode::kUnavailable);
  Write("daemon.key", other);
  ASSERT_EQ(refused(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(log.lines(), SizeIs(2));
}

}  // namespace
}  // namespace atomstream

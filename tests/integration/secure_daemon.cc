#include "tests/integration/secure_daemon.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/targeting.pb.h"
#include "client/cpp/channel.h"
#include "google/rpc/status.pb.h"
#include "server/config/config.h"
#include "server/security/call_gate.h"
#include "server/security/secret_hash.h"

namespace atomstream {
namespace {

constexpr char kSalt[] = "00112233445566778899aabbccddeeff";
constexpr absl::Duration kPatience = absl::Minutes(1);  // only a test that fails waits for it

std::string Tokens() {
  const absl::Time now = absl::Now();
  const absl::Time later = now + absl::Hours(1);
  return absl::StrCat(TokenLine("vic.1", "viewer", later), TokenLine("olaf.1", "operator", later),
                      TokenLine("axel.1", "agent", later), TokenLine("ada.1", "admin", later),
                      TokenLine("late.1", "admin", now - absl::Seconds(2)));
}

// The services that a server says that it has. The messages of reflection are no package of Debian:
// they are read as fields without names.
std::vector<std::string> ServicesOf(const std::shared_ptr<grpc::Channel>& channel) {
  std::string answer;
  const CallOutcome outcome =
      CallMethod(channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                 "\x3a\x01*", "", &answer);  // list_services = 7: "*"
  EXPECT_TRUE(outcome.answered) << outcome.status.error_message();
  const auto parse = [](const std::string& bytes) {
    auto message = std::make_unique<google::protobuf::Empty>();
    EXPECT_TRUE(message->ParseFromString(bytes));
    return message;
  };
  const auto each = [&](const google::protobuf::Empty& message, int number, auto&& fn) {
    const google::protobuf::UnknownFieldSet& fields =
        message.GetReflection()->GetUnknownFields(message);
    for (int i = 0; i < fields.field_count(); ++i) {
      const google::protobuf::UnknownField& field = fields.field(i);
      if (field.number() == number &&
          field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
        fn(field.length_delimited());
      }
    }
  };
  std::vector<std::string> names;
  // list_services_response = 6 { service = 1 { name = 1 } }
  each(*parse(answer), 6, [&](const std::string& list) {
    each(*parse(list), 1, [&](const std::string& service) {
      each(*parse(service), 1, [&](const std::string& name) { names.push_back(name); });
    });
  });
  return names;
}

// What `next` waits for has to come.
bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return ok;
}

}  // namespace

std::string TokenLine(const std::string& token, const std::string& role, absl::Time expires) {
  return absl::StrCat(token.substr(0, token.find('.')), " ", role, " ",
                      absl::FormatTime(absl::RFC3339_sec, expires, absl::UTCTimeZone()), " ", kSalt,
                      " ", absl::BytesToHexString(SecretHash(kSalt, token)), "\n");
}

SecureDaemon::SecureDaemon(bool require_certificate)
    : SecureDaemon(require_certificate, HarnessOptions()) {}

SecureDaemon::SecureDaemon(bool require_certificate, HarnessOptions options,
                           absl::Duration reload_interval)
    : folder_(absl::StrCat(testing::TempDir(), "secure_daemon_", getpid(), "_",
                           absl::ToUnixNanos(absl::Now()))) {
  std::filesystem::create_directories(folder_);
  const KeyAndCertificate server = ca_.Sign({.common_name = "atomstreamd"});
  tls_ = {.certificate = WriteWhole(File("server.crt"), server.certificate),
          .key = WriteWhole(File("server.key"), server.key),
          .client_ca = WriteWhole(File("ca.crt"), ca_.certificate()),
          .require_client_certificate = require_certificate,
          .reload_interval = reload_interval};
  SecurityOptions& security = options.daemon.security;
  security.tls = tls_;
  security.policy_file = WriteWhole(
      File("policy"), "cn=vera viewer\ncn=olga operator\ncn=agnes agent\ncn=adam admin\n");
  security.token_file = WriteWhole(File("tokens"), Tokens());
  absl::StatusOr<Credentials> credentials = LoadCredentials(security);
  EXPECT_TRUE(credentials.ok()) << credentials.status();
  options.credentials = *std::move(credentials);
  const auto loaded = LoadConfigFile(
      WriteWhole(File("daemon.textproto"),
                 absl::StrCat("security { tls { certificate: 'server.crt' key: 'server.key' "
                              "client_ca: 'ca.crt' require_client_certificate: ",
                              require_certificate ? "true" : "false",
                              " } policy_file: 'policy' token_file: 'tokens' }\n")));
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  options.operations.config = {File("daemon.textproto"), loaded->config};
  harness_ = std::make_unique<DaemonHarness>(std::move(options));
}

absl::Status SecureDaemon::Reload() {
  // Shared, so that it is there for a call that comes late.
  auto answer = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> status = answer->get_future();
  const absl::Status accepted =
      harness_->daemon().Reload({}, [answer](const absl::StatusOr<ReloadOutcome>& outcome) {
        answer->set_value(outcome.status());
      });
  return accepted.ok() ? status.get() : accepted;
}

std::string SecureDaemon::File(const std::string& name) const {
  return absl::StrCat(folder_, "/", name);
}

ChannelSecurity SecureDaemon::Person(const std::string& common_name) const {
  const KeyAndCertificate person = ca_.Sign({.common_name = common_name});
  return {.ca = tls_.client_ca,
          .certificate = WriteWhole(File(common_name + ".crt"), person.certificate),
          .key = WriteWhole(File(common_name + ".key"), person.key)};
}

std::shared_ptr<grpc::Channel> SecureDaemon::Dial(const std::string& common_name,
                                                  const std::string& token) const {
  ChannelSecurity security = {.ca = tls_.client_ca};
  if (!common_name.empty()) security = Person(common_name);
  if (!token.empty()) security.token_file = WriteWhole(File("token_of_client"), token + "\n");
  return Dial(security);
}

std::shared_ptr<grpc::Channel> SecureDaemon::Dial(const ChannelSecurity& security) const {
  auto channel = MakeChannel(
      {.address = absl::StrCat("127.0.0.1:", harness_->daemon().port()), .security = security});
  EXPECT_TRUE(channel.ok()) << channel.status();
  return channel.ok() ? *channel : nullptr;
}

CallOutcome CallMethod(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                       const std::string& request, const std::string& authorization,
                       std::string* first_answer) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  Next(queue);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  call->WriteLast(bytes, grpc::WriteOptions(), nullptr);
  Next(queue);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  CallOutcome outcome;
  outcome.answered = Next(queue);
  if (outcome.answered && first_answer != nullptr) {
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(answer.Dump(&slices).ok());
    for (const grpc::Slice& part : slices) {
      first_answer->append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  if (outcome.answered) context.TryCancel();
  call->Finish(&outcome.status, nullptr);
  Next(queue);
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(outcome.status.error_details()));
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) outcome.reason = info.reason();
    if (detail.UnpackTo(&retry)) {
      outcome.has_retry_info = true;
      outcome.retry_delay_s =
          static_cast<double>(retry.retry_delay().seconds()) + retry.retry_delay().nanos() * 1e-9;
    }
  }
  return outcome;
}

bool IsRefusal(const CallOutcome& outcome) {
  for (const absl::string_view reason :
       {kCredentialsMissing, kTokenInvalid, kTokenExpired, kRoleMissing, kRoleInsufficient,
        kMethodUnknown, kRequestTooLarge, kRateLimited, kTooManyStreams}) {
    if (outcome.reason == reason) return true;
  }
  return !outcome.answered && outcome.reason.empty() && !outcome.status.ok();  // of gRPC itself
}

std::string RequestThatEnds(const std::string& path) {
  if (path != "/atomstream.v1.Targeting/WatchTargets") return "";
  v1::WatchTargetsRequest request;
  request.mutable_criteria()->set_patience_frames(-1);
  return request.SerializeAsString();
}

std::vector<std::string> SecureDaemon::MethodsOf(bool ours) {
  if (services_.empty()) services_ = ServicesOf(Dial("vera", "ada.1"));
  std::vector<std::string> paths;
  for (const std::string& service : services_) {
    const bool is_ours = absl::StartsWith(service, "atomstream.");
    if (is_ours != ours) continue;
    std::vector<std::string> methods;
    if (service == "grpc.health.v1.Health") methods = {"Check", "Watch"};
    if (service == "grpc.reflection.v1alpha.ServerReflection") methods = {"ServerReflectionInfo"};
    if (is_ours) {
      const auto* descriptor =
          google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
      for (int m = 0; descriptor != nullptr && m < descriptor->method_count(); ++m) {
        methods.push_back(descriptor->method(m)->name());
      }
    }
    EXPECT_FALSE(methods.empty()) << service << ": a service whose methods are not tested";
    for (const std::string& method : methods) {
      paths.push_back(absl::StrCat("/", service, "/", method));
    }
  }
  EXPECT_FALSE(paths.empty());
  return paths;
}

}  // namespace atomstream

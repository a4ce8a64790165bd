// The link to the microscope over TLS, with certificates on both sides.
#include <grpc/grpc_security_constants.h>

#include "gmock/gmock.h"
#include "server/source/microscope_source.h"
#include "tests/server/security/lab_ca.h"
#include "tests/server/source/fake_microscope.h"

namespace atomstream {
namespace {

class MicroscopeTlsTest : public testing::Test {
 protected:
  MicroscopeTlsTest() {
    v1::Frame frame;
    frame.set_frame_id("frame-1");
    frame.set_frame_number(1);
    frame.set_width_px(8);
    frame.set_height_px(8);
    frame.set_pixel_type(v1::PIXEL_TYPE_U8);
    frame.set_pixels(std::string(64, '\1'));
    const KeyAndCertificate server = ca_.Sign({.common_name = "scope"});
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = ca_.certificate();
    options.pem_key_cert_pairs = {{server.key, server.certificate}};
    microscope_ = std::make_unique<FakeMicroscope>(std::vector<FakeMicroscope::Script>{{{frame}}},
                                                   grpc::SslServerCredentials(options));
    const KeyAndCertificate daemon = ca_.Sign({.common_name = "atomstreamd"});
    security_ = {.ca = Write("ca.crt", ca_.certificate()),
                 .certificate = Write("daemon.crt", daemon.certificate),
                 .key = Write("daemon.key", daemon.key)};
  }

  static std::string Write(const std::string& name, const std::string& text) {
    return WriteWhole(testing::TempDir() + "microscope_tls_" + name, text);
  }

  absl::Status FirstFrame(const ChannelSecurity& security) {
    MicroscopeSourceOptions options;
    options.address = microscope_->address();
    options.security = security;
    auto source = MakeMicroscopeSource(options, &clock_, &clock_);
    return source.ok() ? (*source)->Next().status() : source.status();
  }

  const SystemClock clock_;
  const LabCa ca_;
  ChannelSecurity security_;
  std::unique_ptr<FakeMicroscope> microscope_;
};

TEST_F(MicroscopeTlsTest, DeliversFramesToWhoShowsACertificate) {
  EXPECT_EQ(FirstFrame(security_), absl::OkStatus());
}

TEST_F(MicroscopeTlsTest, DeliversNothingInTheClearOrWithoutACertificate) {
  EXPECT_EQ(FirstFrame({}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(FirstFrame({.ca = security_.ca}).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(FirstFrame(security_).ok()) << "the frame is still there";
}

TEST_F(MicroscopeTlsTest, BelievesNoMicroscopeOfAnotherCaOrName) {
  ChannelSecurity other = security_;
  other.ca = Write("other.crt", LabCa().certificate());
  EXPECT_EQ(FirstFrame(other).code(), absl::StatusCode::kUnavailable);
  other = security_;
  other.server_name = "another.lab.example";
  EXPECT_EQ(FirstFrame(other).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(FirstFrame(security_).ok()) << "the frame is still there";
}

TEST_F(MicroscopeTlsTest, SaysWhichFileIsMissingBeforeItDials) {
  security_.key = "/no/such.key";
  const absl::Status status = FirstFrame(security_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/no/such.key"));
}

}  // namespace
}  // namespace atomstream

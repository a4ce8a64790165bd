#include "server/security/certificate_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class CertificateFilesTest : public testing::Test {
 protected:
  CertificateFilesTest() {
    files_ = {.field = "security.tls",
              .certificate = Write("server.crt", server_.certificate),
              .key = Write("server.key", server_.key),
              .ca_field = "client_ca",
              .ca = Write("ca.crt", ca_.certificate())};
  }

  static std::string Path(const std::string& name) {
    return absl::StrCat(testing::TempDir(), "certificate_files_", getpid(), "_", name);
  }
  static std::string Write(const std::string& name, const std::string& text, int mode = 0600) {
    return WriteWhole(Path(name), text, mode);
  }

  std::string Complaint(absl::Time now = absl::Now()) const {
    const absl::Status status = ReadCertificates(files_, now).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }
  std::string ComplaintOfCertificate(const std::string& path) {
    files_.certificate = path;
    const std::string complaint = Complaint();
    const std::string begin = absl::StrCat("security.tls.certificate = ", path, ": ");
    EXPECT_THAT(complaint, StartsWith(begin));
    return complaint.substr(std::min(begin.size(), complaint.size()));
  }
  std::string ComplaintOfKey(const std::string& path) {
    files_.key = path;
    const std::string complaint = Complaint();
    const std::string begin = absl::StrCat("security.tls.key = ", path, ": ");
    EXPECT_THAT(complaint, StartsWith(begin));
    return complaint.substr(std::min(begin.size(), complaint.size()));
  }

  const LabCa ca_;
  const KeyAndCertificate server_ = ca_.Sign({.common_name = "server"});
  CertificateFiles files_;
};

TEST_F(CertificateFilesTest, TakesACertificateWithItsKeyAndSaysWhenItEnds) {
  const absl::Time now = absl::Now();
  const auto read = ReadCertificates(files_, now);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->certificate, server_.certificate);
  EXPECT_EQ(read->key, server_.key);
  EXPECT_EQ(read->ca, ca_.certificate());
  // They were made for an hour, some time before now: whole seconds, on a machine under load.
  EXPECT_LE(read->certificate_end, now + absl::Hours(1));
  EXPECT_GT(read->certificate_end, now + absl::Minutes(50));
  files_.ca.clear();
  const auto without_ca = ReadCertificates(files_, now);
  ASSERT_TRUE(without_ca.ok()) << without_ca.status();
  EXPECT_EQ(without_ca->ca_end, absl::InfiniteFuture());
}

TEST_F(CertificateFilesTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ComplaintOfCertificate("/no/such.crt"), "cannot be read: No such file or directory");
  EXPECT_EQ(ComplaintOfCertificate(testing::TempDir()), "is a folder");
  std::filesystem::remove(Path("pipe"));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ComplaintOfCertificate(Path("pipe")), "is a pipe, not a file");
  if (geteuid() == 0) return;  // root may read everything
  EXPECT_EQ(ComplaintOfCertificate(Write("closed.crt", server_.certificate, 0)),
            "cannot be read: Permission denied");
}

TEST_F(CertificateFilesTest, SaysWhatAFileHoldsInsteadOfACertificate) {
  EXPECT_EQ(ComplaintOfCertificate(Write("empty.crt", "")), "is empty");
  EXPECT_EQ(ComplaintOfCertificate(Write("der.crt", DerOf(server_.certificate))),
            "is DER, not PEM; openssl x509 -inform DER makes PEM of it");
  EXPECT_EQ(ComplaintOfCertificate(files_.key), "holds no PEM certificate, but a private key");
  EXPECT_EQ(ComplaintOfCertificate(Write("junk.crt", "junk")), "holds no PEM certificate");
  EXPECT_EQ(ComplaintOfCertificate(Write("half.crt", server_.certificate.substr(0, 200))),
            "holds a PEM certificate that cannot be read: cut off or damaged");
  EXPECT_EQ(ComplaintOfCertificate(
                Write("half_chain.crt", server_.certificate + ca_.certificate().substr(0, 200))),
            "certificate 2 in it cannot be read: cut off or damaged");
}

TEST_F(CertificateFilesTest, SaysWhatAFileHoldsInsteadOfAKey) {
  const std::string certificate = files_.certificate;
  EXPECT_EQ(ComplaintOfKey(Write("empty.key", "")), "is empty");
  EXPECT_EQ(ComplaintOfKey(certificate), "holds no PEM key, but a certificate");
  EXPECT_EQ(ComplaintOfKey(Write("der.key", DerOf(server_.certificate))),
            "is DER, not PEM; openssl pkey -inform DER makes PEM of it");
  EXPECT_THAT(ComplaintOfKey(Write("locked.key", WithPassphrase(server_.key, "secret"))),
              StartsWith("has a passphrase"));
  EXPECT_EQ(ComplaintOfKey(Write("half.key", server_.key.substr(0, 60))),
            "holds a PEM key that cannot be read: cut off or damaged");
  EXPECT_EQ(ComplaintOfKey(Write("other.key", ca_.Sign({.common_name = "other"}).key)),
            absl::StrCat("is not the key of ", certificate));
}

TEST_F(CertificateFilesTest, RefusesAKeyThatEverybodyCanRead) {
  EXPECT_THAT(ComplaintOfKey(Write("open.key", server_.key, 0644)), HasSubstr("chmod o-rw"));
  files_.key = Write("group.key", server_.key, 0640);
  EXPECT_TRUE(ReadCertificates(files_, absl::Now()).ok());
}

TEST_F(CertificateFilesTest, RefusesACertificateThatIsOverOrHasNotBegun) {
  EXPECT_THAT(Complaint(absl::Now() + absl::Hours(2)), HasSubstr("has expired, at 2"));
  EXPECT_THAT(Complaint(absl::Now() - absl::Hours(2)), HasSubstr("is not valid before 2"));
}

TEST_F(CertificateFilesTest, RefusesACertificateThatTlsWouldNotTake) {
  const KeyAndCertificate weak = WeakPair();
  files_.certificate = Write("weak.crt", weak.certificate);
  files_.key = Write("weak.key", weak.key);
  EXPECT_THAT(Complaint(), HasSubstr("OpenSSL does not take it: ee key too small"));
}

TEST_F(CertificateFilesTest, OfSeveralCasOneThatIsValidWillDo) {
  const KeyAndCertificate old =
      ca_.Sign({.common_name = "old CA", .begins = -absl::Hours(2), .ends = -absl::Hours(1)});
  files_.ca = Write("cas.crt", old.certificate + ca_.certificate());
  const absl::Time now = absl::Now();
  const auto read = ReadCertificates(files_, now);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_GT(read->ca_end, now + absl::Minutes(50)) << "the end of the one that lets callers in";
  files_.ca = Write("cas.crt", ca_.certificate() + old.certificate);
  EXPECT_EQ(ReadCertificates(files_, now)->ca_end, read->ca_end) << "in any order";
  EXPECT_THAT(EndWarnings(files_, *read, now - kEndsSoon), IsEmpty());
  files_.ca = Write("cas.crt", old.certificate);
  EXPECT_THAT(Complaint(), HasSubstr("security.tls.client_ca = "));
}

TEST_F(CertificateFilesTest, AChainIsGoodUntilItsFirstCertificateEnds) {
  const KeyAndCertificate old_cross =
      ca_.Sign({.common_name = "lab CA", .begins = -absl::Hours(2), .ends = -absl::Hours(1)});
  const absl::Time now = absl::Now();
  const absl::Time alone = ReadCertificates(files_, now)->certificate_end;
  files_.certificate = Write("chain.crt", server_.certificate + old_cross.certificate);
  const auto read = ReadCertificates(files_, now);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->certificate_end, alone);
}

TEST_F(CertificateFilesTest, WhatServesAlreadyIsGoodForEver) {
  const auto before = ReadCertificates(files_, absl::Now());
  ASSERT_TRUE(before.ok()) << before.status();
  const absl::Time late = absl::Now() + absl::Hours(2);
  EXPECT_FALSE(ReadCertificates(files_, late).ok());
  EXPECT_EQ(*ReadCertificates(files_, late, &*before), *before);
  files_.ca = Write("other_ca.crt", LabCa().certificate());
  EXPECT_FALSE(ReadCertificates(files_, late, &*before).ok()) << "another CA is another group";
}

TEST_F(CertificateFilesTest, WarnsOfWhatEndsSoon) {
  const absl::Time now = absl::Now();
  Certificates certificates;
  certificates.certificate_end = now + absl::Hours(24 * 14) + absl::Seconds(1);
  EXPECT_THAT(EndWarnings(files_, certificates, now), IsEmpty());
  certificates.certificate_end = now + absl::Hours(24 * 3 + 5);
  certificates.ca_end = now - absl::Hours(1);
  EXPECT_THAT(EndWarnings(files_, certificates, now),
              ElementsAre(StartsWith(absl::StrCat("security.tls.certificate = ", files_.certificate,
                                                  ": ends in 3 days, at 2")),
                          StartsWith(absl::StrCat("security.tls.client_ca = ", files_.ca,
                                                  ": ended at 2"))));
}

}  // namespace
}  // namespace atomstream

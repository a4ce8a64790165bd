#include "tests/server/security/lab_ca.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>

namespace atomstream {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(const Bio& bio) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(length));
}

std::string PemOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  EXPECT_EQ(PEM_write_bio_X509(bio.get(), certificate), 1);
  return TextOf(bio);
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  EXPECT_EQ(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  return TextOf(bio);
}

EVP_PKEY* NewKey() { return EVP_EC_gen("P-256"); }

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

// Without issuer, key of the issuer and signature.
X509* NewCertificate(EVP_PKEY* key, const LabCa::Wish& wish) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);  // counts from 0: version 3
  int serial = 0;
  EXPECT_EQ(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)), 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial & 0x7fffffff);
  X509_gmtime_adj(X509_getm_notBefore(certificate),
                  static_cast<long>(absl::ToInt64Seconds(wish.begins)));
  X509_gmtime_adj(X509_getm_notAfter(certificate),
                  static_cast<long>(absl::ToInt64Seconds(wish.ends)));
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                             -1, 0);
  return certificate;
}

X509* NewAuthority(EVP_PKEY* key) {
  X509* authority = NewCertificate(key, {.common_name = "lab CA"});
  X509_set_issuer_name(authority, X509_get_subject_name(authority));
  AddExtension(authority, authority, NID_basic_constraints, "critical,CA:TRUE");
  EXPECT_NE(X509_sign(authority, key, EVP_sha256()), 0);
  return authority;
}

}  // namespace

LabCa::LabCa()
    : key_(NewKey(), &EVP_PKEY_free), certificate_(NewAuthority(key_.get()), &X509_free) {}

KeyAndCertificate LabCa::Sign(const Wish& wish) const {
  const Key key(NewKey(), &EVP_PKEY_free);
  const Certificate certificate(NewCertificate(key.get(), wish), &X509_free);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  if (!wish.alternative_names.empty()) {
    AddExtension(certificate.get(), certificate_.get(), NID_subject_alt_name,
                 wish.alternative_names);
  }
  EXPECT_NE(X509_sign(certificate.get(), key_.get(), EVP_sha256()), 0);
  return {.key = PemOf(key.get()), .certificate = PemOf(certificate.get())};
}

std::string LabCa::certificate() const { return PemOf(certificate_.get()); }

std::string DerOf(const std::string& certificate) {
  const Bio bio(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())),
                &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> parsed(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  const Bio der(BIO_new(BIO_s_mem()), &BIO_free);
  EXPECT_EQ(i2d_X509_bio(der.get(), parsed.get()), 1);
  return TextOf(der);
}

std::string WithPassphrase(const std::string& key, const std::string& passphrase) {
  const Bio bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> parsed(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const Bio pem(BIO_new(BIO_s_mem()), &BIO_free);
  EXPECT_EQ(
      PEM_write_bio_PKCS8PrivateKey(pem.get(), parsed.get(), EVP_aes_128_cbc(), passphrase.data(),
                                    static_cast<int>(passphrase.size()), nullptr, nullptr),
      1);
  return TextOf(pem);
}

KeyAndCertificate WeakPair() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(512), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      NewCertificate(key.get(), {.common_name = "weak"}), &X509_free);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  EXPECT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  return {.key = PemOf(key.get()), .certificate = PemOf(certificate.get())};
}

std::string WriteWhole(const std::string& path, const std::string& text, int mode) {
  const std::string next = path + ".next";
  std::ofstream(next, std::ios::binary) << text;
  EXPECT_EQ(chmod(next.c_str(), static_cast<mode_t>(mode)), 0);
  EXPECT_EQ(std::rename(next.c_str(), path.c_str()), 0);
  return path;
}

}  // namespace atomstream

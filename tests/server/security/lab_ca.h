// LabCa: a certificate authority that lives as long as a test, and certificates that it signs.
// Made with libcrypto; EC keys, so that making one takes a millisecond. One thread.
#ifndef ATOMSTREAM_TESTS_SERVER_SECURITY_LAB_CA_H_
#define ATOMSTREAM_TESTS_SERVER_SECURITY_LAB_CA_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace atomstream {

// PEM.
struct KeyAndCertificate {
  std::string key;
  std::string certificate;
};

class LabCa {
 public:
  LabCa();

  struct Wish {
    std::string common_name;
    std::string alternative_names = "DNS:localhost,IP:127.0.0.1";  // as openssl.cnf has them
    absl::Duration begins = -absl::Hours(1);                       // from now
    absl::Duration ends = absl::Hours(1);
  };
  KeyAndCertificate Sign(const Wish& wish) const;

  std::string certificate() const;  // PEM; ends in an hour

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  const Key key_;
  const Certificate certificate_;
};

// The certificate or key in other forms.
std::string DerOf(const std::string& certificate);
std::string WithPassphrase(const std::string& key, const std::string& passphrase);

// Of too small a key for OpenSSL's default security level, signed by itself.
KeyAndCertificate WeakPair();

// Writes `text` whole to a new file and moves it to `path`; returns `path`.
std::string WriteWhole(const std::string& path, const std::string& text, int mode = 0600);

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_SECURITY_LAB_CA_H_

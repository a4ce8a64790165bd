// What is in a PEM file, as far as TLS needs to know before the first handshake. Any thread.
#ifndef ATOMSTREAM_SERVER_SECURITY_PEM_H_
#define ATOMSTREAM_SERVER_SECURITY_PEM_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace atomstream {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// At least one. InvalidArgument says what the text holds instead.
absl::StatusOr<std::vector<X509Ptr>> CertificatesOfPem(const std::string& text);

// InvalidArgument says what the text holds instead. Nobody is asked for a passphrase.
absl::StatusOr<KeyPtr> KeyOfPem(const std::string& text);

absl::Time BeginOf(const X509& certificate);
absl::Time EndOf(const X509& certificate);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_PEM_H_

// CertificateFiles: which files one end of TLS connections needs, and ReadCertificates: what they
// hold, once it has been found good. Plain data and functions; any thread.
//
// What would make every handshake fail is found here: a file that cannot be read or is not PEM, a
// key that is another certificate's or needs a passphrase, a certificate that is over, one that
// OpenSSL finds too weak. Whether the other side believes it is not.
#ifndef ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_FILES_H_
#define ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace atomstream {

struct CertificateFiles {
  std::string field;        // of the configuration, "security.tls": for messages
  std::string certificate;  // ours, followed by those that lead to the CA; empty: we show none
  std::string key;          // set together with `certificate`
  std::string ca_field;     // "client_ca"
  std::string ca;           // who signs the other side's; empty: the other side shows none
};

struct Certificates {
  // PEM, as in the files; empty where there is no file.
  std::string certificate;
  std::string key;
  std::string ca;
  // When nobody gets in with it any more; InfiniteFuture: there is no file. Of `certificate` the
  // end of the first in it, which is ours: those behind it may be one way to the CA of several. Of
  // `ca` the end of the last to end.
  absl::Time certificate_end = absl::InfiniteFuture();
  absl::Time ca_end = absl::InfiniteFuture();

  bool operator==(const Certificates&) const = default;
};

// Below this it is high time for another certificate.
inline constexpr absl::Duration kEndsSoon = absl::Hours(14 * 24);

// InvalidArgument names the field, the file and what is wrong with it. `known`: were found good
// before; files that still hold them are good whatever the time. May be null.
absl::StatusOr<Certificates> ReadCertificates(const CertificateFiles& files, absl::Time now,
                                              const Certificates* known = nullptr);

// A line, with the field and the file, for each that ends within kEndsSoon or has ended.
std::vector<std::string> EndWarnings(const CertificateFiles& files,
                                     const Certificates& certificates, absl::Time now);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_CERTIFICATE_FILES_H_

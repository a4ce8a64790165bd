// Which certificate files the link to the microscope needs.
#ifndef ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_FILES_H_
#define ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_FILES_H_

#include "client/cpp/channel_security.h"
#include "server/security/certificate_files.h"

namespace atomstream {

inline CertificateFiles FilesOf(const ChannelSecurity& security) {
  return {.field = "source.microscope.tls",
          .certificate = security.certificate,
          .key = security.key,
          .ca_field = "ca",
          .ca = security.ca};
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_FILES_H_

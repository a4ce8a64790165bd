// Which fields of two configurations differ, and which of them count without a restart. Pure
// functions; any thread.
#ifndef ATOMSTREAM_SERVER_CONFIG_CONFIG_DIFF_H_
#define ATOMSTREAM_SERVER_CONFIG_CONFIG_DIFF_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "atomstream/config/v1/daemon_config.pb.h"

namespace atomstream {

// Every field of the configuration that is no message, "log_star.material", sorted. A repeated
// field is one, whatever it holds.
std::vector<std::string> ConfigFields();

// Those of ConfigFields that are set in one and not in the other, or to another value, sorted. A
// field that is set to its default differs from one that is not set: defaults are not known here.
std::vector<std::string> DifferingFields(const config::v1::DaemonConfig& a,
                                         const config::v1::DaemonConfig& b);

// When a field of the file counts after it was changed.
enum class FieldEffect {
  kAtReload,
  kAtRestart,
};
// Of the fields of `unet` this holds while the daemon runs with a U-Net and goes on to.
FieldEffect EffectOf(absl::string_view field);

// Whether `field` is `group` or inside of it.
bool IsWithin(absl::string_view field, absl::string_view group);

// Copies these fields, set or not.
void CopyConfigFields(const std::vector<std::string>& fields, const config::v1::DaemonConfig& from,
                      config::v1::DaemonConfig& to);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_CONFIG_DIFF_H_

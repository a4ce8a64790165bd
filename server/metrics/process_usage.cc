#include "server/metrics/process_usage.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Places in /proc/self/stat, counted from the state, which follows the name in brackets: proc(5).
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kThreads = 17;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

absl::StatusOr<std::vector<std::string>> ReadStat() {
  std::ifstream file("/proc/self/stat");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  // The name may hold spaces and brackets itself.
  const size_t name_end = all.rfind(')');
  if (name_end == std::string::npos) return absl::UnavailableError("cannot read /proc/self/stat");
  std::istringstream rest(all.substr(name_end + 1));
  std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  if (fields.size() <= kResidentPages) return absl::UnavailableError("/proc/self/stat is short");
  return fields;
}

int64_t ToNumber(const std::string& text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

double ToSeconds(const std::string& ticks) {
  return static_cast<double>(ToNumber(ticks)) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

absl::Time Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return absl::TimeFromTimespec(now);
}

int64_t CountOpenFiles() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return 0;
  int64_t count = 0;
  while (readdir(folder.get()) != nullptr) ++count;
  return count - 3;  // ".", ".." and the folder itself
}

}  // namespace

absl::StatusOr<ProcessUsage> ReadProcessUsage() {
  ASSIGN_OR_RETURN(const std::vector<std::string> stat, ReadStat());
  ProcessUsage usage;
  usage.cpu_seconds = ToSeconds(stat[kUserTicks]) + ToSeconds(stat[kSystemTicks]);
  usage.virtual_bytes = ToNumber(stat[kVirtualBytes]);
  usage.resident_bytes = ToNumber(stat[kResidentPages]) * sysconf(_SC_PAGESIZE);
  usage.threads = ToNumber(stat[kThreads]);
  usage.open_files = CountOpenFiles();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  usage.max_files = limit.rlim_cur == RLIM_INFINITY ? -1 : static_cast<int64_t>(limit.rlim_cur);
  return usage;
}

absl::StatusOr<absl::Time> ReadProcessStart() {
  ASSIGN_OR_RETURN(const std::vector<std::string> stat, ReadStat());
  // The kernel counts from its own start.
  const absl::Duration since_boot = Now(CLOCK_BOOTTIME) - absl::UnixEpoch();
  return Now(CLOCK_REALTIME) - (since_boot - absl::Seconds(ToSeconds(stat[kStartTicks])));
}

}  // namespace atomstream

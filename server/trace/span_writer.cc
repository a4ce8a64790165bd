#include "server/trace/span_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/trace/otlp_json.h"
#include "server/trace/trace_context.h"

namespace atomstream {
namespace {

// The file's size afterwards. A line that could be written in part only is cut off again, so that
// every line is whole.
absl::StatusOr<int64_t> AppendLine(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return absl::UnavailableError(std::strerror(errno));
  absl::StatusOr<int64_t> size;
  struct stat about {};
  if (fstat(file, &about) != 0) {
    size = absl::UnavailableError(std::strerror(errno));
  } else if (const ssize_t written = write(file, line.data(), line.size());
             written == static_cast<ssize_t>(line.size())) {
    size = about.st_size + static_cast<int64_t>(line.size());
  } else {
    size = absl::UnavailableError(written < 0 ? std::strerror(errno) : "the disk is full");
    if (written > 0 && ftruncate(file, about.st_size) != 0) {
      size = absl::UnavailableError("a broken line is left: the disk is full");
    }
  }
  close(file);
  return size;
}

}  // namespace

absl::Status CheckSpanFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code error;
  const std::filesystem::path file(path);
  std::string why;
  if (std::filesystem::is_directory(file, error)) {
    why = "is a folder";
  } else {
    // Of a file that is not there yet its folder decides.
    const bool exists = std::filesystem::exists(file, error);
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    if (access((exists ? file : folder).c_str(), W_OK) == 0) return absl::OkStatus();
    why = absl::StrCat("cannot be written: ", std::strerror(errno));
  }
  return absl::InvalidArgumentError(absl::StrCat("trace.spans_file = ", path, ": ", why));
}

SpanWriter::SpanWriter(const SpanOptions& options, SpanWriterDependencies dependencies)
    : options_(options), deps_(std::move(dependencies)), thread_([this] { Run(); }) {}

SpanWriter::~SpanWriter() { Shutdown(); }

bool SpanWriter::Wanted(const FrameRecord& record) const {
  if (options_.all_frames) return true;
  const auto context = ParseTraceParent(record.trace_parent);
  return context && context->sampled;
}

void SpanWriter::Add(TracedResult result) {
  if (!Wanted(*result.record)) return;
  MutexLock lock(&mutex_);
  if (stopping_ || waiting_.size() >= kMaxWaiting) {
    deps_.dropped->Increment();
    return;
  }
  waiting_.push_back(std::move(result));
  changed_.NotifyAll();
}

void SpanWriter::Shutdown() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void SpanWriter::Run() {
  while (true) {
    TracedResult result;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
      if (waiting_.empty()) return;
      result = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const std::vector<Span> spans = SpansOf(result, deps_.random);
    Append(OtlpJsonLine(deps_.resource, spans), static_cast<int64_t>(spans.size()));
  }
}

void SpanWriter::Append(const std::string& line, int64_t spans) {
  const absl::StatusOr<int64_t> size = AppendLine(options_.file, line);
  if (!size.ok()) {
    deps_.dropped->Increment();
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("trace.spans_file = ", options_.file,
                                  ": spans were not written: ", size.status().message()),
                     {.component = "trace"});
    return;
  }
  deps_.written->Increment(spans);
  if (*size < options_.max_file_bytes) return;
  const std::string before = absl::StrCat(options_.file, ".1");
  if (std::rename(options_.file.c_str(), before.c_str()) != 0) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("trace.spans_file = ", options_.file, ": cannot be renamed to ",
                                  before, ": ", std::strerror(errno)),
                     {.component = "trace"});
  }
}

}  // namespace atomstream

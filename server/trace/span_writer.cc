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

bool IsWanted(const FrameRecord& record, const SpanOptions& options) {
  if (options.file.empty()) return false;
  if (options.all_frames) return true;
  const auto context = ParseTraceParent(record.trace_parent);
  return context && context->sampled;
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
    : deps_(std::move(dependencies)),
      options_(std::make_shared<const SpanOptions>(options)),
      thread_([this] { Run(); }) {}

SpanWriter::~SpanWriter() { Shutdown(); }

void SpanWriter::SetOptions(const SpanOptions& options) {
  auto next = std::make_shared<const SpanOptions>(options);
  MutexLock lock(&mutex_);
  options_ = std::move(next);
}

void SpanWriter::Add(TracedResult result) {
  MutexLock lock(&mutex_);
  if (!IsWanted(*result.record, *options_)) return;
  if (stopping_ || waiting_.size() >= kMaxWaiting) {
    deps_.dropped->Increment();
    return;
  }
  waiting_.push_back({std::move(result), options_});
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
    Waiting next;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const std::vector<Span> spans = SpansOf(next.result, deps_.random);
    Append(*next.options, OtlpJsonLine(deps_.resource, spans), static_cast<int64_t>(spans.size()));
  }
}

void SpanWriter::Append(const SpanOptions& options, const std::string& line, int64_t spans) {
  const absl::StatusOr<int64_t> size = AppendLine(options.file, line);
  if (!size.ok()) {
    deps_.dropped->Increment();
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("trace.spans_file = ", options.file,
                                  ": spans were not written: ", size.status().message()),
                     {.component = "trace"});
    return;
  }
  deps_.written->Increment(spans);
  if (*size < options.max_file_bytes) return;
  const std::string before = absl::StrCat(options.file, ".1");
  if (std::rename(options.file.c_str(), before.c_str()) != 0) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("trace.spans_file = ", options.file, ": cannot be renamed to ",
                                  before, ": ", std::strerror(errno)),
                     {.component = "trace"});
  }
}

}  // namespace atomstream

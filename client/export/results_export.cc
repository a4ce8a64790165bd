#include "client/export/results_export.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/persist.h"
#include "client/cpp/rpc_status.h"
#include "client/export/frame_bytes.h"
#include "client/export/hdf5_results.h"
#include "client/export/spool.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int kPageSize = 500;
constexpr int kPageSizeWithFrames = 16;
constexpr size_t kMaxBuffer = 4 << 20;

v1::ListFrameResultsRequest RequestOf(const ResultsExportOptions& options) {
  v1::ListFrameResultsRequest request;
  const int64_t page_size = options.with_frames ? kPageSizeWithFrames : kPageSize;
  request.set_page_size(
      static_cast<int>(options.limit > 0 ? std::min(options.limit, page_size) : page_size));
  *request.mutable_filter() = options.filter;
  request.set_newest_first(options.newest_first);
  // Not the windows' fronts, which no format shows.
  for (const v1::ResultPart part : {v1::RESULT_PART_ATOMS, v1::RESULT_PART_FRONT,
                                    v1::RESULT_PART_CLUSTERS, v1::RESULT_PART_STRUCTURE}) {
    request.add_parts(part);
  }
  return request;
}

}  // namespace

ResultsExport::ResultsExport(AnalysisClient* client, ResultsExportOptions options,
                             ResultsExportHooks hooks)
    : client_(*client),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      request_(RequestOf(options_)) {}

absl::StatusOr<ExportState> ResultsExport::Run() {
  const absl::Status status = Export();
  if (status.ok()) return state_;
  // However the interruption was noticed: between two calls, while waiting, or by a call.
  if (absl::IsCancelled(status)) {
    return absl::CancelledError(absl::StrCat("interrupted after ", state_.results, " results"));
  }
  return status;
}

absl::Status ResultsExport::Export() {
  RETURN_IF_ERROR(CheckTarget());
  PartialFile::Options file_options;
  file_options.begin_anew = options_.restart;
  file_options.on_step = hooks_.on_step;
  ASSIGN_OR_RETURN(file_, PartialFile::Open(options_.path, file_options));
  RETURN_IF_ERROR(Begin());
  // Not at the first note: what was cut off behind it has nothing yet.
  if (file_->bytes() == 0 && options_.format != ExportFormat::kHdf5) buffer_ = options_.heading;
  if (!state_.complete && !options_.finish) RETURN_IF_ERROR(Gather());
  RETURN_IF_ERROR(Flush());
  if (options_.format == ExportFormat::kHdf5) {
    return MakeHdf5();
  }
  return file_->Finish(options_.overwrite);
}

// Before the daemon is asked for anything.
absl::Status ResultsExport::CheckTarget() const {
  std::error_code ignored;
  if (std::filesystem::is_directory(options_.path, ignored)) {
    errno = EISDIR;
    return FileError(options_.path);
  }
  if (!options_.overwrite && std::filesystem::exists(options_.path, ignored)) {
    return absl::AlreadyExistsError(
        absl::StrCat(options_.path, ": File exists; --force overwrites it"));
  }
  return absl::OkStatus();
}

absl::Status ResultsExport::Begin() {
  if (!file_->resumed_note().empty()) {
    ASSIGN_OR_RETURN(state_, ReadExportState(file_->resumed_note()));
    if (state_.request != options_.request) {
      return absl::FailedPreconditionError(
          absl::StrCat(file_->part_path(), ": was begun as \"", state_.request,
                       "\"; the same flags go on with it, --restart begins anew"));
    }
    if (!request_.mutable_filter()->ParseFromString(state_.filter)) {
      return absl::DataLossError(
          absl::StrCat(file_->part_path(), ": its filter is damaged; --restart begins anew"));
    }
    hooks_.on_notice(absl::StrCat("going on with ", file_->part_path(), ": ", state_.results,
                                  " results are there"));
  } else if (options_.finish) {
    return absl::NotFoundError(
        absl::StrCat(options_.path, ": there is no interrupted export to finish"));
  }
  counts_numbers_ = request_.filter().ByteSizeLong() == 0;
  if (state_.complete || options_.finish) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status,
                   Persist(persistence(),
                           [this](absl::Duration timeout) { return client_.GetStatus(timeout); }));
  return BeginAt(status);
}

absl::Status ResultsExport::BeginAt(const v1::GetStatusResponse& status) {
  oldest_ = status.oldest().sequence();
  newest_ = status.newest().sequence();
  if (!file_->resumed_note().empty()) {
    if (status.newest().epoch() != state_.epoch) return EpochChanged(status.newest().epoch());
    if (!options_.newest_first && state_.last_sequence > 0 && oldest_ > state_.last_sequence + 1) {
      hooks_.on_notice(absl::StrCat("results ", state_.last_sequence + 1, " to ", oldest_ - 1,
                                    " are no longer kept by the daemon"));
    }
    return absl::OkStatus();
  }
  state_.request = options_.request;
  state_.filter = options_.filter.SerializeAsString();
  state_.epoch = status.newest().epoch();
  // The first note comes before the data, so that no data is ever there without one.
  return file_->Commit(WriteExportState(state_));
}

absl::Status ResultsExport::EpochChanged(const std::string& present) const {
  return absl::FailedPreconditionError(
      absl::StrCat(file_->part_path(), ": was begun in epoch ", state_.epoch,
                   ", but the daemon has another store now, of epoch ", present,
                   ": the rest can no longer be had. --finish makes the file of the ",
                   state_.results, " results that are there, --restart begins anew"));
}

absl::Status ResultsExport::Gather() {
  while (!state_.complete) {
    if (hooks_.interrupted()) {
      return absl::CancelledError(
          absl::StrCat("interrupted after ", state_.results, " results; the same command goes on"));
    }
    ASSIGN_OR_RETURN(const v1::ListFrameResultsResponse page, NextPage());
    RETURN_IF_ERROR(AddPage(page));
    state_.page_token = page.next_page_token();
    state_.complete =
        state_.page_token.empty() || (options_.limit > 0 && state_.results >= options_.limit);
    RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(file_->Commit(WriteExportState(state_)));
    Report(false, FractionGathered());
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListFrameResultsResponse> ResultsExport::NextPage() {
  request_.set_page_token(state_.page_token);
  absl::StatusOr<v1::ListFrameResultsResponse> page = Persist(
      persistence(),
      [this](absl::Duration timeout) { return client_.ListFrameResults(request_, timeout); });
  if (page.ok() || ErrorReason(page.status()) != "PAGE_TOKEN_INVALID") return page;
  // Most likely the daemon was started with a new store meanwhile.
  const absl::StatusOr<v1::GetStatusResponse> status =
      Persist(persistence(), [this](absl::Duration timeout) { return client_.GetStatus(timeout); });
  if (status.ok() && status->newest().epoch() != state_.epoch) {
    return EpochChanged(status->newest().epoch());
  }
  return page;
}

absl::Status ResultsExport::AddPage(const v1::ListFrameResultsResponse& page) {
  for (const v1::FrameResult& result : page.results()) {
    if (options_.limit > 0 && state_.results >= options_.limit) break;
    if (result.position().epoch() != state_.epoch) return EpochChanged(result.position().epoch());
    RETURN_IF_ERROR(AddResult(result));
  }
  return absl::OkStatus();
}

absl::Status ResultsExport::AddResult(const v1::FrameResult& result) {
  if (options_.with_frames) RETURN_IF_ERROR(AddFrame(result.frame_id()));
  if (options_.format == ExportFormat::kHdf5) {
    AppendToSpool(result, buffer_);
  } else {
    buffer_ += options_.text_of(result);
  }
  const int64_t sequence = result.position().sequence();
  if (state_.last_sequence == 0) {
    state_.first_sequence = sequence;
  } else if (counts_numbers_) {
    state_.numbers_without += std::abs(sequence - state_.last_sequence) - 1;
  }
  state_.last_sequence = sequence;
  ++state_.results;
  return buffer_.size() < kMaxBuffer ? absl::OkStatus() : Flush();
}

absl::Status ResultsExport::AddFrame(const std::string& frame_id) {
  if (!frames_.insert(frame_id).second) return absl::OkStatus();
  frame_order_.push_back(frame_id);
  if (frame_order_.size() > kFramesInMind) {
    frames_.erase(frame_order_.front());
    frame_order_.pop_front();
  }
  v1::GetFrameRequest request;
  request.set_frame_id(frame_id);
  const absl::StatusOr<v1::GetFrameResponse> response = Persist(
      persistence(), [&](absl::Duration timeout) { return client_.GetFrame(request, timeout); });
  if (absl::IsNotFound(response.status()) || absl::IsDataLoss(response.status())) {
    ++state_.frames_missing;
    if (absl::IsDataLoss(response.status())) {
      hooks_.on_notice(absl::StrCat("frame ", frame_id, ": ", response.status().message()));
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(response.status());
  const v1::Frame& frame = response->frame();
  if (frame.frame_id() != frame_id ||
      static_cast<int64_t>(frame.pixels().size()) != FrameBytes(frame)) {
    return absl::InternalError(absl::StrCat("frame ", frame_id, ": the daemon's answer is frame ",
                                            frame.frame_id(), " with ", frame.pixels().size(),
                                            " bytes of pixels"));
  }
  AppendToSpool(frame, buffer_);
  ++state_.frames;
  Report(false, FractionGathered());
  return absl::OkStatus();
}

absl::Status ResultsExport::Flush() {
  RETURN_IF_ERROR(file_->Append(buffer_));
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status ResultsExport::MakeHdf5() {
  const std::string whole = absl::StrCat(options_.path, ".part.hdf5");
  const auto make = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(SpoolReader spool, SpoolReader::Open(file_->part_path(), file_->bytes()));
    ASSIGN_OR_RETURN(const std::unique_ptr<Hdf5Results> hdf5,
                     Hdf5Results::Create(whole, state_.epoch, state_.request));
    while (true) {
      if (hooks_.interrupted()) {
        return absl::CancelledError("interrupted while the file was made");
      }
      ASSIGN_OR_RETURN(const SpoolReader::Kind kind, spool.Next());
      if (kind == SpoolReader::Kind::kEnd) break;
      RETURN_IF_ERROR(kind == SpoolReader::Kind::kFrame ? hdf5->AddFrame(spool.frame())
                                                        : hdf5->AddResult(spool.result()));
      Report(true, static_cast<double>(spool.bytes_read()) /
                       static_cast<double>(std::max<int64_t>(file_->bytes(), 1)));
    }
    return hdf5->Close();
  };
  absl::Status status = make();
  if (status.ok()) status = file_->FinishWith(whole, options_.overwrite);
  if (!status.ok()) unlink(whole.c_str());
  return status;
}

void ResultsExport::Report(bool making_file, double fraction) {
  hooks_.on_progress({making_file, fraction, state_, file_->bytes()});
}

double ResultsExport::FractionGathered() const {
  if (state_.complete) return 1;
  double fraction = -1;
  if (newest_ >= oldest_ && oldest_ > 0 && state_.last_sequence > 0) {
    const int64_t done = options_.newest_first ? newest_ - state_.last_sequence + 1
                                               : state_.last_sequence - oldest_ + 1;
    fraction = static_cast<double>(done) / static_cast<double>(newest_ - oldest_ + 1);
  }
  if (options_.limit > 0) {
    fraction = std::max(fraction,
                        static_cast<double>(state_.results) / static_cast<double>(options_.limit));
  }
  return fraction < 0 ? fraction : std::min(fraction, 1.0);
}

}  // namespace atomstream

#include "server/steering/steering_desk.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "server/steering/log_star_fields.h"

namespace atomstream {
namespace {

constexpr int kDefaultChanges = 50;
constexpr absl::string_view kSelectionField = "selection";

// Of UTF-8: bytes that do not go on with a character.
int CharactersIn(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

absl::Status SteeringDesk::CheckCall(const SteeringCall& call) const {
  if (CharactersIn(call.name) > kMaxNameCharacters) {
    return absl::InvalidArgumentError(absl::StrCat("requested_by: has ", CharactersIn(call.name),
                                                   " characters, may have ", kMaxNameCharacters));
  }
  // It is printed on terminals, a line a change.
  if (std::any_of(call.name.begin(), call.name.end(), absl::ascii_iscntrl)) {
    return absl::InvalidArgumentError("requested_by: has a control character");
  }
  if (call.expected_version < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected_version = ", call.expected_version, ": must not be negative"));
  }
  const SettingsPtr now = deps_.settings->Get();
  if (call.expected_version == 0 || call.expected_version == now->version()) {
    return absl::OkStatus();
  }
  return absl::AbortedError(absl::StrCat("expected_version = ", call.expected_version,
                                         ": the settings are at version ", now->version(),
                                         " now, made by ", now->record.changed_by));
}

absl::StatusOr<std::vector<FrontPoint>> SteeringDesk::FrontOf(
    const SelectionRequest& request) const {
  if (!request.position) {
    return absl::InvalidArgumentError(
        "position: must name the result whose front selection.index is meant for");
  }
  ASSIGN_OR_RETURN(std::vector<FrontPoint> front, deps_.front_of(*request.position));
  const int index = request.selection.index;
  if (index >= static_cast<int>(front.size())) {
    return absl::OutOfRangeError(absl::StrCat("selection.index = ", index, ": the front of result ",
                                              request.position->sequence, " has ", front.size(),
                                              " solutions, from 0"));
  }
  return front;
}

absl::StatusOr<SettingsOutcome> SteeringDesk::Select(const SelectionRequest& request,
                                                     const SteeringCall& call) {
  const SolutionChoice& selection = request.selection;
  const bool by_index = selection.kind == SolutionChoice::Kind::kIndex;
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(ValidateSelection(selection));
  RETURN_IF_ERROR(CheckCall(call));
  const SettingsPtr now = deps_.settings->Get();
  auto next = std::make_shared<ActiveSettings>(*now);
  next->record.selection = selection;
  next->choice = selection;
  next->index_front = nullptr;
  std::string text = SelectionText(selection);
  if (by_index) {
    ASSIGN_OR_RETURN(std::vector<FrontPoint> front, FrontOf(request));
    next->choice = ForOtherFronts(selection, static_cast<int>(front.size()));
    absl::StrAppend(&text, " of the ", front.size(), " in result ", request.position->sequence);
    next->index_front = std::make_shared<const std::vector<FrontPoint>>(std::move(front));
  } else if (selection == now->record.selection) {
    return SettingsOutcome{now->record, false};
  }
  return Apply(
      std::move(next), {std::string(kSelectionField)},
      absl::StrCat(kSelectionField, ": ", SelectionText(now->record.selection), " -> ", text),
      "select", call);
}

absl::StatusOr<SettingsOutcome> SteeringDesk::Update(const SettingsRequest& request,
                                                     const SteeringCall& call) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(CheckCall(call));
  const SettingsPtr now = deps_.settings->Get();
  auto next = std::make_shared<ActiveSettings>(*now);
  RETURN_IF_ERROR(CopyFields(request.fields, request.log_star, next->record.log_star));
  RETURN_IF_ERROR(ValidateFields(next->record.log_star));
  const std::vector<FieldChange> changes =
      CompareFields(now->record.log_star, next->record.log_star);
  if (changes.empty()) return SettingsOutcome{now->record, false};
  RETURN_IF_ERROR(MakeDetectors(deps_.make_log_star, *next));
  if (request.validate_only) return SettingsOutcome{next->record, false};
  std::vector<std::string> fields;
  std::vector<std::string> texts;
  Describe(changes, now->version() + 1, fields, texts, *next);
  return Apply(std::move(next), std::move(fields), absl::StrJoin(texts, "; "), "update", call);
}

absl::StatusOr<SettingsOutcome> SteeringDesk::Reload(const ReloadedSettings& reloaded,
                                                     const SteeringCall& call, bool validate_only) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(CheckCall(call));
  const SettingsPtr now = deps_.settings->Get();
  auto next = std::make_shared<ActiveSettings>(*now);
  LogStarOptions& log_star = next->record.log_star;
  RETURN_IF_ERROR(CopyFileFields(reloaded.fields, reloaded.log_star, log_star));
  RETURN_IF_ERROR(ValidateFields(log_star));
  std::vector<FieldChange> changes = CompareFields(now->record.log_star, log_star);
  for (FieldChange& change : CompareFileOnlyFields(now->record.log_star, log_star)) {
    changes.push_back(std::move(change));
  }
  std::vector<std::string> fields;
  std::vector<std::string> texts;
  if (!changes.empty()) RETURN_IF_ERROR(MakeDetectors(deps_.make_log_star, *next));
  Describe(changes, now->version() + 1, fields, texts, *next);
  if (std::find(reloaded.fields.begin(), reloaded.fields.end(), kPreferenceField) !=
      reloaded.fields.end()) {
    const SolutionChoice selection = FirstChoice(reloaded.log_star);
    RETURN_IF_ERROR(ValidateSelection(selection));
    if (!(selection == now->record.selection)) {
      next->record.selection = selection;
      next->choice = selection;
      next->index_front = nullptr;
      fields.emplace_back(kSelectionField);
      texts.push_back(absl::StrCat(kSelectionField, ": ", SelectionText(now->record.selection),
                                   " -> ", SelectionText(selection)));
    }
  }
  if (fields.empty()) return SettingsOutcome{now->record, false};
  if (validate_only) return SettingsOutcome{next->record, false};
  return Apply(std::move(next), std::move(fields), absl::StrJoin(texts, "; "), "reload", call);
}

void SteeringDesk::Describe(const std::vector<FieldChange>& changes, int64_t version,
                            std::vector<std::string>& fields, std::vector<std::string>& texts,
                            ActiveSettings& next) {
  for (const FieldChange& change : changes) {
    fields.push_back(absl::StrCat("log_star.", change.name));
    texts.push_back(absl::StrCat(fields.back(), ": ", change.before, " -> ", change.after));
    if (change.name != kWindowModeField) next.search_version = version;
  }
  // What an index was meant for is a front of the search before.
  if (next.search_version == version) next.index_front = nullptr;
}

SettingsOutcome SteeringDesk::Apply(std::shared_ptr<ActiveSettings> next,
                                    std::vector<std::string> fields, const std::string& text,
                                    absl::string_view action, const SteeringCall& call) {
  SettingsRecord& record = next->record;
  ++record.version;
  record.changed_by = CallerName(ShownName(call.authenticated, call.name), call.address);
  record.change_time = deps_.clock->Now();
  const auto change = std::make_shared<const SettingsChange>(
      SettingsChange{.settings = record, .changed_fields = std::move(fields), .text = text});
  // First the word, then the deed: no subscriber gets a result of a version that it never heard of.
  deps_.publish(change);
  deps_.settings->Set(next);
  deps_.reevaluate();
  // The disk last: the operator waits for the frame.
  deps_.metrics->settings_version->Set(static_cast<double>(record.version));
  changes_.push_back(change);
  if (changes_.size() > kKeptChanges) changes_.pop_front();
  deps_.audit->Record({record.changed_by, action,
                       absl::StrCat("version ", record.version, ": ", text), call.request_id});
  return {record, true};
}

void SteeringDesk::RecordReprocess(absl::string_view frame_id, const SteeringCall& call) {
  deps_.audit->Record(
      {CallerName(ShownName(call.authenticated, call.name), call.address), "reprocess",
       frame_id.empty() ? "the newest frame" : absl::StrCat("frame ", frame_id), call.request_id});
}

SettingsRecord SteeringDesk::settings() const {
  MutexLock lock(&mutex_);
  return deps_.settings->Get()->record;
}

absl::StatusOr<std::vector<SettingsChangePtr>> SteeringDesk::Changes(int max_count) const {
  if (max_count < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_count = ", max_count, ": must not be negative"));
  }
  MutexLock lock(&mutex_);
  const size_t wanted = max_count == 0 ? kDefaultChanges : static_cast<size_t>(max_count);
  const size_t count = std::min(wanted, changes_.size());
  return std::vector<SettingsChangePtr>(changes_.end() - static_cast<std::ptrdiff_t>(count),
                                        changes_.end());
}

}  // namespace atomstream

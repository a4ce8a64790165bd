#include "server/service/reader_account.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace atomstream {

void ReaderAccount::Join(absl::string_view what, absl::Span<const LogField> more) {
  what_ = std::string(what);
  if (log_ == nullptr) return;
  std::vector<LogField> fields = {
      {words_.reads, what_}, {"caller", call_.name}, {"peer", call_.address}};
  fields.insert(fields.end(), more.begin(), more.end());
  Write("joined", fields);
}

void ReaderAccount::Leave(absl::string_view cause, absl::Time steady_now,
                          absl::Span<const LogField> counts) {
  if (what_.empty() || log_ == nullptr) return;
  if (cause == "reader_gone" && callers_->Get(context_).refusal) cause = "refused";
  std::vector<LogField> fields = {
      {"cause", cause}, {words_.reads, what_}, {"caller", call_.name}, {"peer", call_.address}};
  fields.insert(fields.end(), counts.begin(), counts.end());
  fields.push_back({"duration_s", absl::ToDoubleSeconds(steady_now - call_.begin_time)});
  Write("left", fields);
}

void ReaderAccount::Write(absl::string_view event, absl::Span<const LogField> fields) const {
  log_->Write(LogLevel::kInfo, absl::StrCat(words_.reader, " ", event),
              {.component = words_.component, .request_id = call_.request_id, .more = fields});
}

}  // namespace atomstream

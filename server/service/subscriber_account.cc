#include "server/service/subscriber_account.h"

#include <array>
#include <variant>

namespace atomstream {

void SubscriberAccount::Join(absl::string_view policy, int64_t behind) {
  policy_ = std::string(policy);
  if (log_ == nullptr) return;
  const std::array<LogField, 4> more = {LogField{"policy", policy_}, LogField{"caller", call_.name},
                                        LogField{"peer", call_.address},
                                        LogField{"behind_sequence", behind}};
  log_->Write(LogLevel::kInfo, "subscriber joined",
              {.component = "delivery", .request_id = call_.request_id, .more = more});
}

void SubscriberAccount::Add(const HubEvent& event) {
  if (const Gap* gap = std::get_if<Gap>(&event)) {
    ++gaps_;
    gap_results_ += gap->results;
  } else if (std::holds_alternative<StoredResultPtr>(event)) {
    ++results_;
  }
}

void SubscriberAccount::Leave(absl::string_view cause, absl::Time steady_now) {
  if (policy_.empty() || log_ == nullptr) return;
  if (cause == "reader_gone" && callers_->Get(context_).refusal) cause = "refused";
  const std::array<LogField, 8> more = {
      LogField{"cause", cause},
      LogField{"policy", policy_},
      LogField{"caller", call_.name},
      LogField{"peer", call_.address},
      LogField{"results", results_},
      LogField{"gaps", gaps_},
      LogField{"gap_results", gap_results_},
      LogField{"duration_s", absl::ToDoubleSeconds(steady_now - call_.begin_time)}};
  log_->Write(LogLevel::kInfo, "subscriber left",
              {.component = "delivery", .request_id = call_.request_id, .more = more});
}

}  // namespace atomstream

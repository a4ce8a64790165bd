#include "server/service/subscriber_account.h"

#include <array>
#include <variant>

namespace atomstream {

void SubscriberAccount::Join(absl::string_view policy, int64_t behind) {
  const std::array<LogField, 1> more = {LogField{"behind_sequence", behind}};
  reader_.Join(policy, more);
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
  const std::array<LogField, 3> counts = {LogField{"results", results_}, LogField{"gaps", gaps_},
                                          LogField{"gap_results", gap_results_}};
  reader_.Leave(cause, steady_now, counts);
}

}  // namespace atomstream

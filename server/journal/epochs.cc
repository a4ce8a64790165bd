#include "server/journal/epochs.h"

#include <algorithm>
#include <utility>

#include "core/base/status_macros.h"

namespace atomstream {

Epochs::Epochs(std::string present, std::vector<EarlierEpoch> earlier)
    : present_(std::move(present)), earlier_(std::move(earlier)) {}

const std::string& Epochs::Of(int64_t sequence) const {
  if (sequence > last_earlier()) return present_;
  const auto is_before = [](const EarlierEpoch& epoch, int64_t wanted) {
    return epoch.last_sequence < wanted;
  };
  return std::lower_bound(earlier_.begin(), earlier_.end(), sequence, is_before)->epoch;
}

absl::StatusOr<Epochs> ReadEpochs(Database* database) {
  auto present = database->QueryText("SELECT value FROM property WHERE name = 'epoch'");
  if (absl::IsNotFound(present.status())) return absl::DataLossError("has lost its epoch");
  RETURN_IF_ERROR(present.status());
  std::vector<EarlierEpoch> earlier;
  Query query(database, "SELECT last_sequence, epoch FROM earlier_epoch ORDER BY last_sequence");
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return Epochs(*std::move(present), std::move(earlier));
    earlier.push_back({query.Int(0), query.Bytes(1)});
  }
}

absl::StatusOr<Epochs> BeginEpoch(Database* database, const KeptRange& kept,
                                  const std::string& epoch) {
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.BeginWrite());
  if (kept.newest > 0) {
    // Ignored if nothing was appended in the present epoch: its number is that of the one before.
    Query end(database,
              "INSERT OR IGNORE INTO earlier_epoch(last_sequence, epoch) "
              "SELECT ?, value FROM property WHERE name = 'epoch'");
    RETURN_IF_ERROR(end.Bind(kept.newest).Run());
  }
  {
    Query forget(database, "DELETE FROM earlier_epoch WHERE last_sequence < ?");
    RETURN_IF_ERROR(forget.Bind(kept.oldest).Run());
  }
  {
    Query begin(database, "UPDATE property SET value = ? WHERE name = 'epoch'");
    RETURN_IF_ERROR(begin.BindText(epoch).Run());
  }
  RETURN_IF_ERROR(transaction.Commit());
  return ReadEpochs(database);
}

}  // namespace atomstream

// Epochs: which epoch a journal is in, and in which one each of its entries was appended.
//
// A journal goes on in its epoch as long as it is known that no number behind its newest entry was
// given out. After a restore it is not: then a new epoch begins, in which the entries keep their
// numbers. Entries stay as they were written: the checksum of each is over the epoch that it was
// appended in.
//
// A plain value; the functions are for Journal::Open, which holds the lock.
#ifndef ATOMSTREAM_SERVER_JOURNAL_EPOCHS_H_
#define ATOMSTREAM_SERVER_JOURNAL_EPOCHS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/journal/entry.h"
#include "server/journal/sqlite.h"

namespace atomstream {

struct EarlierEpoch {
  int64_t last_sequence = 0;  // of the entries that were appended in it
  std::string epoch;
};

class Epochs {
 public:
  Epochs() = default;
  // `earlier` by rising last_sequence.
  Epochs(std::string present, std::vector<EarlierEpoch> earlier);

  const std::string& present() const { return present_; }
  // The newest entry that was appended in an earlier epoch; 0: there is none.
  int64_t last_earlier() const { return earlier_.empty() ? 0 : earlier_.back().last_sequence; }
  // In which epoch this entry was appended.
  const std::string& Of(int64_t sequence) const;

 private:
  std::string present_;
  std::vector<EarlierEpoch> earlier_;
};

// DataLoss: the database has lost its epoch.
absl::StatusOr<Epochs> ReadEpochs(Database* database);

// Begins a new epoch behind the kept entries, in one transaction of a few rows. On error the
// present one goes on.
absl::StatusOr<Epochs> BeginEpoch(Database* database, const KeptRange& kept,
                                  const std::string& epoch);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_EPOCHS_H_

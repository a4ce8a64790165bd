#include "server/journal/entry_row.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"
#include "server/journal/hash.h"

namespace atomstream {
namespace {

constexpr size_t kChecksumBytes = 16;

void AddReal(FieldBytes& fields, char tag, const std::optional<double>& value) {
  if (value.has_value()) fields.AddReal(tag, *value);
}

// Tags are never used for another field. Fields that came with a later schema are left out when
// they have no value.
absl::StatusOr<std::string> ChecksumOf(absl::string_view epoch, const EntryRow& row) {
  const EntryKey& key = row.key;
  FieldBytes fields;
  fields.AddText('e', epoch)
      .Add('s', row.sequence)
      .AddText('i', key.frame_id)
      .Add('n', key.frame_number)
      .Add('a', absl::ToUnixNanos(key.acquisition_time))
      .Add('r', absl::ToUnixNanos(key.result_time))
      .AddText('d', key.detector)
      .AddText('o', key.origin)
      .AddText('m', key.material)
      .Add('k', key.ok ? 1 : 0)
      .Add('c', key.atom_count)
      .Add('g', key.analysis_start)
      .Add('b', row.bytes)
      .Add('t', row.total_bytes)
      .AddText('p', row.payload_sha256);
  AddReal(fields, 'q', key.qc);
  AddReal(fields, 'E', key.er);
  AddReal(fields, 'f', key.f1);
  if (!key.frame_sha256.empty()) fields.AddText('h', key.frame_sha256);
  ASSIGN_OR_RETURN(std::string sum, Sha256(fields.bytes()));
  sum.resize(kChecksumBytes);
  return sum;
}

void BindReal(Query& query, const std::optional<double>& value) {
  if (value.has_value()) {
    query.BindReal(*value);
  } else {
    query.BindNull();
  }
}

std::optional<double> RealAt(const Query& query, int column) {
  if (query.IsNull(column)) return std::nullopt;
  return query.Real(column);
}

}  // namespace

const char kEntryColumns[] =
    "sequence, frame_id, frame_number, acquisition_time_ns, result_time_ns, detector, origin, "
    "material, ok, atom_count, qc, er, f1, analysis_start, frame_sha256, bytes, "
    "total_bytes, payload_sha256, checksum";

int64_t BytesOf(const NewEntry& entry) {
  const EntryKey& key = entry.key;
  return static_cast<int64_t>(entry.payload.size() + key.frame_id.size() + key.detector.size() +
                              key.origin.size() + key.material.size());
}

absl::Status InsertEntry(Database* database, absl::string_view epoch, const EntryRow& row,
                         absl::string_view payload) {
  const EntryKey& key = row.key;
  ASSIGN_OR_RETURN(const std::string checksum, ChecksumOf(epoch, row));
  static const std::string& sql = *new std::string(
      absl::StrCat("INSERT INTO entry(", kEntryColumns,
                   ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  Query query(database, sql);
  query.Bind(row.sequence)
      .BindText(key.frame_id)
      .Bind(key.frame_number)
      .Bind(absl::ToUnixNanos(key.acquisition_time))
      .Bind(absl::ToUnixNanos(key.result_time))
      .BindText(key.detector)
      .BindText(key.origin)
      .BindText(key.material)
      .Bind(key.ok ? 1 : 0)
      .Bind(key.atom_count);
  BindReal(query, key.qc);
  BindReal(query, key.er);
  BindReal(query, key.f1);
  query.Bind(key.analysis_start);
  if (key.frame_sha256.empty()) {
    query.BindNull();
  } else {
    query.BindBlob(key.frame_sha256);
  }
  query.Bind(row.bytes).Bind(row.total_bytes).BindBlob(row.payload_sha256).BindBlob(checksum);
  RETURN_IF_ERROR(query.Run());
  Query insert(database, "INSERT INTO payload(sequence, bytes) VALUES(?, ?)");
  return insert.Bind(row.sequence).BindBlob(payload).Run();
}

absl::StatusOr<EntryRow> ReadEntryRow(const Query& query, const Epochs& epochs) {
  EntryRow row;
  EntryKey& key = row.key;
  row.sequence = query.Int(0);
  key.frame_id = query.Bytes(1);
  key.frame_number = query.Int(2);
  key.acquisition_time = absl::FromUnixNanos(query.Int(3));
  key.result_time = absl::FromUnixNanos(query.Int(4));
  key.detector = query.Bytes(5);
  key.origin = query.Bytes(6);
  key.material = query.Bytes(7);
  key.ok = query.Int(8) != 0;
  key.atom_count = query.Int(9);
  key.qc = RealAt(query, 10);
  key.er = RealAt(query, 11);
  key.f1 = RealAt(query, 12);
  key.analysis_start = query.Int(13);
  key.frame_sha256 = query.Bytes(14);
  row.bytes = query.Int(15);
  row.total_bytes = query.Int(16);
  row.payload_sha256 = query.Bytes(17);
  ASSIGN_OR_RETURN(const std::string checksum, ChecksumOf(epochs.Of(row.sequence), row));
  if (checksum != query.Bytes(18)) {
    return absl::DataLossError(
        absl::StrCat("entry ", row.sequence, " does not fit its checksum: it was damaged"));
  }
  return row;
}

absl::StatusOr<std::string> ReadPayload(Database* database, const EntryRow& row) {
  Query query(database, "SELECT bytes FROM payload WHERE sequence = ?");
  query.Bind(row.sequence);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) {
    return absl::DataLossError(absl::StrCat("entry ", row.sequence, " has lost its payload"));
  }
  std::string payload = query.Bytes(0);
  ASSIGN_OR_RETURN(const std::string sum, Sha256(payload));
  if (sum != row.payload_sha256) {
    return absl::DataLossError(absl::StrCat("the payload of entry ", row.sequence,
                                            " does not fit its hash: it was damaged"));
  }
  return payload;
}

}  // namespace atomstream

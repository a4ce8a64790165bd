#include "server/journal/page_check.h"

#include <sqlite3.h>

#include <cstring>

namespace atomstream {
namespace {

constexpr int kContentBytes = kPageBytes - kPageCheckBytes;
// SQLite reads the header of a file in pieces smaller than the smallest page.
constexpr int kSmallestPage = 512;
// Room for the file object of the VFS below; ours lies behind it.
constexpr int kBaseBytes = 1024;

// What we keep of an open main file. SQLite calls a file through a table of methods that the VFS
// below has set; we put a copy of that table in its place in which reading and writing are ours.
struct CheckedFile {
  const sqlite3_io_methods* base;
  sqlite3_io_methods methods;
};

CheckedFile* CheckedOf(sqlite3_file* file) {
  return reinterpret_cast<CheckedFile*>(reinterpret_cast<char*>(file) + kBaseBytes);
}

bool IsPage(int bytes, sqlite3_int64 offset) {
  return bytes == kPageBytes && offset % kPageBytes == 0;
}

uint64_t SumOf(const char* page, sqlite3_int64 offset) {
  return PageChecksum(absl::string_view(page, kContentBytes), offset / kPageBytes);
}

int Read(sqlite3_file* file, void* buffer, int bytes, sqlite3_int64 offset) {
  const int code = CheckedOf(file)->base->xRead(file, buffer, bytes, offset);
  if (bytes < kSmallestPage) return code;
  // A page that the file has, but not wholly: the file was cut.
  if (code == SQLITE_IOERR_SHORT_READ) return SQLITE_IOERR_DATA;
  if (code != SQLITE_OK) return code;
  if (!IsPage(bytes, offset)) return SQLITE_IOERR_DATA;
  const char* page = static_cast<const char*>(buffer);
  uint64_t sum = 0;
  std::memcpy(&sum, page + kContentBytes, sizeof(sum));
  return sum == SumOf(page, offset) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int Write(sqlite3_file* file, const void* buffer, int bytes, sqlite3_int64 offset) {
  const sqlite3_io_methods* base = CheckedOf(file)->base;
  if (!IsPage(bytes, offset)) return SQLITE_IOERR_WRITE;
  char page[kPageBytes];
  std::memcpy(page, buffer, kContentBytes);
  const uint64_t sum = SumOf(page, offset);
  std::memcpy(page + kContentBytes, &sum, sizeof(sum));
  return base->xWrite(file, page, bytes, offset);
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
  if (base == nullptr || base->szOsFile > kBaseBytes) return SQLITE_CANTOPEN;
  const int code = base->xOpen(base, name, file, flags, out_flags);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return code;
  CheckedFile* checked = CheckedOf(file);
  checked->base = file->pMethods;
  checked->methods = *file->pMethods;
  checked->methods.iVersion = checked->base->iVersion < 2 ? checked->base->iVersion : 2;  // no mmap
  checked->methods.xRead = &Read;
  checked->methods.xWrite = &Write;
  file->pMethods = &checked->methods;
  return SQLITE_OK;
}

absl::Status Register() {
  if (sqlite3_initialize() != SQLITE_OK) return absl::InternalError("SQLite does not start");
  const sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
  if (base == nullptr) return absl::InternalError("SQLite has no default VFS");
  static sqlite3_vfs checked = *base;
  checked.pNext = nullptr;
  checked.zName = kPageCheckVfs;
  checked.szOsFile = kBaseBytes + sizeof(CheckedFile);
  checked.xOpen = &Open;
  if (sqlite3_vfs_register(&checked, 0) != SQLITE_OK) {
    return absl::InternalError("SQLite refuses the VFS with page checksums");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RegisterPageCheck() {
  static const absl::Status& status = *new absl::Status(Register());
  return status;
}

uint64_t PageChecksum(absl::string_view bytes, int64_t number) {
  // Every step is one-to-one in the word and in the state (the multiplier is odd), so two pages
  // that differ in one word end differently.
  uint64_t state = 0x9e3779b97f4a7c15u ^ (static_cast<uint64_t>(number) * 0xd1342543de82ef95u);
  for (size_t i = 0; i + sizeof(uint64_t) <= bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    state = (state ^ word) * 0xff51afd7ed558ccdu;
    state ^= state >> 29;
  }
  return state;
}

}  // namespace atomstream

#include "tests/server/journal/faulty_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <limits>

namespace atomstream {
namespace {

// SQLite calls free functions, so what they need is here.
struct State {
  sqlite3_vfs* base = nullptr;
  sqlite3_vfs faulty;
  std::atomic<int64_t> good = std::numeric_limits<int64_t>::max();
  std::atomic<DiskFault> fault = DiskFault::kFull;
  std::atomic<bool> failed = false;
};

State& TheState() {
  static State& state = *new State;
  return state;
}

// Behind the real file object, as in page_check.cc.
struct FaultyFile {
  const sqlite3_io_methods* base;
  sqlite3_io_methods methods;
};

FaultyFile* FaultyOf(sqlite3_file* file) {
  return reinterpret_cast<FaultyFile*>(reinterpret_cast<char*>(file) + TheState().base->szOsFile);
}

bool Fails(bool is_sync) {
  State& state = TheState();
  if ((state.fault == DiskFault::kSyncFails) != is_sync) return false;
  if (state.good.fetch_sub(1) > 0) return false;
  state.failed = true;
  return true;
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const sqlite3_io_methods* base = FaultyOf(file)->base;
  if (!Fails(false)) return base->xWrite(file, bytes, size, offset);
  if (TheState().fault == DiskFault::kWriteFails) return SQLITE_IOERR_WRITE;
  if (size > 1) base->xWrite(file, bytes, size / 2, offset);
  return SQLITE_FULL;
}

int Sync(sqlite3_file* file, int flags) {
  return Fails(true) ? SQLITE_IOERR_FSYNC : FaultyOf(file)->base->xSync(file, flags);
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* base = TheState().base;
  const int code = base->xOpen(base, name, file, flags, out_flags);
  if (code != SQLITE_OK) return code;
  FaultyFile* faulty = FaultyOf(file);
  faulty->base = file->pMethods;
  faulty->methods = *file->pMethods;
  faulty->methods.xWrite = &Write;
  faulty->methods.xSync = &Sync;
  file->pMethods = &faulty->methods;
  return SQLITE_OK;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  sqlite3_initialize();
  State& state = TheState();
  state.base = sqlite3_vfs_find(nullptr);
  state.faulty = *state.base;
  state.faulty.pNext = nullptr;
  state.faulty.zName = "faulty";
  state.faulty.szOsFile = state.base->szOsFile + static_cast<int>(sizeof(FaultyFile));
  state.faulty.xOpen = &Open;
  if (sqlite3_vfs_register(&state.faulty, 1) != SQLITE_OK) std::abort();
  Heal();
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&TheState().faulty);
  sqlite3_vfs_register(TheState().base, 1);
}

void FaultyDisk::FailAfter(int64_t good, DiskFault fault) {
  TheState().fault = fault;
  TheState().failed = false;
  TheState().good = good;
}

void FaultyDisk::Heal() { TheState().good = std::numeric_limits<int64_t>::max(); }

bool FaultyDisk::failed() const { return TheState().failed; }

}  // namespace atomstream

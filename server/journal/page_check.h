// Page checksums under SQLite: every page of a journal's main file ends with 8 bytes that are
// computed when it is written there and compared when it is read, so that SQLite never works with a
// damaged, misplaced or missing page: the read fails with SQLITE_IOERR_DATA instead. The
// write-ahead log has checksums of its own; a page gets ours when it leaves the log.
//
// Done as a VFS, SQLite's layer between itself and files, over the default one. The name is
// registered once in a process and never taken away. Thread-safe.
#ifndef ATOMSTREAM_SERVER_JOURNAL_PAGE_CHECK_H_
#define ATOMSTREAM_SERVER_JOURNAL_PAGE_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

inline constexpr char kPageCheckVfs[] = "atomstream-page-check";
// Every file has this page size, and this many bytes reserved at the end of each page.
inline constexpr int kPageBytes = 4096;
inline constexpr int kPageCheckBytes = 8;

absl::Status RegisterPageCheck();

// Of `bytes`, a multiple of 8 long, at page `number`. A change within 8 aligned bytes always
// changes it, any other with a chance of 1 - 2^-64.
uint64_t PageChecksum(absl::string_view bytes, int64_t number);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_PAGE_CHECK_H_

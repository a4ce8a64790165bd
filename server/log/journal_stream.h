// Whether a file descriptor leads to systemd's journal, which takes the level of a line from "<4>"
// at its beginning. Pure but for one fstat; any thread.
#ifndef ATOMSTREAM_SERVER_LOG_JOURNAL_STREAM_H_
#define ATOMSTREAM_SERVER_LOG_JOURNAL_STREAM_H_

#include "absl/strings/string_view.h"

namespace atomstream {

// `journal_stream`: what systemd says in the variable JOURNAL_STREAM, "DEVICE:INODE" of the stream
// that it gave to the service; standard error may have been led elsewhere since.
bool LeadsToJournal(int fd, absl::string_view journal_stream);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_LOG_JOURNAL_STREAM_H_

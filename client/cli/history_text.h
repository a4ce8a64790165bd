// What `history` prints for people: one line a result. Pure functions.
// A view is one of a result that was made printable (printable.h).
#ifndef ATOMSTREAM_CLIENT_CLI_HISTORY_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_HISTORY_TEXT_H_

#include <string>

#include "client/cli/result_view.h"
#include "client/cli/text_style.h"

namespace atomstream {

// Without line ends. Made for 120 columns; only long frame ids and remarks need more.
std::string HistoryHeader();
std::string HistoryLine(const ResultView& view, const TextStyle& style);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_HISTORY_TEXT_H_

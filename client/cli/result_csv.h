// Comma-separated values, for spreadsheets and scripts: one line an atom, or one line a result.
// Pure functions. Texts are quoted, so that they may hold commas.
#ifndef ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_
#define ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_

#include <string>

#include "client/cli/result_view.h"

namespace atomstream {

// Headings are without a line end.
std::string CsvHeader();

// One line an atom, each with its line end; empty where a column does not exist for the detector.
std::string CsvLines(const ResultView& view);

// One line a result, without its line end; empty where the result has no such number.
std::string HistoryCsvHeader();
std::string HistoryCsvLine(const ResultView& view);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_

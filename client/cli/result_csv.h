// Atoms as comma-separated values: one line an atom, for spreadsheets and scripts. Pure functions.
#ifndef ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_
#define ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_

#include <string>

#include "client/cli/result_view.h"

namespace atomstream {

// Without a line end.
std::string CsvHeader();

// One line an atom, each with its line end; empty where a column does not exist for the detector.
// Texts are quoted, so that they may hold commas.
std::string CsvLines(const ResultView& view);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_CSV_H_

// Clusters and site kinds as the command line client prints them for people. Pure functions.
// A view is one of a result that was made printable (printable.h).
#ifndef ATOMSTREAM_CLIENT_CLI_STRUCTURE_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_STRUCTURE_TEXT_H_

#include <string>

#include "client/cli/result_view.h"
#include "client/cli/text_style.h"

namespace atomstream {

// `watch --clusters`: what follows a result's line, each line with its line end; made for 120
// columns. Empty: the result says nothing of clusters or sites.
std::string WatchStructure(const ResultView& view, const TextStyle& style);

// `get`: a table, one line a cluster, and the sites. Empty as above.
std::string StructureText(const ResultView& view);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_STRUCTURE_TEXT_H_

// `atomstream pareto`: a front, its plot and the hyper-parameter map for people. Pure functions;
// each text is several lines, each with its line end.
#ifndef ATOMSTREAM_CLIENT_CLI_FRONT_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_FRONT_TEXT_H_

#include <string>

#include "atomstream/v1/steering.pb.h"
#include "client/cli/json_writer.h"
#include "client/cli/text_style.h"

namespace atomstream {

// Whose front it is, what was chosen by which settings, the table of its solutions and the plot.
// The chosen one is marked with ">".
std::string FrontText(const v1::GetParetoFrontResponse& response, const TextStyle& style);

// ER over QC, `columns` x `rows` characters inside its frame; the chosen one is "@". Empty without
// a front.
std::string FrontPlot(const v1::ParetoFront& front, int columns, int rows);

// One map a parameter: a character a window where the windows lie, from "." (least) to "9"
// (greatest), with the range that these span; " ": no window has a solution there.
std::string WindowMaps(const v1::GetParetoFrontResponse& response);

// The members of one object.
void WriteFront(const v1::GetParetoFrontResponse& response, JsonWriter& json);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_FRONT_TEXT_H_

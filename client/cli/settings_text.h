// Settings that steering can change, and their changes, for people and as JSON. Pure functions.
#ifndef ATOMSTREAM_CLIENT_CLI_SETTINGS_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_SETTINGS_TEXT_H_

#include <string>

#include "atomstream/v1/steering.pb.h"
#include "client/cli/json_writer.h"

namespace atomstream {

// "preference 0.3", "knee", "index 4", "weights QC 1, ER 2".
std::string SelectionText(const v1::Selection& selection);

// Several lines, each with its line end; the names are those that `steer --set` takes.
std::string SettingsText(const v1::Settings& settings);

// One line without its end: "settings version 3, ana (…): selection: knee -> preference 0.3".
std::string ChangeLine(const v1::SettingsChange& change);
// The same with its time in front.
std::string HistoryLine(const v1::SettingsChange& change);

// The members of one object.
void WriteSettings(const v1::Settings& settings, JsonWriter& json);
void WriteChange(const v1::SettingsChange& change, JsonWriter& json);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_SETTINGS_TEXT_H_

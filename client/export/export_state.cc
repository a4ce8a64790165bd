#include "client/export/export_state.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream {
namespace {

// Takes the fields out of the lines; remembers whether all were there and could be read.
class FieldReader {
 public:
  explicit FieldReader(absl::string_view text) {
    for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const size_t equals = line.find('=');
      if (equals == absl::string_view::npos) {
        ok_ = false;
        continue;
      }
      fields_.emplace(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
    }
  }

  void Read(const char* name, std::string& value) {
    const auto field = fields_.find(name);
    if (field == fields_.end()) {
      ok_ = false;
    } else {
      value = field->second;
    }
  }

  void ReadBytes(const char* name, std::string& value) {
    std::string text;
    Read(name, text);
    ok_ = ok_ && absl::Base64Unescape(text, &value);
  }

  void Read(const char* name, int64_t& value) {
    std::string text;
    Read(name, text);
    ok_ = ok_ && absl::SimpleAtoi(text, &value) && value >= 0;
  }

  bool ok() const { return ok_; }

 private:
  std::map<std::string, std::string> fields_;
  bool ok_ = true;
};

}  // namespace

std::string WriteExportState(const ExportState& state) {
  // Texts that others made may hold anything.
  return absl::StrCat(
      "request=", absl::Base64Escape(state.request), "\nfilter=", absl::Base64Escape(state.filter),
      "\nepoch=", state.epoch, "\npage_token=", absl::Base64Escape(state.page_token),
      "\ncomplete=", state.complete ? 1 : 0, "\nresults=", state.results,
      "\nfirst_sequence=", state.first_sequence, "\nlast_sequence=", state.last_sequence,
      "\nnumbers_without=", state.numbers_without, "\nframes=", state.frames,
      "\nframes_missing=", state.frames_missing, "\n");
}

absl::StatusOr<ExportState> ReadExportState(absl::string_view text) {
  FieldReader reader(text);
  ExportState state;
  int64_t complete = 0;
  reader.ReadBytes("request", state.request);
  reader.ReadBytes("filter", state.filter);
  reader.Read("epoch", state.epoch);
  reader.ReadBytes("page_token", state.page_token);
  reader.Read("complete", complete);
  reader.Read("results", state.results);
  reader.Read("first_sequence", state.first_sequence);
  reader.Read("last_sequence", state.last_sequence);
  reader.Read("numbers_without", state.numbers_without);
  reader.Read("frames", state.frames);
  reader.Read("frames_missing", state.frames_missing);
  if (!reader.ok()) return absl::DataLossError("the note on an interrupted export is damaged");
  state.complete = complete != 0;
  return state;
}

}  // namespace atomstream

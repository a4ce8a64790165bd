// What the command line client prints for people. Pure functions. Where they take a view, it is one
// of a result that was made printable (printable.h); whole messages they make so themselves.
#ifndef ATOMSTREAM_CLIENT_CLI_RESULT_TEXT_H_
#define ATOMSTREAM_CLIENT_CLI_RESULT_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cli/result_view.h"
#include "client/cli/text_style.h"

namespace atomstream {

// What a subscriber did not get before a result, by place.
struct LossBefore {
  int64_t at_source = 0;     // numbers that the microscope skipped, or frames that were refused
  int64_t at_admission = 0;  // frames that the daemon dropped at its door
  int64_t in_gaps = 0;       // results that were declared lost on the way to this subscriber
};

// `watch`: what stands above the columns, of LoG*'s lines or of the U-Net's, and one line a result,
// without the last line end. Made for 120 columns; only remarks and great losses need more.
std::string WatchHeader(bool unet);
std::string WatchLine(const ResultView& view, const LossBefore& loss, const TextStyle& style);

// `analyze`: `source` is the file and page.
std::string AnalyzeHeader(size_t source_width);
std::string AnalyzeLine(absl::string_view source, size_t source_width, const ResultView& view,
                        const TextStyle& style);

// `get`: several lines, each with its line end.
std::string ResultText(const v1::FrameResult& result);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_TEXT_H_

// `atomstream history`: the kept results, filtered, page by page.
#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/cli_command.h"
#include "client/cli/filter_flags.h"
#include "client/cli/history_text.h"
#include "client/cli/json_writer.h"
#include "client/cli/printable.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cpp/persist.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr int64_t kPageSize = 200;

struct HistoryFlags {
  CommonFlags common;
  FilterFlags filter;
  bool newest_first = false;
  int64_t limit = 0;
};

// Prints results as they come; the heading before the first, or when there is none.
class HistoryPrinter {
 public:
  HistoryPrinter(const CommonFlags& common, const CliOutput& output)
      : common_(common), output_(output) {}

  void PrintHeading() {
    if (headed_ || common_.json()) return;
    headed_ = true;
    output_.out << (common_.csv() ? HistoryCsvHeader() : output_.style.Dim(HistoryHeader()))
                << "\n";
  }

  void Print(const v1::FrameResult& result) {
    PrintHeading();
    if (common_.json()) {
      JsonWriter json;
      json.BeginObject();
      WriteResultBrief(ResultView(result), json);
      json.EndObject();
      output_.out << json.text() << "\n";
    } else if (common_.csv()) {
      output_.out << HistoryCsvLine(ResultView(result)) << "\n";
    } else {
      const v1::FrameResult shown = PrintableCopy(result);
      output_.out << HistoryLine(ResultView(shown), output_.style) << "\n";
    }
  }

 private:
  const CommonFlags& common_;
  const CliOutput& output_;
  bool headed_ = false;
};

absl::Status History(const HistoryFlags& flags, const v1::ResultFilter& filter,
                     const CliOutput& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<AnalysisClient> client, Connect(flags.common));
  v1::ListFrameResultsRequest request;
  *request.mutable_filter() = filter;
  request.set_newest_first(flags.newest_first);
  request.set_page_size(
      static_cast<int>(flags.limit > 0 ? std::min(flags.limit, kPageSize) : kPageSize));
  HistoryPrinter printer(flags.common, output);
  int64_t count = 0;
  while (true) {
    // Half a listing is of little use: a daemon that is busy, or away for a moment, is waited for.
    ASSIGN_OR_RETURN(const v1::ListFrameResultsResponse page,
                     Persist({flags.common.timeout()}, [&](absl::Duration timeout) {
                       return client->ListFrameResults(request, timeout);
                     }));
    for (const v1::FrameResult& result : page.results()) {
      printer.Print(result);
      if (++count == flags.limit) break;
    }
    output.out << std::flush;
    if (page.next_page_token().empty() || (flags.limit > 0 && count >= flags.limit)) break;
    request.set_page_token(page.next_page_token());
  }
  if (count > 0) return absl::OkStatus();
  // A program gets a table without lines; a person is told.
  if (flags.common.csv()) printer.PrintHeading();
  if (!flags.common.csv() && !flags.common.json())
    output.err << "no such results are kept"
               << "\n";
  output.out << std::flush;
  return absl::OkStatus();
}

}  // namespace

int HistoryCommand(const std::vector<std::string>& arguments, const CliOutput& output) {
  HistoryFlags flags;
  flags.common.csv_help = "csv: one line a result";
  FlagSet flag_set(
      "atomstream history [flags]: prints the kept results that meet all of the flags, oldest "
      "first.");
  flags.common.AddTo(flag_set);
  flags.filter.AddTo(flag_set);
  flag_set.Add("newest_first", &flags.newest_first, "the newest first");
  flag_set.Add("limit", &flags.limit, "at most this many; 0: all");
  int exit_code = kExitOk;
  if (!ParseCommand(flag_set, flags.common, arguments, nullptr, output, exit_code)) {
    return exit_code;
  }
  if (flags.limit < 0) {
    return Refuse(absl::InvalidArgumentError(
                      absl::StrCat("--limit = ", flags.limit, ": must not be negative (0: all)")),
                  output);
  }
  const absl::StatusOr<v1::ResultFilter> filter = flags.filter.Filter(absl::Now());
  if (!filter.ok()) return Refuse(filter.status(), output);
  return Finish(History(flags, *filter, output), output);
}

}  // namespace atomstream

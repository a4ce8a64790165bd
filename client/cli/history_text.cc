#include "client/cli/history_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

std::string Score(bool there, double value) {
  return there ? absl::StrFormat("%7.4f", value) : absl::StrFormat("%7s", "-");
}

// Why the frame was decided anew, what was remarkable, and why it failed.
std::string Outcome(const ResultView& view, const TextStyle& style) {
  std::string text;
  if (view.made_anew()) absl::StrAppend(&text, "  anew: ", CauseText(view.result.cause()));
  if (!view.detector.flags().empty()) {
    absl::StrAppend(&text, "  ", style.Warn(absl::StrJoin(view.detector.flags(), " ")));
  }
  if (!view.detector.error().empty()) {
    absl::StrAppend(&text, "  ", style.Bad(absl::StrCat("failed: ", view.detector.error())));
  }
  return text;
}

}  // namespace

std::string HistoryHeader() {
  return absl::StrFormat("%8s  %-27s  %7s  %-8s  %-12s %6s  %7s %7s %6s  %s", "sequence",
                         "acquired", "frame", "detector", "material", "atoms", "QC", "ER", "F1",
                         "frame id");
}

std::string HistoryLine(const ResultView& view, const TextStyle& style) {
  const v1::FrameResult& result = view.result;
  const std::string& material = view.detector.lattice().material();
  const std::string atoms =
      view.detector.error().empty() ? absl::StrCat(view.atoms) : std::string("-");
  const std::string f1 = view.evaluation == nullptr
                             ? std::string("-")
                             : absl::StrFormat("%.3f", view.evaluation->f1());
  return absl::StrCat(
      absl::StrFormat(
          "%8d  %-27s  %7d  %-8s  %-12s %6s  ", result.position().sequence(),
          result.has_acquisition_time() ? TimeText(result.acquisition_time()) : std::string("-"),
          result.frame_number(), view.detector.detector(), material.empty() ? "-" : material,
          atoms),
      Score(view.has_scores(), view.detector.qc()), " ",
      Score(view.has_scores(), view.detector.er()), absl::StrFormat(" %6s  ", f1),
      result.frame_id(), Outcome(view, style));
}

}  // namespace atomstream

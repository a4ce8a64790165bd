#include "client/cli/result_csv.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// Of texts that are words of the daemon's own: a comma in one moves no column all the same.
std::string QuotedIfNeeded(const std::string& text) {
  return text.find_first_of(",\"\r\n") == std::string::npos ? text : Quoted(text);
}

// The shortest text that reads back as the same number.
template <typename T>
void AppendNumber(T value, std::string& line) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  line.append(buffer, end);
}

// Nothing where the column has no entry i.
void AppendEntry(const google::protobuf::RepeatedField<float>& column, int i, std::string& line) {
  line.push_back(',');
  if (i < column.size()) AppendNumber(column.Get(i), line);
}

void AppendIf(bool there, double value, std::string& line) {
  line.push_back(',');
  if (there) AppendNumber(value, line);
}

}  // namespace

std::string CsvHeader() {
  return "frame_id,frame_number,sequence,detector,model_id,x_px,y_px,sigma_px,intensity,response,"
         "confidence,spread,cluster,cluster_probability,site_kind,coordination,nearest_px";
}

std::string CsvLines(const ResultView& view) {
  const std::string start =
      absl::StrCat(Quoted(view.result.frame_id()), ",", view.result.frame_number(), ",",
                   view.result.position().sequence(), ",", QuotedIfNeeded(view.detector.detector()),
                   ",", Quoted(view.detector.model_id()));
  const v1::AtomTable& atoms = view.detector.atoms();
  std::string text;
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    text.append(start);
    for (const auto* column : {&atoms.x_px(), &atoms.y_px(), &atoms.sigma_px(), &atoms.intensity(),
                               &atoms.response(), &atoms.confidence(), &atoms.spread()}) {
      AppendEntry(*column, i, text);
    }
    text.push_back(',');
    if (i < atoms.cluster_size()) absl::StrAppend(&text, atoms.cluster(i));
    AppendEntry(atoms.cluster_probability(), i, text);
    text.push_back(',');
    if (i < atoms.site_kind_size()) absl::StrAppend(&text, SiteKindText(atoms.site_kind(i)));
    text.push_back(',');
    if (i < atoms.coordination_size()) absl::StrAppend(&text, atoms.coordination(i));
    AppendEntry(atoms.nearest_px(), i, text);
    text.push_back('\n');
  }
  return text;
}

std::string HistoryCsvHeader() {
  return "epoch,sequence,frame_id,frame_number,origin,acquisition_time,result_time,width_px,"
         "height_px,detector,model_id,material,pixel_size_nm,d_nn_px,atoms,expected_atoms,qc,er,f1,"
         "rmse_px,total_ms,cause,settings_version,flags,error";
}

std::string HistoryCsvLine(const ResultView& view) {
  const v1::FrameResult& result = view.result;
  const v1::DetectorResult& detector = view.detector;
  const v1::LatticeEstimate& lattice = detector.lattice();
  std::string line = absl::StrCat(
      QuotedIfNeeded(result.position().epoch()), ",", result.position().sequence(), ",",
      Quoted(result.frame_id()), ",", result.frame_number(), ",", QuotedIfNeeded(result.origin()),
      ",", JsonTime(result.acquisition_time()), ",", JsonTime(result.result_time()), ",",
      result.width_px(), ",", result.height_px(), ",", QuotedIfNeeded(detector.detector()), ",",
      Quoted(detector.model_id()), ",", Quoted(lattice.material()));
  AppendIf(lattice.pixel_size_nm_used() > 0, lattice.pixel_size_nm_used(), line);
  AppendIf(lattice.d_nn_px() > 0, lattice.d_nn_px(), line);
  absl::StrAppend(&line, ",");
  if (detector.error().empty()) absl::StrAppend(&line, view.atoms);
  AppendIf(lattice.expected_atoms() > 0, lattice.expected_atoms(), line);
  AppendIf(view.has_scores(), detector.qc(), line);
  AppendIf(view.has_scores(), detector.er(), line);
  AppendIf(view.evaluation != nullptr, view.evaluation == nullptr ? 0 : view.evaluation->f1(),
           line);
  AppendIf(view.evaluation != nullptr, view.evaluation == nullptr ? 0 : view.evaluation->rmse_px(),
           line);
  AppendIf(view.total_ms > 0, view.total_ms, line);
  absl::StrAppend(&line, ",", CauseText(result.cause()), ",", result.settings_version(), ",",
                  Quoted(absl::StrJoin(detector.flags(), " ")), ",", Quoted(detector.error()));
  return line;
}

}  // namespace atomstream

#include "client/cli/result_csv.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace atomstream {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// The shortest text that reads back as the same float; nothing where the column has no entry i.
void AppendEntry(const google::protobuf::RepeatedField<float>& column, int i, std::string& line) {
  line.push_back(',');
  if (i >= column.size()) return;
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), column.Get(i));
  line.append(buffer, end);
}

}  // namespace

std::string CsvHeader() {
  return "frame_id,frame_number,sequence,detector,model_id,x_px,y_px,sigma_px,intensity,response,"
         "confidence,spread,cluster,cluster_probability,site_kind,coordination,nearest_px";
}

std::string CsvLines(const ResultView& view) {
  const std::string start =
      absl::StrCat(Quoted(view.result.frame_id()), ",", view.result.frame_number(), ",",
                   view.result.position().sequence(), ",", view.detector.detector(), ",",
                   Quoted(view.detector.model_id()));
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

}  // namespace atomstream

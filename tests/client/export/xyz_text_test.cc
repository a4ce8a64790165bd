#include "client/export/xyz_text.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/client/export/fake_history.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

// A frame of extended XYZ, read by the letter: key=value or key="value", with \" and \\ in quotes.
struct XyzFrame {
  std::map<std::string, std::string> info;
  std::vector<std::string> names;  // of the properties
  std::vector<std::vector<std::string>> atoms;
};

std::optional<std::map<std::string, std::string>> ReadInfo(absl::string_view line) {
  std::map<std::string, std::string> info;
  size_t at = 0;
  while (at < line.size()) {
    const size_t equals = line.find('=', at);
    if (equals == absl::string_view::npos) return std::nullopt;
    const std::string key(line.substr(at, equals - at));
    std::string value;
    at = equals + 1;
    if (at < line.size() && line[at] == '"') {
      for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\') ++at;
        if (at < line.size()) value.push_back(line[at]);
      }
      if (at >= line.size()) return std::nullopt;  // no end of the quotes
      ++at;
    } else {
      while (at < line.size() && line[at] != ' ') value.push_back(line[at++]);
      if (value.empty()) return std::nullopt;
    }
    if (key.empty() || !info.emplace(key, value).second) return std::nullopt;
    if (at < line.size() && line[at++] != ' ') return std::nullopt;
  }
  return info;
}

std::optional<XyzFrame> ReadExtxyz(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  size_t count = 0;
  if (lines.size() < 3 || !lines.back().empty() || !absl::SimpleAtoi(lines[0], &count) ||
      lines.size() != count + 3) {
    return std::nullopt;
  }
  XyzFrame frame;
  const auto info = ReadInfo(lines[1]);
  if (!info || !info->contains("Properties")) return std::nullopt;
  frame.info = *info;
  const std::vector<std::string> properties = absl::StrSplit(frame.info["Properties"], ':');
  if (properties.size() % 3 != 0) return std::nullopt;
  size_t columns = 0;
  for (size_t i = 0; i < properties.size(); i += 3) {
    size_t width = 0;
    if (!absl::SimpleAtoi(properties[i + 2], &width)) return std::nullopt;
    frame.names.push_back(properties[i]);
    columns += width;
  }
  for (size_t i = 0; i < count; ++i) {
    frame.atoms.push_back(absl::StrSplit(lines[i + 2], ' '));
    if (frame.atoms.back().size() != columns) return std::nullopt;
  }
  return frame;
}

TEST(ExtxyzTextTest, HasTheCellTheColumnsAndTheResultsNumbers) {
  const auto frame = ReadExtxyz(ExtxyzText(ResultNumber(7)));
  ASSERT_TRUE(frame);
  // 64 x 32 pixels of 0.02 nm.
  EXPECT_EQ(frame->info.at("Lattice"), "12.80000 0.0 0.0 0.0 6.40000 0.0 0.0 0.0 1.0");
  EXPECT_EQ(frame->info.at("pbc"), "F F F");
  EXPECT_EQ(frame->info.at("units"), "angstrom");
  EXPECT_EQ(frame->info.at("frame_id"), "frame-7");
  EXPECT_EQ(frame->info.at("sequence"), "7");
  EXPECT_EQ(frame->info.at("detector"), "log_star");
  EXPECT_EQ(frame->info.at("pixel_size_nm"), "0.02");
  EXPECT_THAT(frame->names, ElementsAre("species", "pos", "sigma_px", "intensity", "response",
                                        "cluster", "coordination", "site_kind"));
  ASSERT_EQ(frame->atoms.size(), 2u);
  EXPECT_THAT(frame->atoms[1], ElementsAre("X", "1.50000", "0.20000", "0.00000", "1.25", "0.5",
                                           "0.75", "0", "3", "bulk"));
}

TEST(ExtxyzTextTest, StaysInPixelsWithoutAPixelSize) {
  v1::FrameResult result = ResultNumber(7);
  result.mutable_detectors(0)->mutable_lattice()->clear_pixel_size_nm_used();
  const auto frame = ReadExtxyz(ExtxyzText(result));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->info.at("units"), "pixel");
  EXPECT_FALSE(frame->info.contains("pixel_size_nm"));
  EXPECT_EQ(frame->info.at("Lattice"), "64.00000 0.0 0.0 0.0 32.00000 0.0 0.0 0.0 1.0");
  EXPECT_EQ(frame->atoms[1][1], "7.50000");
}

TEST(ExtxyzTextTest, HasScoresOnlyWhereThereAreSome) {
  v1::FrameResult result = ResultNumber(7);
  EXPECT_FALSE(ReadExtxyz(ExtxyzText(result))->info.contains("f1"));
  v1::Evaluation& evaluation = *result.add_evaluations();
  evaluation.set_detector("log_star");
  evaluation.set_f1(0.975);
  const auto frame = ReadExtxyz(ExtxyzText(result));
  EXPECT_EQ(frame->info.at("f1"), "0.975");
  EXPECT_EQ(frame->info.at("qc"), "0.125");
  EXPECT_EQ(frame->info.at("er"), "0.25");
  result.mutable_detectors(0)->mutable_front()->set_chosen_index(-1);
  EXPECT_FALSE(ReadExtxyz(ExtxyzText(result))->info.contains("qc"));
}

TEST(ExtxyzTextTest, AFailureIsAFrameWithoutAtomsThatSaysWhy) {
  v1::FrameResult result = ResultNumber(7);
  v1::DetectorResult& detector = *result.mutable_detectors(0);
  detector.Clear();
  detector.set_detector("unet");
  detector.set_error("no \"model\"\nC:\\x");
  const auto frame = ReadExtxyz(ExtxyzText(result));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->info.at("error"), "no \"model\" C:\\x");
  EXPECT_TRUE(frame->atoms.empty());
}

TEST(XyzTextTest, LeavesOutPlacesWithoutAnAtom) {
  v1::FrameResult result = ResultNumber(7, 3);
  result.mutable_detectors(0)->mutable_atoms()->set_site_kind(1, v1::SITE_KIND_VACANCY);
  const std::string text = XyzText(result);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "2");
  EXPECT_THAT(lines[1], testing::StartsWith("units=angstrom frame_id=frame-7 "));
  EXPECT_EQ(lines[2], "X 1.40000 0.00000 0.00000");
  EXPECT_EQ(lines[3], "X 1.60000 0.40000 0.00000");
  // The extended form keeps them, and says what they are.
  const auto extended = ReadExtxyz(ExtxyzText(result));
  ASSERT_EQ(extended->atoms.size(), 3u);
  EXPECT_EQ(extended->atoms[1].back(), "vacancy");
}

TEST(XyzTextTest, AResultOfNothingIsAFrameOfNothing) {
  const std::vector<std::string> lines = absl::StrSplit(XyzText(v1::FrameResult()), '\n');
  EXPECT_EQ(lines[0], "0");
}

}  // namespace
}  // namespace atomstream

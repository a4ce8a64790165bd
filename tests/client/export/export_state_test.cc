#include "client/export/export_state.h"

#include <gtest/gtest.h>

namespace atomstream {
namespace {

TEST(ExportStateTest, ReadsWhatItWrote) {
  ExportState state;
  state.request = "--format=csv --material=a\nb=\"c\"";
  state.filter = std::string("\0\n=\xff", 4);
  state.epoch = "0192-ab";
  state.page_token = "any\nthing=";
  state.complete = true;
  state.results = 12;
  state.first_sequence = 3;
  state.last_sequence = 15;
  state.numbers_without = 1;
  state.frames = 11;
  state.frames_missing = 2;
  const auto read = ReadExportState(WriteExportState(state));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->request, state.request);
  EXPECT_EQ(read->filter, state.filter);
  EXPECT_EQ(read->epoch, state.epoch);
  EXPECT_EQ(read->page_token, state.page_token);
  EXPECT_TRUE(read->complete);
  EXPECT_EQ(read->results, 12);
  EXPECT_EQ(read->first_sequence, 3);
  EXPECT_EQ(read->last_sequence, 15);
  EXPECT_EQ(read->numbers_without, 1);
  EXPECT_EQ(read->frames, 11);
  EXPECT_EQ(read->frames_missing, 2);
}

TEST(ExportStateTest, RefusesWhatIsDamaged) {
  const std::string text = WriteExportState(ExportState());
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2),
                                     std::string("results\n") + text, text + "results"}) {
    EXPECT_TRUE(absl::IsDataLoss(ReadExportState(damaged).status())) << damaged;
  }
}

}  // namespace
}  // namespace atomstream

// Whatever texts a daemon sends: what is printed for people has none of their control characters.
#include "client/cli/printable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "atomstream/v1/operations.pb.h"
#include "client/cli/cli_command.h"
#include "client/cli/front_text.h"
#include "client/cli/history_text.h"
#include "client/cli/result_csv.h"
#include "client/cli/result_json.h"
#include "client/cli/result_text.h"
#include "client/cli/settings_text.h"
#include "client/cli/status_view.h"
#include "client/cli/structure_text.h"
#include "client/cli/target_view.h"
#include "client/cli/watch_session.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"

namespace atomstream {
namespace {

using google::protobuf::FieldDescriptor;
using testing::HasSubstr;
using testing::Not;

// Clears the screen, begins a line of its own, and has a control character beyond ASCII.
constexpr char kHostile[] = "h\x1b[2J\nforged\xc2\x9b!";
constexpr char kShown[] = "h\\x1b[2J\\x0aforged\\u009b!";

// Every field set, repeated ones once: texts to kHostile, numbers to `number`. Messages end where
// they would hold themselves.
void Fill(google::protobuf::Message& message, int number, int depth = 0) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        many ? reflection.AddString(&message, field, kHostile)
             : reflection.SetString(&message, field, kHostile);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth < 8) {
          Fill(many ? *reflection.AddMessage(&message, field)
                    : *reflection.MutableMessage(&message, field),
               number, depth + 1);
        }
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        many ? reflection.AddEnumValue(&message, field, number)
             : reflection.SetEnumValue(&message, field, number);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        many ? reflection.AddBool(&message, field, number % 2 != 0)
             : reflection.SetBool(&message, field, number % 2 != 0);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        many ? reflection.AddInt32(&message, field, number)
             : reflection.SetInt32(&message, field, number);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        many ? reflection.AddInt64(&message, field, number)
             : reflection.SetInt64(&message, field, number);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        many ? reflection.AddUInt32(&message, field, static_cast<uint32_t>(number))
             : reflection.SetUInt32(&message, field, static_cast<uint32_t>(number));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        many ? reflection.AddUInt64(&message, field, static_cast<uint64_t>(number))
             : reflection.SetUInt64(&message, field, static_cast<uint64_t>(number));
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        many ? reflection.AddFloat(&message, field, static_cast<float>(number))
             : reflection.SetFloat(&message, field, static_cast<float>(number));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        many ? reflection.AddDouble(&message, field, number)
             : reflection.SetDouble(&message, field, number);
        break;
    }
  }
}

template <typename Message>
Message Filled(int number) {
  Message message;
  Fill(message, number);
  return message;
}

void ExpectHarmless(absl::string_view what, const std::string& text) {
  EXPECT_THAT(text, HasSubstr("\\x1b[2J")) << what << ": shows no text of the message";
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << what;
  EXPECT_THAT(text, Not(HasSubstr("\nforged"))) << what;
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b"))) << what;
}

// Enumerators and flags decide what is said: each is tried with several.
class PrintableTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Numbers, PrintableTest, testing::Values(0, 1, 2, 3));

TEST_P(PrintableTest, NoTextForPeopleHoldsWhatADaemonWouldHaveTheTerminalDo) {
  const TextStyle plain;
  ExpectHarmless("status", StatusText(Filled<v1::GetStatusResponse>(GetParam())));
  ExpectHarmless("front", FrontText(Filled<v1::GetParetoFrontResponse>(GetParam()), plain));
  ExpectHarmless("settings", SettingsText(Filled<v1::Settings>(GetParam())));
  ExpectHarmless("change", HistoryLine(Filled<v1::SettingsChange>(GetParam())));
  ExpectHarmless("targets", TargetsText(Filled<v1::SelectTargetsResponse>(GetParam()), plain));
  ExpectHarmless("update", TargetUpdateText(Filled<v1::WatchTargetsResponse>(GetParam()), plain));
  ExpectHarmless("visit", VisitText(Filled<v1::Visit>(GetParam()), plain));
  ExpectHarmless("result", ResultText(Filled<v1::FrameResult>(GetParam())));
}

TEST_P(PrintableTest, NoLineOfWatchDoesEither) {
  std::ostringstream out, err;
  WatchSession session(/*json=*/false, {out, err, {}});
  const absl::Time now = absl::UnixEpoch();
  Linked linked;
  linked.after = Filled<v1::ResultPosition>(GetParam());
  Fill(linked.run, GetParam());
  auto result = Filled<v1::FrameResult>(GetParam());
  result.mutable_position()->set_sequence(GetParam() + 3);
  ResultGap gap;
  gap.epoch = kHostile;
  gap.first_sequence = GetParam() + 1;
  gap.last_sequence = GetParam() + 2;
  gap.results = 2;
  EpochChange change;
  change.old_position = linked.after;
  change.new_epoch = kHostile;
  for (const ResultEvent& event :
       std::vector<ResultEvent>{linked, gap, result, Filled<v1::SourceStatus>(GetParam()),
                                Filled<v1::SettingsChange>(GetParam()), change}) {
    out.str("");
    EXPECT_EQ(session.OnEvent(event, now), absl::OkStatus()) << "its books balance all the same";
    if (!std::holds_alternative<ResultGap>(event)) ExpectHarmless("event", out.str());
  }
  out.str("");
  session.PrintSummary();
  ExpectHarmless("summary", out.str());
}

TEST_P(PrintableTest, LinesOfViewsAreHarmlessOnceTheResultIsMadePrintable) {
  const v1::FrameResult result = PrintableCopy(Filled<v1::FrameResult>(GetParam()));
  const ResultView view(result);
  ExpectHarmless("history", HistoryLine(view, {}));
  ExpectHarmless("analyze", AnalyzeLine("a.npy[0]", 8, view, {}));
  ExpectHarmless("structure", StructureText(view));
}

TEST_P(PrintableTest, JsonIsHarmlessAndTellsTheTextsAsTheyCame) {
  const auto result = Filled<v1::FrameResult>(GetParam());
  JsonWriter json;
  json.BeginObject();
  WriteResult(ResultView(result), json);
  json.EndObject();
  EXPECT_THAT(json.text(), HasSubstr(R"("h\u001b[2J\u000aforged\u009b!")"));
  EXPECT_THAT(json.text(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(json.text(), Not(HasSubstr("\n")));
  EXPECT_THAT(json.text(), Not(HasSubstr("\xc2\x9b")));
}

TEST(PrintableMessageTest, OnlyTextsThatNeedItAreChangedAndBytesStay) {
  v1::AnalyzeFrameRequest request;
  request.mutable_frame()->set_material("graphene \xc3\xa5");
  request.mutable_frame()->set_pixels("\x1b\xff");
  request.add_detectors("unet");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(PrintableCopy(request), request));
  request.add_detectors(kHostile);
  EXPECT_EQ(PrintableCopy(request).detectors(1), kShown);
  EXPECT_EQ(PrintableCopy(PrintableCopy(request)).detectors(1), kShown) << "once is enough";
}

TEST(ResultCsvTest, ATextMovesNoColumn) {
  v1::FrameResult result;
  result.mutable_position()->set_epoch("a,b");
  result.set_origin("c\nd");
  result.add_detectors()->set_detector("e\"f");
  const std::string line = HistoryCsvLine(ResultView(result));
  EXPECT_THAT(line, testing::StartsWith("\"a,b\",0,"));
  EXPECT_THAT(line, HasSubstr(",\"c\nd\","));
  EXPECT_THAT(line, HasSubstr(",\"e\"\"f\","));
}

TEST(PrintErrorTest, IsOneLineThatSteersNothing) {
  std::ostringstream out, err;
  PrintError(absl::NotFoundError(kHostile), {out, err, {}});
  EXPECT_EQ(err.str(), std::string("atomstream: NOT_FOUND: ") + kShown + "\n");
  err.str("");
  PrintError(absl::InvalidArgumentError("unexpected argument: no\rgo \xe2\x80\xae"
                                        "back \xc3\xa5"),
             {out, err, {}});
  EXPECT_EQ(err.str(), "atomstream: unexpected argument: no\\x0dgo \\u202eback \xc3\xa5\n");
}

}  // namespace
}  // namespace atomstream

// Messages of a daemon as they may be printed for people: no text in them steers the terminal or
// forges a line. As JSON and CSV they go out as they came: those quote by their own rules. Pure
// functions; any thread.
#ifndef ATOMSTREAM_CLIENT_CLI_PRINTABLE_H_
#define ATOMSTREAM_CLIENT_CLI_PRINTABLE_H_

#include "core/base/escaped_text.h"
#include "google/protobuf/message.h"

namespace atomstream {

// Makes every text in it Printable, also those of the messages in it. Bytes stay.
void MakePrintable(google::protobuf::Message& message);

template <typename Message>
Message PrintableCopy(Message message) {
  MakePrintable(message);
  return message;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_PRINTABLE_H_

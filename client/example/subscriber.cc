// Prints every result of a daemon, once, whatever happens to the link, and goes on where it ended
// when it is started again: docs/client_library.md.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "client/cpp/channel.h"
#include "client/cpp/result_stream.h"

using atomstream::AnalysisClient, atomstream::ResultEvent, atomstream::ResultStream;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: atomstream-example-subscriber HOST:PORT POSITION_FILE\n";
    return 2;
  }
  const auto channel = atomstream::MakeChannel({.address = argv[1], .security = {}});
  if (!channel.ok()) return 2;
  const std::unique_ptr<AnalysisClient> client = AnalysisClient::Create(*channel);

  atomstream::ResultStreamOptions options;  // lossless; reconnects for ever
  std::string epoch;
  int64_t sequence = 0;
  if (std::ifstream(argv[2]) >> epoch >> sequence) {
    options.resume_after.emplace().set_epoch(epoch);
    options.resume_after->set_sequence(sequence);
  }
  const auto stream = ResultStream::Create(client.get(), options);
  if (!stream.ok()) return 2;

  while (true) {
    const absl::StatusOr<ResultEvent> event = (*stream)->Next();
    if (!event.ok()) {
      std::cerr << event.status() << std::endl;
      return 1;
    }
    if (const auto* result = std::get_if<atomstream::v1::FrameResult>(&*event)) {
      std::cout << result->frame_id() << " " << result->detectors(0).detector() << " "
                << result->detectors(0).atom_count() << " atoms" << std::endl;
    } else if (const auto* gap = std::get_if<atomstream::ResultGap>(&*event)) {
      std::cout << "lost: " << gap->first_sequence << " to " << gap->last_sequence << std::endl;
    } else if (const auto* change = std::get_if<atomstream::EpochChange>(&*event)) {
      std::cout << "a new store: " << change->new_epoch << std::endl;
    } else if (const auto* lost = std::get_if<atomstream::Reconnecting>(&*event)) {
      std::cerr << "no link: " << lost->cause.message() << std::endl;
    }
    if (const auto position = (*stream)->position()) {  // the event was dealt with
      const std::string fresh = std::string(argv[2]) + ".new";
      std::ofstream(fresh) << position->epoch() << " " << position->sequence() << "\n";
      std::filesystem::rename(fresh, argv[2]);  // never half written
    }
  }
}

// WithWedge: a hook for drills. While a file is there, one of LoG*'s workers holds the frame that
// it has, as one that hangs would; it goes on when the file is gone.
//
// atomstreamd has it with --wedge_while alone, and then says so in its log. No configuration, call
// or environment leads here.
#ifndef ATOMSTREAM_SERVER_WEDGE_H_
#define ATOMSTREAM_SERVER_WEDGE_H_

#include <string>

#include "server/steering/active_settings.h"

namespace atomstream {

// What `factory` makes, with one wedge for all of it.
LogStarFactory WithWedge(LogStarFactory factory, const std::string& file);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_WEDGE_H_

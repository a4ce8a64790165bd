// Pareto fronts, solutions and windows on their way into the contract and back. Pure functions; any
// thread.
#ifndef ATOMSTREAM_SERVER_CODEC_FRONT_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_FRONT_CODEC_H_

#include <vector>

#include "atomstream/v1/result.pb.h"
#include "detectors/log_star/log_star_result.h"

namespace atomstream {

v1::Preprocessing PreprocessingToProto(Preprocessing preprocessing);
v1::WindowMode WindowModeToProto(WindowMode mode);

// Of the whole frame.
v1::ParetoFront FrontToProto(const LogStarResult& result);
v1::WindowFront WindowToProto(const WindowResult& window);

// The solutions of a front that LoG* found.
std::vector<FrontPoint> FrontFromProto(const v1::ParetoFront& proto);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_FRONT_CODEC_H_

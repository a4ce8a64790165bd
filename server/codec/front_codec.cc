#include "server/codec/front_codec.h"

#include <string>
#include <vector>

namespace atomstream {
namespace {

void FillParams(const LogParams& params, v1::LogParams& proto) {
  proto.set_min_sigma_px(params.min_sigma_px);
  proto.set_max_sigma_px(params.max_sigma_px);
  proto.set_num_sigma(params.num_sigma);
  proto.set_threshold(params.threshold);
  proto.set_overlap(params.overlap);
  proto.set_min_spacing_px(params.min_spacing_px);
  proto.set_preprocessing(PreprocessingToProto(params.preprocessing));
}

Preprocessing PreprocessingFromProto(v1::Preprocessing proto) {
  switch (proto) {
    case v1::PREPROCESSING_GAUSSIAN:
      return Preprocessing::kGaussian;
    case v1::PREPROCESSING_LATTICE:
      return Preprocessing::kLattice;
    default:
      return Preprocessing::kNone;
  }
}

LogParams ParamsFromProto(const v1::LogParams& proto) {
  LogParams params;
  params.min_sigma_px = proto.min_sigma_px();
  params.max_sigma_px = proto.max_sigma_px();
  params.num_sigma = proto.num_sigma();
  params.threshold = proto.threshold();
  params.overlap = proto.overlap();
  params.min_spacing_px = proto.min_spacing_px();
  params.pruning = Pruning::kBrightestFirst;  // LoG* searches no other
  params.preprocessing = PreprocessingFromProto(proto.preprocessing());
  return params;
}

v1::ParetoFront MakeFront(const std::vector<FrontPoint>& front, int chosen,
                          const std::string& chosen_by, double hypervolume) {
  v1::ParetoFront proto;
  for (const FrontPoint& point : front) {
    v1::ParetoSolution& solution = *proto.add_solutions();
    solution.set_qc(point.qc);
    solution.set_er(point.er);
    FillParams(point.params, *solution.mutable_params());
  }
  proto.set_chosen_index(chosen);
  if (chosen >= 0) proto.set_chosen_by(chosen_by);
  proto.set_hypervolume(hypervolume);
  return proto;
}

}  // namespace

v1::Preprocessing PreprocessingToProto(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::kNone:
      return v1::PREPROCESSING_NONE;
    case Preprocessing::kGaussian:
      return v1::PREPROCESSING_GAUSSIAN;
    case Preprocessing::kLattice:
      return v1::PREPROCESSING_LATTICE;
  }
  return v1::PREPROCESSING_UNSPECIFIED;
}

v1::WindowMode WindowModeToProto(WindowMode mode) {
  return mode == WindowMode::kMap ? v1::WINDOW_MODE_MAP : v1::WINDOW_MODE_GLOBAL;
}

v1::ParetoFront FrontToProto(const LogStarResult& result) {
  return MakeFront(result.front, result.chosen, result.chosen_by, result.hypervolume);
}

std::vector<FrontPoint> FrontFromProto(const v1::ParetoFront& proto) {
  std::vector<FrontPoint> front;
  for (const v1::ParetoSolution& solution : proto.solutions()) {
    front.push_back({solution.qc(), solution.er(), ParamsFromProto(solution.params())});
  }
  return front;
}

v1::WindowFront WindowToProto(const WindowResult& window) {
  v1::WindowFront proto;
  proto.set_x_px(window.x_px);
  proto.set_y_px(window.y_px);
  proto.set_width_px(window.width_px);
  proto.set_height_px(window.height_px);
  *proto.mutable_front() =
      MakeFront(window.front, window.chosen, window.chosen_by, window.hypervolume);
  proto.set_evaluations(window.evaluations);
  return proto;
}

}  // namespace atomstream

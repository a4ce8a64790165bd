#include "tests/bench/accuracy_grid.h"

#include "core/base/status_macros.h"

namespace atomstream::bench {

std::vector<AccuracyCaseOptions> AccuracyGrid::Points() const {
  std::vector<AccuracyCaseOptions> points;
  AccuracyCaseOptions c;
  c.size_px = size_px;
  c.metadata_error = metadata_error;
  c.specimen = specimen;
  c.seed = 1;
  for (const std::string& material : materials) {
    c.material = material;
    for (const double pixel_size : pixel_sizes) {
      c.pixel_size_nm = pixel_size;
      for (const double hole : holes) {
        c.hole_fraction = hole;
        for (const double noise : noises) {
          c.noise = noise;
          points.push_back(c);
        }
      }
    }
  }
  return points;
}

absl::StatusOr<AccuracyGrid> ReadAccuracyGrid(Flags& flags) {
  AccuracyGrid grid;
  grid.materials = flags.TextList("materials", "graphene,SrTiO3");
  grid.pixel_sizes = flags.NumberList("pixel-sizes", "0.02,0.03");
  grid.holes = flags.NumberList("holes", "0,0.067");
  // One hole fraction, as a shorthand.
  const std::string hole = flags.Text("hole", "");
  if (!hole.empty()) grid.holes = {flags.Number("hole", 0)};
  grid.noises = flags.NumberList("noise", "0,0.1,0.2,0.3,0.5,0.7,0.9");
  grid.seeds = flags.Integer("seeds", grid.seeds);
  grid.size_px = flags.Integer("size", grid.size_px);
  grid.metadata_error = flags.Number("metadata-error", grid.metadata_error);
  grid.border = flags.Number("border", grid.border);
  ASSIGN_OR_RETURN(grid.specimen, ParseSpecimenKind(flags.Text("specimen", "single")));
  if (grid.seeds < 1) return absl::InvalidArgumentError("--seeds: must be at least 1");
  return grid;
}

}  // namespace atomstream::bench

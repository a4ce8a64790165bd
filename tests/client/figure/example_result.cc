#include "tests/client/figure/example_result.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace atomstream::figure {
namespace {

constexpr int kGrid = 13;
constexpr int kComponents = 3;

std::vector<std::pair<double, double>> Honeycomb(const Example& example) {
  const double d = example.d_nn_px;
  const double a = std::sqrt(3.0) * d;
  std::vector<std::pair<double, double>> places;
  for (int row = 0; row * 1.5 * d < example.height_px; ++row) {
    for (int column = 0; column * a < example.width_px + a; ++column) {
      const double x = column * a + (row % 2 == 0 ? 0 : a / 2);
      for (const auto& [px, py] : {std::pair(x, row * 1.5 * d), {x, row * 1.5 * d + d}}) {
        if (px >= 0 && py >= 0 && px <= example.width_px - 1 && py <= example.height_px - 1 &&
            static_cast<int>(places.size()) < example.most_atoms) {
          places.emplace_back(px, py);
        }
      }
    }
  }
  return places;
}

// Blobs of the atoms' intensities on noise, u8.
std::string Pixels(const Example& example, const v1::AtomTable& atoms, std::mt19937& random) {
  std::vector<float> values(static_cast<size_t>(example.width_px) * example.height_px);
  std::normal_distribution<float> noise(25, 8);
  for (float& value : values) value = noise(random);
  const double sigma = 0.28 * example.d_nn_px;
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    const int cx = static_cast<int>(std::lround(atoms.x_px(i)));
    const int cy = static_cast<int>(std::lround(atoms.y_px(i)));
    for (int y = std::max(0, cy - reach); y <= std::min(example.height_px - 1, cy + reach); ++y) {
      for (int x = std::max(0, cx - reach); x <= std::min(example.width_px - 1, cx + reach); ++x) {
        const double r2 = std::pow(x - atoms.x_px(i), 2) + std::pow(y - atoms.y_px(i), 2);
        values[static_cast<size_t>(y) * example.width_px + x] +=
            static_cast<float>(200 * atoms.intensity(i) * std::exp(-r2 / (2 * sigma * sigma)));
      }
    }
  }
  std::string pixels(values.size(), '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    pixels[i] = static_cast<char>(static_cast<unsigned char>(std::clamp(values[i], 0.f, 255.f)));
  }
  return pixels;
}

void AddAtoms(const Example& example, std::mt19937& random, v1::DetectorResult& detector) {
  std::normal_distribution<double> scatter(0, 1);
  v1::AtomTable& atoms = *detector.mutable_atoms();
  for (const auto& [x, y] : Honeycomb(example)) {
    const bool at_edge = std::min({x, y, example.width_px - 1 - x, example.height_px - 1 - y}) <
                         1.2 * example.d_nn_px;
    const int index = atoms.x_px_size();
    const int cluster = at_edge || example.clusters == 0 ? -1
                        : index % 9 == 0                 ? index / 9 % example.clusters
                                                         : 0;
    atoms.add_x_px(static_cast<float>(x));
    atoms.add_y_px(static_cast<float>(y));
    atoms.add_intensity(
        static_cast<float>(0.5 + 0.06 * std::max(0, cluster) + 0.02 * scatter(random)));
    atoms.add_cluster(cluster);
    for (int k = 0; k < kComponents; ++k) {
      const double centre = k == 0 ? 2.5 * cluster : k == 1 ? 1.5 * (cluster % 3) : 0;
      atoms.add_components(cluster < 0 ? 0 : static_cast<float>(centre + 0.4 * scatter(random)));
    }
    atoms.add_site_kind(at_edge             ? v1::SITE_KIND_UNKNOWN
                        : index % 83 == 44  ? v1::SITE_KIND_VACANCY
                        : index % 97 == 5   ? v1::SITE_KIND_DOPANT
                        : index % 89 == 30  ? v1::SITE_KIND_VACANCY_NEIGHBOUR
                        : index % 101 == 60 ? v1::SITE_KIND_ODD_RING
                                            : v1::SITE_KIND_BULK);
  }
  detector.set_atom_count(atoms.x_px_size());
}

void AddClusters(const Example& example, v1::DetectorResult& detector) {
  v1::Clusters& clusters = *detector.mutable_clusters();
  if (example.clusters == 0) {
    clusters.set_empty_reason("too_few_atoms");
    clusters.set_detail("2 atoms are too few for 3 components");
    return;
  }
  clusters.set_patch_grid(kGrid);
  clusters.set_patch_side_px(2.4 * example.d_nn_px);
  for (const double share : {0.612, 0.143, 0.04}) clusters.add_explained_variance(share);
  for (int id = 0; id < example.clusters; ++id) {
    v1::Cluster& cluster = *clusters.add_clusters();
    cluster.set_id(id);
    const auto& labels = detector.atoms().cluster();
    cluster.set_size(static_cast<int>(std::count(labels.begin(), labels.end(), id)));
    if (cluster.size() == 0) continue;
    for (const double mean : {2.5 * id, 1.5 * (id % 3), 0.0}) cluster.add_mean_components(mean);
    for (int y = 0; y < kGrid; ++y) {
      for (int x = 0; x < kGrid; ++x) {
        const double r2 = std::pow(x - 6, 2) + std::pow(y - 6, 2);
        cluster.add_centroid(static_cast<float>((0.5 + 0.1 * id) * std::exp(-r2 / 8)));
        cluster.add_dispersion(
            static_cast<float>(0.02 + 0.05 * std::exp(-std::pow(r2 - 20, 2) / 90)));
      }
    }
  }
}

void SetParams(double threshold, double sigma, v1::LogParams& params) {
  params.set_min_sigma_px(sigma);
  params.set_max_sigma_px(1.6 * sigma);
  params.set_num_sigma(6);
  params.set_threshold(threshold);
  params.set_overlap(0.41);
  params.set_preprocessing(v1::PREPROCESSING_LATTICE);
}

void AddFront(const Example& example, std::mt19937& random, v1::DetectorResult& detector) {
  std::uniform_real_distribution<double> share(0, 1);
  v1::ParetoFront& front = *detector.mutable_front();
  for (int i = 0; i < 12; ++i) {
    v1::ParetoSolution& solution = *front.add_solutions();
    solution.set_qc(i == 0 ? 0 : 0.004 * std::pow(1.7, i));
    solution.set_er(i == 11 ? 0 : 0.2 * std::pow(0.6, i));
    SetParams(0.002 * std::pow(1.3, i), 0.25 * example.d_nn_px, *solution.mutable_params());
  }
  front.set_chosen_index(3);
  front.set_chosen_by("knee");
  detector.set_qc(front.solutions(3).qc());
  detector.set_er(front.solutions(3).er());
  const int side = std::min({256, example.width_px / 2, example.height_px / 2});
  const int step = std::max(1, side / 5);
  for (int y = 0; y + side <= example.height_px; y += step) {
    for (int x = 0; x + side <= example.width_px; x += step) {
      v1::WindowFront& window = *detector.add_windows();
      window.set_x_px(x);
      window.set_y_px(y);
      window.set_width_px(side);
      window.set_height_px(side);
      window.set_evaluations(share(random) < 0.4 ? 350 : 0);
      *window.mutable_front() = front;
      for (v1::ParetoSolution& solution : *window.mutable_front()->mutable_solutions()) {
        SetParams(0.001 * std::pow(40, share(random)),
                  (0.2 + 0.1 * share(random)) * example.d_nn_px, *solution.mutable_params());
      }
    }
  }
}

}  // namespace

ExampleFrame MakeExample(const Example& example) {
  std::mt19937 random(7);
  ExampleFrame made;
  v1::FrameResult& result = made.result;
  result.set_frame_id("example-000042");
  result.set_width_px(example.width_px);
  result.set_height_px(example.height_px);
  result.mutable_acquisition_time()->set_seconds(1'700'000'000);
  result.mutable_position()->set_sequence(57);
  v1::DetectorResult& detector = *result.add_detectors();
  detector.set_detector("log_star");
  if (example.lattice) {
    detector.mutable_lattice()->set_found(true);
    detector.mutable_lattice()->set_d_nn_px(example.d_nn_px);
    detector.mutable_lattice()->set_pixel_size_nm_used(example.pixel_size_nm);
    detector.mutable_lattice()->set_material("graphene");
    detector.mutable_structure()->set_usual_coordination(3);
    detector.mutable_structure()->set_vacancies(2);
    detector.mutable_structure()->set_odd_rings(5);
  } else {
    detector.add_flags("no_lattice");
  }
  AddAtoms(example, random, detector);
  AddClusters(example, detector);
  if (example.front) AddFront(example, random, detector);

  v1::Frame& frame = made.frame;
  frame.set_frame_id(result.frame_id());
  frame.set_width_px(example.width_px);
  frame.set_height_px(example.height_px);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  frame.set_pixel_size_nm(example.pixel_size_nm);
  frame.set_field_of_view_nm(example.pixel_size_nm * example.width_px);
  frame.set_pixels(Pixels(example, detector.atoms(), random));
  return made;
}

}  // namespace atomstream::figure

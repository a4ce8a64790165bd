// How bright each atom is against its own sublattice: finds dopants.
#ifndef ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_
#define ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_

#include <algorithm>
#include <vector>

#include "absl/types/span.h"
#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/bond_graph.h"
#include "core/structure/point_grid.h"

namespace atomstream {

// The atoms as found, but where bonds lie evenly around one, moved most of the way to the middle of
// their other ends. A detector finds an atom where noise adds to it, which would make every atom
// too bright, and what is no atom most of all; the noise of the neighbours is another one. Pure;
// any thread.
std::vector<Atom> SteadyPlaces(const BondGraph& graph, const std::vector<Atom>& atoms);

// Mean of `image` around each atom, weighted with a Gaussian nearly as wide as an atom: what a
// matched filter does, so noise harms it least. NaN for an atom so close to the image's edge that
// it shows by halves (kBrightnessEdge d_NN). Pure; any thread.
std::vector<float> SiteBrightness(const Image& image, const std::vector<Atom>& atoms,
                                  double d_nn_px);

constexpr double kBrightnessEdge = 0.4;

struct BrightnessOutlier {
  float sigmas = 0;    // signed distance from the sublattice around, in the frame's scatter
  float contrast = 0;  // signed difference to its median
};

// Holds each atom against those an even number of bonds away, up to four: in honeycomb and square
// lattices that is its sublattice, in a triangular one everything. The distance is that to their
// median, or, where they are not all alike, to the nearest quarter of them: where sublattices mix
// (grain boundaries) an atom is at home in either. An atom whose brightness is NaN is nobody's
// peer; it gets zeros, as do atoms with fewer than kMinPeers. Used by one thread.
class SublatticeComparison {
 public:
  // `atoms` are the graph's, `brightness` is of each.
  SublatticeComparison(const BondGraph& graph, const std::vector<Atom>& atoms,
                       std::vector<float> brightness);

  const std::vector<BrightnessOutlier>& outliers() const { return outliers_; }
  const std::vector<float>& brightness() const { return brightness_; }
  // Where false, the nearest atoms stand in.
  bool HasOwnPeers(int atom) const {
    return !std::binary_search(stood_in_for_.begin(), stood_in_for_.end(), atom);
  }
  absl::Span<const int> Peers(int atom) const {
    return absl::MakeConstSpan(peers_).subspan(first_[atom], first_[atom + 1] - first_[atom]);
  }

  // Takes what outliers beyond `sigmas` shine into their neighbours off these, to first order, and
  // compares again: the atoms around a bright dopant look brighter than they are. `graph` is that
  // of the constructor.
  void RemoveOutliersLight(const BondGraph& graph, double sigmas);

 private:
  void FindPeers(const BondGraph& graph, const std::vector<Atom>& atoms);
  void AddNearest(const PointGrid& grid, const std::vector<Atom>& atoms, int atom, double reach_px);
  void Compare(int atom);
  void JudgeByScatter();
  float PeerSpread(int atom);  // standard deviation of its peers, without the far ones

  std::vector<int> first_;  // of each atom in peers_, and the end
  std::vector<int> peers_;
  std::vector<int> stood_in_for_;  // rising; atoms whose peers are the nearest ones: not mutual
  std::vector<float> brightness_;
  std::vector<float> quarter_;  // distance to the nearest quarter; -1: cannot be said
  std::vector<BrightnessOutlier> outliers_;
  std::vector<float> values_, distances_;  // of the atom that is being compared
};

constexpr int kMinPeers = 6;

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_SITE_BRIGHTNESS_H_

// Spectral peaks: the periodicities of a frame that stand out of its noise.
//
// The power spectrum of the Hann-windowed frame, divided by the noise of each ring of equal
// spatial frequency, its median over ln 2. For noise of any colour that quotient is close to
// exponentially distributed with mean 1, so one threshold serves all frames. Pure functions; any
// thread.
#ifndef ATOMSTREAM_CORE_LATTICE_SPECTRAL_PEAKS_H_
#define ATOMSTREAM_CORE_LATTICE_SPECTRAL_PEAKS_H_

#include <vector>

#include "core/image/frame.h"
#include "core/lattice/material.h"

namespace atomstream {

struct SpectralPeak {
  Vector2 frequency;  // cycles per pixel, in the half plane y > 0 or (y = 0 and x > 0)
  double snr = 0;     // power over the expected noise power of its ring
  // How much the peak counts as evidence of a lattice, > 0: the logarithm of how far it stands
  // above the faintest peaks.
  double strength = 0;
};

struct SpectralPeaks {
  std::vector<SpectralPeak> peaks;  // by falling snr
  double resolution = 0;            // width of one spectral bin, cycles per pixel
  // The whole spectrum as signal-to-noise ratio: rows are frequencies y in bins, wrapped; columns
  // are x in [0, size / 2].
  Image snr;
  // Variance of the pixel noise that rings of frequency i * resolution would show if they held
  // nothing but white noise; tells coloured noise, too.
  std::vector<float> noise_variance;

  // Largest signal-to-noise ratio within one bin of `frequency`; 0 beyond the Nyquist frequency.
  double SnrNear(const Vector2& frequency) const;
};

// Fainter peaks are mostly noise: among 10,000 bins some 10 exceed it by chance.
inline constexpr double kMinPeakSnr = 7;

// The strongest `max_peaks` peaks with snr above kMinPeakSnr, each refined to a fraction of a bin.
// In a frame without noise, noise of 1e-4 of the strongest peak's power is assumed. Uses the
// central 1024 x 1024 px of larger frames.
SpectralPeaks FindSpectralPeaks(const Image& image, int max_peaks = 80);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_SPECTRAL_PEAKS_H_

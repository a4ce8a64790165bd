// Fourier transforms of real images, in float. Made for what every live frame needs several times:
// two to four times faster than cv::dft, because sixteen rows or columns are transformed at once
//. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_IMAGE_FOURIER_H_
#define ATOMSTREAM_CORE_IMAGE_FOURIER_H_

#include "core/image/frame.h"

namespace atomstream {

// The spectrum of a real image: its columns 0 to image_columns / 2. The other half mirrors it:
// F(-row, -column) is the conjugate of F(row, column), rows and columns modulo the image's size.
struct HalfSpectrum {
  int image_columns = 0;
  Image real;  // as many rows as the image
  Image imaginary;

  int rows() const { return real.rows; }
  int columns() const { return real.cols; }  // image_columns / 2 + 1
  HalfSpectrum Clone() const { return {image_columns, real.clone(), imaginary.clone()}; }
};

// The smallest side >= `side` that can be transformed: 2^a 3^b 5^c. `side` > 0.
int FourierSide(int side);

// F(v, u) = sum over y, x of image(y, x) exp(-2 pi i (v y / rows + u x / columns)). Both sides are
// such as FourierSide gives.
HalfSpectrum TransformForward(const Image& image);

// The image that has this spectrum: TransformForward's inverse, scaled by 1 / (rows * columns). The
// imaginary parts where the mirror image of a frequency is itself count for nothing. The parts'
// pixels are worked on in place: move a spectrum that is not needed any more, else Clone it.
Image TransformBack(HalfSpectrum spectrum);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_IMAGE_FOURIER_H_

#include "core/image/fourier.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>
#include <vector>

#include "core/base/lanes.h"

namespace atomstream {
namespace {

// One complex number of each lane.
struct Complex {
  Lanes re, im;
};

ATOMSTREAM_INLINE void Add(const Complex& a, const Complex& b, Complex& sum) {
  sum.re = a.re + b.re;
  sum.im = a.im + b.im;
}
ATOMSTREAM_INLINE void Subtract(const Complex& a, const Complex& b, Complex& difference) {
  difference.re = a.re - b.re;
  difference.im = a.im - b.im;
}

// Discrete transforms of 2 to 5 numbers, in place: v[j] = sum_k v[k] exp(-2 pi i j k / kRadix).
template <int kRadix>
ATOMSTREAM_INLINE void Butterfly(Complex* v);

template <>
ATOMSTREAM_INLINE void Butterfly<2>(Complex* v) {
  const Complex a = v[0];
  Add(a, v[1], v[0]);
  Subtract(a, v[1], v[1]);
}

template <>
ATOMSTREAM_INLINE void Butterfly<3>(Complex* v) {
  constexpr float kSin = 0.866025403784438647f;
  Complex sum, difference;
  Add(v[1], v[2], sum);
  Subtract(v[1], v[2], difference);
  const Lanes middle_re = v[0].re - 0.5f * sum.re, middle_im = v[0].im - 0.5f * sum.im;
  v[0].re += sum.re;
  v[0].im += sum.im;
  v[1].re = middle_re + kSin * difference.im;
  v[1].im = middle_im - kSin * difference.re;
  v[2].re = middle_re - kSin * difference.im;
  v[2].im = middle_im + kSin * difference.re;
}

template <>
ATOMSTREAM_INLINE void Butterfly<4>(Complex* v) {
  Complex even_sum, even_difference, odd_sum, odd_difference;
  Add(v[0], v[2], even_sum);
  Subtract(v[0], v[2], even_difference);
  Add(v[1], v[3], odd_sum);
  Subtract(v[1], v[3], odd_difference);
  Add(even_sum, odd_sum, v[0]);
  Subtract(even_sum, odd_sum, v[2]);
  v[1].re = even_difference.re + odd_difference.im;
  v[1].im = even_difference.im - odd_difference.re;
  v[3].re = even_difference.re - odd_difference.im;
  v[3].im = even_difference.im + odd_difference.re;
}

template <>
ATOMSTREAM_INLINE void Butterfly<5>(Complex* v) {
  constexpr float kCos1 = 0.309016994374947424f, kCos2 = -0.809016994374947424f;
  constexpr float kSin1 = 0.951056516295153572f, kSin2 = 0.587785252292473129f;
  Complex sum14, difference14, sum23, difference23;
  Add(v[1], v[4], sum14);
  Subtract(v[1], v[4], difference14);
  Add(v[2], v[3], sum23);
  Subtract(v[2], v[3], difference23);
  const Lanes near_re = v[0].re + kCos1 * sum14.re + kCos2 * sum23.re;
  const Lanes near_im = v[0].im + kCos1 * sum14.im + kCos2 * sum23.im;
  const Lanes far_re = v[0].re + kCos2 * sum14.re + kCos1 * sum23.re;
  const Lanes far_im = v[0].im + kCos2 * sum14.im + kCos1 * sum23.im;
  const Lanes near_turn_re = kSin1 * difference14.re + kSin2 * difference23.re;
  const Lanes near_turn_im = kSin1 * difference14.im + kSin2 * difference23.im;
  const Lanes far_turn_re = kSin2 * difference14.re - kSin1 * difference23.re;
  const Lanes far_turn_im = kSin2 * difference14.im - kSin1 * difference23.im;
  v[0].re += sum14.re + sum23.re;
  v[0].im += sum14.im + sum23.im;
  v[1].re = near_re + near_turn_im;
  v[1].im = near_im - near_turn_re;
  v[4].re = near_re - near_turn_im;
  v[4].im = near_im + near_turn_re;
  v[2].re = far_re + far_turn_im;
  v[2].im = far_im - far_turn_re;
  v[3].re = far_re - far_turn_im;
  v[3].im = far_im + far_turn_re;
}

// Sixteen signals of `length` complex numbers: number k of lane l at [k * kLanes + l].
struct Signals {
  explicit Signals(int length) : re(length * kLanes), im(length * kLanes) {}
  std::vector<float> re, im;
};

// exp(-2 pi i k / length) for each k, and the radices that make up the length.
struct Plan {
  explicit Plan(int n) : length(n), cosines(n), sines(n) {
    for (int k = 0; k < n; ++k) {
      const double angle = 2 * std::numbers::pi * k / n;
      cosines[k] = static_cast<float>(std::cos(angle));
      sines[k] = static_cast<float>(-std::sin(angle));
    }
    for (const int radix : {4, 2, 3, 5}) {
      for (; n % radix == 0; n /= radix) radices.push_back(radix);
    }
    assert(n == 1);
  }

  int length;
  std::vector<float> cosines, sines;
  std::vector<int> radices;
};

// One step of Stockham's algorithm, which leaves the numbers in order. `done`: product of the
// radices of the steps before.
template <int kRadix>
ATOMSTREAM_INLINE void Step(const Plan& plan, int done, const float* from_re, const float* from_im,
                            float* to_re, float* to_im) {
  const int blocks = plan.length / done / kRadix;
  for (int p = 0; p < blocks; ++p) {
    for (int q = 0; q < done; ++q) {
      Complex v[kRadix];
      for (int k = 0; k < kRadix; ++k) {
        const int at = (q + done * (p + blocks * k)) * kLanes;
        Load(from_re + at, v[k].re);
        Load(from_im + at, v[k].im);
      }
      Butterfly<kRadix>(v);
      for (int j = 0; j < kRadix; ++j) {
        const int at = (q + done * (kRadix * p + j)) * kLanes;
        if (j == 0 || p == 0) {
          Store(v[j].re, to_re + at);
          Store(v[j].im, to_im + at);
          continue;
        }
        const float c = plan.cosines[j * p * done], s = plan.sines[j * p * done];
        Store(c * v[j].re - s * v[j].im, to_re + at);
        Store(c * v[j].im + s * v[j].re, to_im + at);
      }
    }
  }
}

ATOMSTREAM_VECTORISED
void TransformLanes(const Plan& plan, float* from_re, float* from_im, float* to_re, float* to_im) {
  int done = 1;
  for (const int radix : plan.radices) {
    if (radix == 4) Step<4>(plan, done, from_re, from_im, to_re, to_im);
    if (radix == 2) Step<2>(plan, done, from_re, from_im, to_re, to_im);
    if (radix == 3) Step<3>(plan, done, from_re, from_im, to_re, to_im);
    if (radix == 5) Step<5>(plan, done, from_re, from_im, to_re, to_im);
    std::swap(from_re, to_re);
    std::swap(from_im, to_im);
    done *= radix;
  }
}

// Leaves the transforms of `signals` there.
void Transform(const Plan& plan, Signals& signals, Signals& scratch) {
  TransformLanes(plan, signals.re.data(), signals.im.data(), scratch.re.data(), scratch.im.data());
  if (plan.radices.size() % 2 == 1) std::swap(signals, scratch);
}

// Swapping the parts before and after makes the backward transform of the forward one.
void TransformBackward(const Plan& plan, Signals& signals, Signals& scratch) {
  std::swap(signals.re, signals.im);
  Transform(plan, signals, scratch);
  std::swap(signals.re, signals.im);
}

// The first, and the second, halves of two rows, number by number. GCC and clang have both this
// builtin.
ATOMSTREAM_INLINE void InterleaveLow(const Lanes& a, const Lanes& b, Lanes& out) {
  out = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
ATOMSTREAM_INLINE void InterleaveHigh(const Lanes& a, const Lanes& b, Lanes& out) {
  out = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// A tile of kLanes x kLanes numbers: out[j][i] = in[i][j].
ATOMSTREAM_INLINE void TransposeTile(Lanes* v) {
  // Each round interleaves rows half a tile apart; log2(kLanes) rounds transpose.
  Lanes next[kLanes];
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kLanes / 2; ++i) {
      InterleaveLow(v[i], v[i + kLanes / 2], next[2 * i]);
      InterleaveHigh(v[i], v[i + kLanes / 2], next[2 * i + 1]);
    }
    for (int i = 0; i < kLanes / 2; ++i) {
      InterleaveLow(next[i], next[i + kLanes / 2], v[2 * i]);
      InterleaveHigh(next[i], next[i + kLanes / 2], v[2 * i + 1]);
    }
  }
}

// `count` numbers from each of kLanes rows to the lanes, and back.
ATOMSTREAM_VECTORISED
void RowsToLanes(const float* const* rows, int count, float* lanes) {
  Lanes tile[kLanes];
  int x = 0;
  for (; x + kLanes <= count; x += kLanes) {
    for (int i = 0; i < kLanes; ++i) Load(rows[i] + x, tile[i]);
    TransposeTile(tile);
    for (int i = 0; i < kLanes; ++i) Store(tile[i], lanes + (x + i) * kLanes);
  }
  for (; x < count; ++x) {
    for (int i = 0; i < kLanes; ++i) lanes[x * kLanes + i] = rows[i][x];
  }
}
ATOMSTREAM_VECTORISED
void LanesToRows(const float* lanes, int count, float* const* rows) {
  Lanes tile[kLanes];
  int x = 0;
  for (; x + kLanes <= count; x += kLanes) {
    for (int i = 0; i < kLanes; ++i) Load(lanes + (x + i) * kLanes, tile[i]);
    TransposeTile(tile);
    for (int i = 0; i < kLanes; ++i) Store(tile[i], rows[i] + x);
  }
  for (; x < count; ++x) {
    for (int i = 0; i < kLanes; ++i) rows[i][x] = lanes[x * kLanes + i];
  }
}

// Every other row of an image, for the lanes; a row of their own for lanes beyond the last.
class Rows {
 public:
  explicit Rows(int columns) : beyond_(columns, 0.0f) {}
  float* const* Every2nd(Image& image, int first) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int row = first + 2 * lane;
      pointers_[lane] = row < image.rows ? image[row] : beyond_.data();
    }
    return pointers_;
  }
  const float* const* Every2nd(const Image& image, int first) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int row = first + 2 * lane;
      const_pointers_[lane] = row < image.rows ? image[row] : beyond_.data();
    }
    return const_pointers_;
  }

 private:
  std::vector<float> beyond_;
  float* pointers_[kLanes];
  const float* const_pointers_[kLanes];
};

// The spectra of two real rows that were transformed as one complex row, both halved. `signals`
// ends as the first's half; `second` is the other's.
ATOMSTREAM_VECTORISED
void Separate(int length, float* re, float* im, float* second_re, float* second_im) {
  for (int k = 0; k <= length / 2; ++k) {
    const int at = k * kLanes, mirrored = (k == 0 ? 0 : length - k) * kLanes;
    Complex own, other;
    Load(re + at, own.re);
    Load(im + at, own.im);
    Load(re + mirrored, other.re);
    Load(im + mirrored, other.im);
    Store(0.5f * (own.re + other.re), re + at);
    Store(0.5f * (own.im - other.im), im + at);
    Store(0.5f * (own.im + other.im), second_re + at);
    Store(0.5f * (other.re - own.re), second_im + at);
  }
}

// The opposite: of two halves one whole complex row, in the first's place.
ATOMSTREAM_VECTORISED
void Join(int length, float* re, float* im, const float* second_re, const float* second_im) {
  for (int k = 0; k <= length / 2; ++k) {
    const int at = k * kLanes, mirrored = (length - k) * kLanes;
    const bool own_mirror = k == 0 || 2 * k == length;
    Complex first, second;
    Load(re + at, first.re);
    Load(im + at, first.im);
    Load(second_re + at, second.re);
    Load(second_im + at, second.im);
    if (own_mirror) first.im = second.im = Lanes{};
    Store(first.re - second.im, re + at);
    Store(first.im + second.re, im + at);
    if (own_mirror) continue;
    Store(first.re + second.im, re + mirrored);
    Store(second.re - first.im, im + mirrored);
  }
}

// Columns [first, first + kLanes) to and from lanes; what lies beyond the last is zero.
void ColumnsToLanes(const Image& part, int first, float* lanes) {
  const int count = std::min(kLanes, part.cols - first);
  for (int y = 0; y < part.rows; ++y, lanes += kLanes) {
    if (count == kLanes) {
      std::memcpy(lanes, part[y] + first, kLanes * sizeof(float));
    } else {
      std::fill(std::copy_n(part[y] + first, count, lanes), lanes + kLanes, 0.0f);
    }
  }
}
void LanesToColumns(const float* lanes, int first, Image& part) {
  const int count = std::min(kLanes, part.cols - first);
  for (int y = 0; y < part.rows; ++y, lanes += kLanes) {
    if (count == kLanes) {
      std::memcpy(part[y] + first, lanes, kLanes * sizeof(float));
    } else {
      std::copy_n(lanes, count, part[y] + first);
    }
  }
}

void TransformColumns(HalfSpectrum& spectrum, bool backward) {
  const Plan plan(spectrum.rows());
  Signals signals(plan.length), scratch(plan.length);
  for (int first = 0; first < spectrum.columns(); first += kLanes) {
    ColumnsToLanes(spectrum.real, first, signals.re.data());
    ColumnsToLanes(spectrum.imaginary, first, signals.im.data());
    backward ? TransformBackward(plan, signals, scratch) : Transform(plan, signals, scratch);
    LanesToColumns(signals.re.data(), first, spectrum.real);
    LanesToColumns(signals.im.data(), first, spectrum.imaginary);
  }
}

}  // namespace

int FourierSide(int side) { return cv::getOptimalDFTSize(side); }

HalfSpectrum TransformForward(const Image& image) {
  const int columns = image.cols / 2 + 1;
  HalfSpectrum spectrum{image.cols, Image(image.rows, columns), Image(image.rows, columns)};
  const Plan plan(image.cols);
  Signals signals(plan.length), scratch(plan.length);
  Rows rows(image.cols);
  for (int first = 0; first < image.rows; first += 2 * kLanes) {
    RowsToLanes(rows.Every2nd(image, first), image.cols, signals.re.data());
    RowsToLanes(rows.Every2nd(image, first + 1), image.cols, signals.im.data());
    Transform(plan, signals, scratch);
    Separate(plan.length, signals.re.data(), signals.im.data(), scratch.re.data(),
             scratch.im.data());
    LanesToRows(signals.re.data(), columns, rows.Every2nd(spectrum.real, first));
    LanesToRows(signals.im.data(), columns, rows.Every2nd(spectrum.imaginary, first));
    LanesToRows(scratch.re.data(), columns, rows.Every2nd(spectrum.real, first + 1));
    LanesToRows(scratch.im.data(), columns, rows.Every2nd(spectrum.imaginary, first + 1));
  }
  TransformColumns(spectrum, /*backward=*/false);
  return spectrum;
}

Image TransformBack(HalfSpectrum spectrum) {
  TransformColumns(spectrum, /*backward=*/true);
  const int columns = spectrum.columns();
  const HalfSpectrum& half = spectrum;
  Image image(half.rows(), half.image_columns);
  const float scale = static_cast<float>(1.0 / (static_cast<double>(image.rows) * image.cols));
  const Plan plan(image.cols);
  Signals signals(plan.length), scratch(plan.length);
  Rows rows(image.cols);
  for (int first = 0; first < image.rows; first += 2 * kLanes) {
    RowsToLanes(rows.Every2nd(half.real, first), columns, signals.re.data());
    RowsToLanes(rows.Every2nd(half.imaginary, first), columns, signals.im.data());
    RowsToLanes(rows.Every2nd(half.real, first + 1), columns, scratch.re.data());
    RowsToLanes(rows.Every2nd(half.imaginary, first + 1), columns, scratch.im.data());
    Join(plan.length, signals.re.data(), signals.im.data(), scratch.re.data(), scratch.im.data());
    TransformBackward(plan, signals, scratch);
    LanesToRows(signals.re.data(), image.cols, rows.Every2nd(image, first));
    LanesToRows(signals.im.data(), image.cols, rows.Every2nd(image, first + 1));
  }
  image *= scale;
  return image;
}

}  // namespace atomstream

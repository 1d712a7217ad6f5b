//===- Vector.h - sixteen floats at a time ----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Vectors of a fixed width, whatever the CPU has: the compiler splits them. So
// sums over lanes are the same everywhere. For use inside of always-inlined
// functions only (see Multiversion.h): a call with such arguments would depend
// on the CPU it is compiled for.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_VECTOR_H
#define ZQ_LIB_QUANTIZATION_VECTOR_H

#include "Multiversion.h"
#include "zq/Numerics/Rounding.h"

#include <cstring>

namespace zq {

constexpr int64_t vectorLanes = 16;
typedef float FloatVector __attribute__((vector_size(64)));
typedef uint32_t BitsVector __attribute__((vector_size(64)));

template <Format format> ZQ_ALWAYS_INLINE float getLargestOf() {
  if constexpr (format == Format::INT8)
    return 127.0f;
  constexpr FormatLayout layout = getLayout(format);
  return getFloat((uint32_t(127 - layout.bias) << 23) +
                  (uint32_t(layout.maxCode) << (23 - layout.mantissaBits)));
}

ZQ_ALWAYS_INLINE void load(FloatVector &vector, const float *values) {
  std::memcpy(&vector, values, sizeof(vector));
}

/// `roundMagnitude`, lane by lane; ties may go the other way.
template <Format format>
ZQ_ALWAYS_INLINE void roundMagnitudes(FloatVector &values) {
  const FloatVector zero = {};
  FloatVector largest = zero + getLargestOf<format>();
  values = values < largest ? values : largest;
  if constexpr (format == Format::INT8) {
    values = (values + 8388608.0f) - 8388608.0f;
  } else {
    // Adding 2^23 times the spacing of numbers and taking it away rounds to the
    // spacing. Times the spacing at a value is the value times a constant: its
    // mantissa, which is then in the sum as well, ends at the spacing.
    constexpr FormatLayout layout = getLayout(format);
    constexpr int places = 23 - layout.mantissaBits;
    FloatVector first =
        zero + getFloat(uint32_t(128 - layout.bias + places) << 23);
    if constexpr (layout.exponentBits == 1) { // the same spacing everywhere
      values = (values + first) - first;
    } else if constexpr (layout.mantissaBits > 0) {
      FloatVector magic = values * getFloat(uint32_t(127 + places) << 23);
      magic = magic > first ? magic : first;
      values = (values + magic) - magic;
    } else {
      FloatVector subnormal = (values + first) - first;
      constexpr uint32_t biasBits = uint32_t(127 - layout.bias) << 23;
      BitsVector lifted = (BitsVector)values - biasBits;
      lifted += ((1u << 22) - 1) + ((lifted >> 23) & 1u);
      FloatVector power = (FloatVector)((lifted & 0x7F800000u) + biasBits);
      FloatVector minNormal = zero + getFloat(biasBits + (1u << 23));
      values = values < minNormal ? subnormal : power;
    }
  }
}

/// The halves of each vector added; those of `a` in front.
ZQ_ALWAYS_INLINE void joinHalves(FloatVector &sum, const FloatVector &a,
                                 const FloatVector &b) {
  sum = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19,
                                20, 21, 22, 23) +
        __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26,
                                27, 28, 29, 30, 31);
}

/// The sums of each vector's lanes: lane i plus i + 8, then i + 4, i + 2, i
/// + 1.
template <int count>
ZQ_ALWAYS_INLINE void sumLanes(const FloatVector (&vectors)[count],
                               float *sums) {
  for (int i = 0; i < count; ++i) {
    float lanes[vectorLanes];
    std::memcpy(lanes, &vectors[i], sizeof(lanes));
    for (int64_t width = vectorLanes / 2; width > 0; width /= 2)
      for (int64_t lane = 0; lane < width; ++lane)
        lanes[lane] += lanes[lane + width];
    sums[i] = lanes[0];
  }
}
/// The same for four vectors in the time of one.
ZQ_ALWAYS_INLINE void sumLanes(const FloatVector (&vectors)[4], float *sums) {
  FloatVector first, second;
  joinHalves(first, vectors[0], vectors[1]);
  joinHalves(second, vectors[2], vectors[3]);
  first = __builtin_shufflevector(first, second, 0, 1, 2, 3, 8, 9, 10, 11, 16,
                                  17, 18, 19, 24, 25, 26, 27) +
          __builtin_shufflevector(first, second, 4, 5, 6, 7, 12, 13, 14, 15, 20,
                                  21, 22, 23, 28, 29, 30, 31);
  first += __builtin_shufflevector(first, first, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11,
                                   8, 9, 14, 15, 12, 13);
  first += __builtin_shufflevector(first, first, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8,
                                   11, 10, 13, 12, 15, 14);
  float lanes[vectorLanes];
  std::memcpy(lanes, &first, sizeof(lanes));
  for (int i = 0; i < 4; ++i)
    sums[i] = lanes[4 * i];
}
ZQ_ALWAYS_INLINE void sumLanes(const FloatVector (&vectors)[2], float *sums) {
  FloatVector both;
  joinHalves(both, vectors[0], vectors[1]);
  both += __builtin_shufflevector(both, both, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13,
                                  14, 15, 8, 9, 10, 11);
  both += __builtin_shufflevector(both, both, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8,
                                  9, 14, 15, 12, 13);
  both += __builtin_shufflevector(both, both, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11,
                                  10, 13, 12, 15, 14);
  float lanes[vectorLanes];
  std::memcpy(lanes, &both, sizeof(lanes));
  sums[0] = lanes[0];
  sums[1] = lanes[8];
}

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_VECTOR_H

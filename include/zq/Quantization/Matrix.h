//===- Matrix.h - weights before and after quantization ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weight is N x K: N output channels (rows), K input channels (columns), as
// in y = x w^T. Groups are `group` consecutive columns of one row, the last one
// of a row smaller where K is no multiple; G = ceil(K / group) groups a row.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_MATRIX_H
#define ZQ_QUANTIZATION_MATRIX_H

#include "zq/Numerics/Formats.h"
#include "zq/Quantization/Parallel.h"

#include <cstdint>
#include <vector>

namespace zq {

/// The float types that weights come in.
enum class FloatType : uint8_t { F32, F16, BF16 };

/// Bytes of an element.
inline int64_t getSize(FloatType type) {
  return type == FloatType::F32 ? 4 : 2;
}

/// A float matrix somewhere in memory, of any alignment: the bytes of a
/// constant, of a resource or of a mapped file, little endian. Element (n, k)
/// is `rowStride * n + columnStride * k` elements past `data`, so a K x N
/// constant needs no transposed copy.
struct WeightView {
  const void *data;
  FloatType type;
  int64_t n;
  int64_t k;
  int64_t rowStride;
  int64_t columnStride;

  /// N x K, row by row.
  static WeightView rowMajor(const void *data, FloatType type, int64_t n,
                             int64_t k) {
    return {data, type, n, k, k, 1};
  }
  static WeightView rowMajor(const float *data, int64_t n, int64_t k) {
    return rowMajor(data, FloatType::F32, n, k);
  }
  /// An N x K weight that is stored as K x N.
  static WeightView transposed(const void *data, FloatType type, int64_t n,
                               int64_t k) {
    return {data, type, n, k, 1, n};
  }

  /// Row `row` in FP32, `k` values.
  void loadRow(int64_t row, float *values) const;
  /// Asks for the row's bytes, where they lie together, before `loadRow` does.
  void prefetchRow(int64_t row) const;
};

/// What the scales of one row may be (ZeroQuant-FP, section 3).
enum class ScaleConstraint : uint8_t {
  Free, ///< any positive number
  M1,   ///< powers of two: `#zq.pow2<anchor = pow2>`
  M2,   ///< a row's anchor times 2^-shift: `#zq.pow2<anchor = row>`
  M3,   ///< a row's anchor times 1, 1.25 or 1.5 times 2^-shift
};

/// A weight as codes and scales. Element (n, k) is
/// `decode(format, code[n, k]) * scale[n, k / group]`.
struct QuantizedMatrix {
  int64_t n = 0;
  int64_t k = 0;
  int64_t group = 0;
  Format format = Format::E2M1;
  ScaleConstraint constraint = ScaleConstraint::Free;

  /// 4-bit formats: N x ceil(K/2) bytes as in Packing.h. 8-bit ones: N x K.
  std::vector<uint8_t> codes;
  /// Free: N x G scales. Empty otherwise.
  std::vector<float> scales;
  /// M1 and M2: N anchors, and N x G shifts; the scale of group g in row n is
  /// anchors[n] * 2^-shifts[n, g]. M3: the shifts are steps (see ShiftCast.h),
  /// with the multiplier's index in bits 4 and 5. Empty otherwise.
  std::vector<float> anchors;
  std::vector<uint8_t> shifts;

  /// Groups whose shift would have been past the window: they got its last
  /// shift, and their codes are those of that scale.
  int64_t clampedGroups = 0;
  /// Groups of zeros only. They have scale 1 (free), or shift 0; a row of zeros
  /// has anchor 1.
  int64_t zeroGroups = 0;
  /// Sum of w^2 and of (w - dequantized)^2.
  double signalEnergy = 0.0;
  double errorEnergy = 0.0;

  int64_t getNumGroups() const { return (k + group - 1) / group; }
  int64_t getRowBytes() const { return isFourBit(format) ? (k + 1) / 2 : k; }
  /// The scale of group `g` in row `row`.
  float getScale(int64_t row, int64_t g) const;
  /// Row `row` in FP32, `k` values: what `zq.dequantize` computes.
  void dequantizeRow(int64_t row, float *values) const;
  /// Signal-to-quantization-noise ratio of the weight in dB, from the energies
  /// above; +infinity where the error is 0.
  double getSQNR() const;
};

/// The whole matrix, N x K, row by row.
std::vector<float> dequantize(const QuantizedMatrix &matrix,
                              const ParallelFor &parallelFor = {});

/// anchors * 2^-exponent: the row scales that remain after the shift cast has
/// multiplied the codes by 2^(exponent - shift).
std::vector<float> foldAnchors(const std::vector<float> &anchors, int exponent);

/// How many groups have shift 0, 1, ..., up to the largest in use, whatever
/// their multiplier.
std::vector<int64_t> getShiftHistogram(const QuantizedMatrix &matrix);

} // namespace zq

#endif // ZQ_QUANTIZATION_MATRIX_H

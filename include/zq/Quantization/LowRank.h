//===- LowRank.h - low-rank compensation (LoRC) -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The error E = W - dequantize(Q) of a quantized weight is approximated by a
// product of rank r, which the layer adds as two small linears:
// y += (x down^T) up^T. ZeroQuant-FP, section 3, "LoRC"; ZeroQuant-V2.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_LOWRANK_H
#define ZQ_QUANTIZATION_LOWRANK_H

#include "zq/Quantization/Hessian.h"
#include "zq/Quantization/Matrix.h"
#include "zq/Support/Result.h"

namespace zq {

/// up x down ~ E, from E = U S V^T: up = U S^(1/2), down = S^(1/2) V^T. The
/// sign of a singular pair is chosen so that the entry of largest magnitude in
/// its row of `down` is positive.
struct LowRankFactors {
  int64_t n = 0;
  int64_t k = 0;
  int64_t rank = 0;
  std::vector<float> down; ///< rank x K, row by row
  std::vector<float> up;   ///< N x rank, row by row
};

/// The best approximation of rank `rank` of an N x K matrix (row by row). Exact
/// for small matrices, by a randomized SVD of fixed seed for large ones. Fails
/// where rank is not in 1..min(N, K).
Result<LowRankFactors>
computeLowRankFactors(const float *error, int64_t n, int64_t k, int64_t rank,
                      const ParallelFor &parallelFor = {});

/// The same for the error of `quantized`, whose N, K must be `weight`'s.
Result<LowRankFactors>
computeLowRankFactors(const WeightView &weight,
                      const QuantizedMatrix &quantized, int64_t rank,
                      const ParallelFor &parallelFor = {});

/// What the factors are stored in. E4M3 has a power of two for each of the
/// `rank` rows of `down` and columns of `up`, which brings its largest value
/// into the upper octave; such values are BF16 numbers, too.
enum class FactorFormat : uint8_t { F32, BF16, E4M3 };
/// "f32", "bf16", "e4m3".
std::optional<FactorFormat> parseFactorFormat(std::string_view name);

struct LowRankOptions {
  int64_t rank = 8;
  FactorFormat format = FactorFormat::F32;
  /// Weights the error by the layer's inputs: minimises ||(E - up down) S||,
  /// S S^T the damped Hessian, instead of ||E - up down||. May be null.
  const HessianFactor *hessian = nullptr;
};

/// Factors that are rounded to their format: `up` first, then `down` is the
/// least-squares fit to the rounded one, and rounded in turn.
Result<LowRankFactors>
computeRoundedLowRankFactors(const float *error, int64_t n, int64_t k,
                             const LowRankOptions &options,
                             const ParallelFor &parallelFor = {});

/// up x down, N x K row by row.
std::vector<float> multiplyFactors(const LowRankFactors &factors,
                                   const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_LOWRANK_H

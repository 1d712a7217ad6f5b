//===- Metrics.h - how good a quantized layer is ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_METRICS_H
#define ZQ_QUANTIZATION_METRICS_H

#include "zq/Quantization/LowRank.h"
#include "zq/Quantization/Matrix.h"
#include "zq/Support/Result.h"

namespace zq {

/// 10 log10(sum w^2 / sum (w - w^)^2), in dB, where w^ is the dequantized
/// weight, plus up x down where `lowRank` is given. +infinity where the error
/// is 0.
Result<double> computeSQNR(const WeightView &weight,
                           const QuantizedMatrix &quantized,
                           const LowRankFactors *lowRank = nullptr,
                           const ParallelFor &parallelFor = {});

/// The relative error ||y - y^|| / ||y|| (Frobenius) of the layer's output on a
/// probe batch `x` (m x K, row by row): y = x w^T in float, y^ with activations
/// quantized token by token to `activation` (not at all where it is nullopt),
/// the quantized weight and, on the float activations, the low-rank factors.
/// Without `x`, a batch of `m` tokens of standard normal values of fixed seed.
Result<double> computeOutputError(const WeightView &weight,
                                  const QuantizedMatrix &quantized,
                                  std::optional<Format> activation,
                                  const float *x, int64_t m,
                                  const LowRankFactors *lowRank = nullptr,
                                  const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_METRICS_H

//===- Activations.h - dynamic quantization of activations ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_ACTIVATIONS_H
#define ZQ_QUANTIZATION_ACTIVATIONS_H

#include "zq/Numerics/Formats.h"

#include <cstdint>

namespace zq {

/// Quantizes `m` tokens of `k` values, each with a scale of its own: absmax
/// over the format's largest, 1 for a token of zeros; codes are
/// `encode(format, x / scale)`, the divisions in FP32. What
/// `zq.quantize_activation` computes. `codes` is m x k, `scales` m.
void quantizeActivations(const float *x, int64_t m, int64_t k, Format format,
                         uint8_t *codes, float *scales);

} // namespace zq

#endif // ZQ_QUANTIZATION_ACTIVATIONS_H

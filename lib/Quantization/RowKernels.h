//===- RowKernels.h - loops over the values of a row ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_ROWKERNELS_H
#define ZQ_LIB_QUANTIZATION_ROWKERNELS_H

#include "zq/Numerics/Formats.h"

namespace zq {

/// The largest magnitude; NaNs are larger than all else.
float getAbsMax(const float *values, int64_t count);

/// magnitudes[i] = |values[i]| * factor.
void scaleMagnitudes(const float *values, int64_t count, float factor,
                     float *magnitudes);

/// What a group of values becomes, and how far it is from them.
struct EncodedGroup {
  double signal; ///< sum of value^2
  double error;  ///< sum of (value - scale * rounded)^2
};

/// codes[i] = encode(format, values[i] / scale), a byte each.
EncodedGroup encodeGroup(Format format, const float *values, int64_t count,
                         float scale, uint8_t *codes);

/// Two codes to a byte, as `packRow`.
void packCodes(const uint8_t *codes, int64_t count, uint8_t *packed);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_ROWKERNELS_H

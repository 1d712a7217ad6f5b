//===- Activations.cpp - dynamic quantization of activations --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Activations.h"
#include "zq/Numerics/Rounding.h"

#include <cmath>

using namespace zq;

void zq::quantizeActivations(const float *x, int64_t m, int64_t k,
                             Format format, uint8_t *codes, float *scales) {
  float largest = getLargest(format);
  dispatchFormat(format, [=](auto tag) {
    for (int64_t token = 0; token < m; ++token) {
      const float *values = x + token * k;
      float absmax = 0.0f;
      for (int64_t i = 0; i < k; ++i) {
        float magnitude = std::fabs(values[i]);
        absmax = magnitude > absmax ? magnitude : absmax;
      }
      // A token so small that its scale underflows is a token of zeros.
      float scale = absmax / largest;
      scale = scale == 0.0f ? 1.0f : scale;
      scales[token] = scale;
      for (int64_t i = 0; i < k; ++i)
        codes[token * k + i] =
            encodeAs<decltype(tag)::value>(values[i] / scale);
    }
  });
}

//===- ActivationsTest.cpp - per-token quantization -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Activations.h"
#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

TEST(Activations, NearestUnderTheTokensScale) {
  constexpr int64_t m = 9, k = 131;
  std::vector<float> x = makeNormal(m * k, 2, 3.0f);
  for (Format format : {Format::E4M3, Format::E5M2, Format::INT8}) {
    std::vector<double> values = getValues(format);
    std::vector<uint8_t> codes(m * k);
    std::vector<float> scales(m);
    quantizeActivations(x.data(), m, k, format, codes.data(), scales.data());
    for (int64_t token = 0; token < m; ++token) {
      float absmax = float(getAbsMax(&x[token * k], k));
      EXPECT_EQ(scales[token], absmax / float(values.back()));
      for (int64_t i = 0; i < k; ++i) {
        double value = x[token * k + i];
        double found =
            scales[token] * getCodeValue(format, values, codes[token * k + i]);
        EXPECT_LE(std::fabs(value - found),
                  getDistance(values, value, scales[token]) +
                      std::fabs(value) * 0x1p-23);
      }
    }
  }
}

TEST(Activations, TokensOfZerosAndNearZeros) {
  std::vector<float> x = {0, 0, 0, -0.0f, 0x1p-149f, 0};
  for (Format format : {Format::E4M3, Format::E5M2, Format::INT8}) {
    std::vector<uint8_t> codes(6);
    std::vector<float> scales(2);
    quantizeActivations(x.data(), 2, 3, format, codes.data(), scales.data());
    EXPECT_EQ(scales[0], 1.0f);
    EXPECT_EQ(scales[1], 1.0f);
    for (uint8_t code : codes)
      EXPECT_EQ(code & 0x7F, 0);
  }
}

TEST(Activations, NothingToQuantize) {
  float scale = 7.0f;
  quantizeActivations(nullptr, 0, 5, Format::E4M3, nullptr, nullptr);
  quantizeActivations(nullptr, 1, 0, Format::E4M3, nullptr, &scale);
  EXPECT_EQ(scale, 1.0f);
}

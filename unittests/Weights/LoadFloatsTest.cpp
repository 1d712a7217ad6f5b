//===- LoadFloatsTest.cpp - tensors of floats in FP32 ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Weights/Safetensors.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace zq;

template <typename T>
static std::vector<float> load(DType dtype, const std::vector<T> &bits,
                               int64_t first, int64_t count, size_t shift) {
  // An odd address: files align nothing.
  std::vector<uint8_t> bytes(bits.size() * sizeof(T) + shift);
  std::memcpy(bytes.data() + shift, bits.data(), bits.size() * sizeof(T));
  TensorView tensor{"t",
                    dtype,
                    {static_cast<int64_t>(bits.size())},
                    bytes.data() + shift,
                    bits.size() * sizeof(T)};
  std::vector<float> values(count);
  loadFloats(tensor, first, count, values.data());
  return values;
}

TEST(LoadFloats, BF16) {
  EXPECT_EQ(
      load<uint16_t>(DType::BF16, {0x3F80, 0xC040, 0x0001, 0x7F7F}, 1, 3, 1),
      (std::vector<float>{-3.0f, std::ldexp(1.0f, -133),
                          std::ldexp(255.0f, 120)}));
}

TEST(LoadFloats, F16) {
  EXPECT_EQ(
      load<uint16_t>(DType::F16, {0x3C00, 0xC200, 0x0001, 0x7BFF}, 0, 4, 1),
      (std::vector<float>{1.0f, -3.0f, std::ldexp(1.0f, -24), 65504.0f}));
}

TEST(LoadFloats, F32) {
  EXPECT_EQ(load<float>(DType::F32, {1.5f, -2.25f, 1e-40f}, 1, 2, 3),
            (std::vector<float>{-2.25f, 1e-40f}));
}

TEST(LoadFloats, NothingOfAnEmptyTensor) {
  TensorView tensor{"t", DType::BF16, {0, 4}, nullptr, 0};
  loadFloats(tensor, 0, 0, nullptr);
  EXPECT_EQ(tensor.getNumElements(), 0);
}

TEST(LoadFloats, WhichTypesAreLoadable) {
  EXPECT_TRUE(isLoadableFloat(DType::F32));
  EXPECT_TRUE(isLoadableFloat(DType::F16));
  EXPECT_TRUE(isLoadableFloat(DType::BF16));
  EXPECT_FALSE(isLoadableFloat(DType::F64));
  EXPECT_FALSE(isLoadableFloat(DType::F8_E4M3));
  EXPECT_FALSE(isLoadableFloat(DType::I16));
}

//===- Npy.h - arrays in NumPy's file format --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_NPY_H
#define ZQ_TOOLS_ZQ_RUN_NPY_H

#include "zq/Support/Result.h"

#include <cstdint>
#include <vector>

namespace zq::run {

struct Array {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// Reads a .npy file of little-endian float16, float32 or float64 in C order.
Result<Array> readNpy(const std::string &path);
/// Writes float32.
Result<void> writeNpy(const std::string &path, const Array &array);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_NPY_H

//===- Npy.h - numpy's file format ------------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_ARRAYS_NPY_H
#define ZQ_ARRAYS_NPY_H

#include "zq/Arrays/Array.h"

namespace zq {

/// Reads a little-endian, row-major .npy file of booleans, integers or floats.
/// Nothing of the file is believed before it is checked.
Result<Array> readNpy(const std::string &path);

/// Writes a .npy file. numpy has no BF16 and no 8-bit floats: BF16 is written
/// as float32, which holds it exactly, and 8-bit floats as their codes, uint8.
Result<void> writeNpy(const std::string &path, const Array &array);

} // namespace zq

#endif // ZQ_ARRAYS_NPY_H

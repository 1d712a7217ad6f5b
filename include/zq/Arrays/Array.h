//===- Array.h - dense arrays of host memory --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What tools feed to compiled functions and get back: row-major arrays of any
// element type, filled from a seed or a file, and compared with each other.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_ARRAYS_ARRAY_H
#define ZQ_ARRAYS_ARRAY_H

#include "zq/Support/Result.h"
#include "zq/Weights/Safetensors.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace zq {

/// A row-major array. Copies share the elements.
class Array {
public:
  Array() = default;
  /// All zeros; the elements are aligned to 64 bytes.
  Array(DType dtype, std::vector<int64_t> shape);

  /// An array over memory of someone else, such as a mapped file, which
  /// `owner` keeps there. It is for reading: nobody may set its elements.
  static Array share(DType dtype, std::vector<int64_t> shape,
                     const uint8_t *data, std::shared_ptr<const void> owner);

  DType getDType() const { return dtype; }
  const std::vector<int64_t> &getShape() const { return shape; }
  int64_t getNumElements() const;
  size_t getNumBytes() const;
  uint8_t *data() { return elements.get(); }
  const uint8_t *data() const { return elements.get(); }
  /// "4x16xF32".
  std::string getTypeText() const;

  /// Element `i`; exact but for integers past 2^53.
  double get(int64_t i) const;
  /// Rounds to nearest, ties to even; 8-bit floats and integers saturate.
  void set(int64_t i, double value);

private:
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::shared_ptr<uint8_t> elements;
};

/// Whether arrays of the type can be made: whole bytes and a real number.
bool isArrayDType(DType dtype);

/// Whether an array of this type and shape fits this machine's memory; an error
/// says how large it would be.
Result<void> checkArraySize(DType dtype, const std::vector<int64_t> &shape);

/// The numbers of an F32 array in BF16, which numpy and its files lack.
Array roundToBF16(const Array &array);

/// Reproducible on every machine. Floats are normally distributed, signed and
/// unsigned integers uniform over -8..7 and 0..7, booleans over both. Codes of
/// 8-bit floats are those of normally distributed numbers.
Array makeRandomArray(DType dtype, std::vector<int64_t> shape, uint64_t seed);

/// How far `values` are from `reference`.
struct ArrayDifference {
  /// ||values - reference|| / ||reference||; 0 where both are zero.
  double relativeL2 = 0;
  double maxAbsolute = 0;
  /// Elements that are finite in one and not in the other, or infinite with
  /// different signs. They are left out of the two numbers above, as are
  /// elements that are equally not finite in both.
  int64_t numNonFinite = 0;
};

/// The arrays have the same shape; element types may differ.
ArrayDifference compareArrays(const Array &values, const Array &reference);

} // namespace zq

#endif // ZQ_ARRAYS_ARRAY_H

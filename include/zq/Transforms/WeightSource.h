//===- WeightSource.h - where a weight's numbers are ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weight is an SSA value: an inline constant, a dense_resource, a constant
// global or a zq.weight, seen through operations that only move or convert
// elements (transposes, broadcasts, reshapes, slices, extf, truncf).
// `WeightSource` finds the numbers behind such a value without computing
// anything, and `WeightReader` reads them as float rows, some rows at a time,
// so that no weight is ever copied whole.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_WEIGHTSOURCE_H
#define ZQ_TRANSFORMS_WEIGHTSOURCE_H

#include "zq/Quantization/Matrix.h"
#include "zq/Support/Result.h"

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace zq {

class SafetensorsFile;

/// The weight files that are open, each mapped once. Safe to use from several
/// threads.
class WeightFiles {
public:
  Result<std::shared_ptr<const SafetensorsFile>> open(llvm::StringRef path);

private:
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const SafetensorsFile>> files;
};

/// How the elements of a tensor lie in their source. A dimension of the tensor
/// is one or more (size, stride) pairs, outermost first: several after a
/// collapse of dimensions that are not adjacent in the source. A stride of 0
/// is a broadcast. Strides and the offset are in elements.
struct WeightLayout {
  struct Piece {
    int64_t size;
    int64_t stride;

    bool operator==(const Piece &other) const {
      return size == other.size && stride == other.stride;
    }
  };
  using Dimension = llvm::SmallVector<Piece, 2>;

  int64_t offset = 0;
  llvm::SmallVector<Dimension, 4> dimensions;

  static WeightLayout rowMajor(llvm::ArrayRef<int64_t> shape);
  /// The same elements, in row-major order, as a tensor of `shape`; nothing
  /// where a new dimension would straddle pieces.
  std::optional<WeightLayout> reshape(llvm::ArrayRef<int64_t> shape) const;
};

/// Reads an opened weight. All checks are behind it: reading does not fail.
/// Safe to use from several threads.
class WeightReader {
public:
  /// Rows and columns are those of the N x K weight; a tensor of another rank
  /// has its last dimension as columns and all others as rows.
  int64_t getNumRows() const { return rowOffsets.size(); }
  int64_t getNumColumns() const { return columnOffsets.size(); }

  /// Rows [first, first + count) in FP32, row by row.
  void readRows(int64_t first, int64_t count, float *values) const;

  /// The weight where it is, without a copy. Nothing where it is not two
  /// strides away from its bytes, or is rounded on the way.
  std::optional<WeightView> getView() const;

  /// The weight is done with: where it is in a file, its pages need no memory
  /// until somebody reads it again.
  void releasePages() const;

private:
  friend class WeightSource;
  const char *data = nullptr;
  mlir::Type type;
  /// The types that elements are rounded to on the way, source first.
  llvm::SmallVector<mlir::Type, 1> roundings;
  /// Element (r, c) is at rowOffsets[r] + columnOffsets[c].
  std::vector<int64_t> rowOffsets, columnOffsets;
  std::shared_ptr<const SafetensorsFile> file;
};

/// What a value is made of.
class WeightSource {
public:
  /// Follows `value` to its source; an error says what stands in the way. Looks
  /// at no numbers and opens no file.
  static Result<WeightSource> resolve(mlir::Value value);

  /// The type of the resolved value.
  mlir::RankedTensorType getType() const { return type; }
  /// The arith.constant, zq.weight or ml_program.global_load_const at the end
  /// of the way.
  mlir::Operation *getOp() const { return op; }
  /// Whether the numbers are in a file, as opposed to the IR.
  bool isExternal() const;
  /// The tensor's name in its file, the global's name, the key of a resource,
  /// or "".
  std::string getName() const;
  const WeightLayout &getLayout() const { return layout; }
  /// What the numbers are of: the value of a constant or a global, or the
  /// attributes that name a tensor in a file. Equal where two ops stand for one
  /// tensor.
  mlir::Attribute getTensorId() const;
  /// Whether both have the same numbers at the same places, without a look at
  /// the numbers.
  bool isSameAs(const WeightSource &other) const;

  /// Opens the file, or finds the bytes in the IR, and checks that they are
  /// what the types say; an error names the tensor and the file.
  Result<WeightReader> open(WeightFiles &files) const;

private:
  WeightSource() = default;
  Result<void> follow(mlir::Value value);

  mlir::RankedTensorType type;
  mlir::Operation *op = nullptr;
  /// Of a constant or a global; null for a tensor in a file.
  mlir::ElementsAttr numbers;
  WeightLayout layout;
  llvm::SmallVector<mlir::Type, 1> roundings;
};

/// A float tensor of a few numbers, such as a bias, as a constant: the one that
/// `value` is, or a copy of what it is made of.
Result<mlir::ElementsAttr> readConstant(mlir::Value value, WeightFiles &files);

} // namespace zq

#endif // ZQ_TRANSFORMS_WEIGHTSOURCE_H

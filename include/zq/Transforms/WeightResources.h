//===- WeightResources.h - weights of files as resources --------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_WEIGHTRESOURCES_H
#define ZQ_TRANSFORMS_WEIGHTRESOURCES_H

#include "dialects/Zq/Zq.h"
#include "zq/Weights/Safetensors.h"

#include "llvm/ADT/StringMap.h"
#include <map>
#include <memory>

namespace zq {

/// Turns `zq.weight` operations into dense_resource attributes whose bytes are
/// those of the memory-mapped file. A file is mapped once and stays mapped for
/// as long as the context has a resource of it.
class WeightResources {
public:
  /// Opens the file and checks that the tensor is what the operation's type
  /// says; errors are located at the operation.
  mlir::FailureOr<mlir::DenseResourceElementsAttr> get(WeightOp op);

  int64_t getNumMapped() const { return numMapped; }
  int64_t getNumCopied() const { return numCopied; }

private:
  using File = std::shared_ptr<const SafetensorsFile>;
  mlir::FailureOr<File> open(WeightOp op);

  llvm::StringMap<File> files;
  std::map<std::pair<std::string, std::string>, mlir::DenseResourceElementsAttr>
      attributes;
  int64_t numMapped = 0;
  int64_t numCopied = 0;
};

} // namespace zq

#endif // ZQ_TRANSFORMS_WEIGHTRESOURCES_H

//===- WeightResources.cpp - weights of files as resources ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/WeightResources.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace zq;

static std::optional<DType> getDType(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (type.isInteger(8))
    return DType::U8;
  return std::nullopt;
}

/// The bytes of `tensor` as a resource blob; `file` stays mapped until the
/// context drops the blob.
static AsmResourceBlob createBlob(const TensorView &tensor, size_t alignment,
                                  std::shared_ptr<const SafetensorsFile> file,
                                  bool &copied) {
  ArrayRef<char> bytes(reinterpret_cast<const char *>(tensor.data),
                       tensor.size);
  copied = reinterpret_cast<uintptr_t>(tensor.data) % alignment != 0;
  if (copied)
    return HeapAsmResourceBlob::allocateAndCopyWithAlign(
        bytes, alignment, /*dataIsMutable=*/false);
  return UnmanagedAsmResourceBlob::allocateWithAlign(
      bytes, alignment, [file](void *, size_t, size_t) {});
}

FailureOr<WeightResources::File> WeightResources::open(WeightOp op) {
  File &file = files[op.getFile()];
  if (!file) {
    Result<SafetensorsFile> opened = SafetensorsFile::open(op.getFile().str());
    if (!opened)
      return op.emitOpError() << opened.message();
    file = std::make_shared<SafetensorsFile>(std::move(*opened));
  }
  return file;
}

FailureOr<DenseResourceElementsAttr> WeightResources::get(WeightOp op) {
  FailureOr<File> file = open(op);
  if (failed(file))
    return failure();
  Result<const TensorView *> found = (*file)->find(op.getTensor().str());
  if (!found)
    return op.emitOpError() << found.message();
  const TensorView &tensor = **found;

  RankedTensorType type = op.getResult().getType();
  if (getDType(type.getElementType()) != tensor.dtype ||
      type.getShape() != ArrayRef<int64_t>(tensor.shape))
    return op.emitOpError()
           << "is " << type << ", but tensor '" << op.getTensor() << "' of "
           << op.getFile() << " is " << tensor.getShapeText() << " of "
           << getDTypeName(tensor.dtype);

  DenseResourceElementsAttr &attribute =
      attributes[{op.getFile().str(), op.getTensor().str()}];
  if (!attribute) {
    bool copied;
    size_t alignment = zq::getBitWidth(tensor.dtype) / 8;
    attribute = DenseResourceElementsAttr::get(
        type, op.getTensor(), createBlob(tensor, alignment, *file, copied));
    ++(copied ? numCopied : numMapped);
    auto opts =
        remark::RemarkOpts::name("zq-map-weight").category("zq-weights");
    std::string what =
        "'" + op.getTensor().str() + "' of " + op.getFile().str();
    if (copied)
      remark::missed(op.getLoc(), opts)
          << what + " is copied: the file does not align it to " +
                 std::to_string(alignment) + " bytes";
    else
      remark::passed(op.getLoc(), opts) << what + " is read in place";
  }
  return attribute;
}

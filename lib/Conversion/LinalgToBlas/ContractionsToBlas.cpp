//===- ContractionsToBlas.cpp - products of matrices by a library ---------===//
//
// On buffers, a contraction becomes a call for each matrix of a batch. Operands
// are passed where they lie: a transposed matrix, a slice or a head of an
// attention layer is a leading dimension and a flag.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProduct.h"

#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"

namespace zq {
#define GEN_PASS_DEF_CONTRACTIONSTOBLAS
#include "zq/Conversion/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {

/// A matrix of an operand as BLAS takes it.
struct Matrix {
  Value memref;
  AffineMap map;
  /// Of the memref's dimensions: known strides, or kDynamic.
  SmallVector<int64_t> strides;
  /// Whether rows are along the second of the matrix's two loops.
  bool transposed = false;
  /// The dimension whose stride is the leading dimension; none for a vector.
  std::optional<unsigned> leading;
};

class Lowering {
public:
  Lowering(linalg::LinalgOp op, const MatrixProduct &contraction)
      : op(op), contraction(contraction) {}

  /// Whether BLAS takes the operands; the reason in `why` where not.
  bool prepare(std::string &why);
  /// Puts the calls in and erases the op.
  void lower(ImplicitLocOpBuilder &b);

private:
  bool prepareMatrix(Matrix &matrix, unsigned operand,
                     std::optional<unsigned> row,
                     std::optional<unsigned> column, std::string &why);
  linalg::FillOp findZeroFill();
  Value getAddress(ImplicitLocOpBuilder &b, const Matrix &matrix,
                   ArrayRef<Value> ivs);
  Value getSize(ImplicitLocOpBuilder &b, std::optional<unsigned> loop);
  Value getLeading(ImplicitLocOpBuilder &b, const Matrix &matrix);

  linalg::LinalgOp op;
  MatrixProduct contraction;
  Matrix a, b, c;
  /// The result's rows are along n: C^T = B^T A^T is computed.
  bool swapped = false;
};

} // namespace

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Which dimension of the operand a loop runs over.
static std::optional<unsigned> getDimension(AffineMap map,
                                            std::optional<unsigned> loop) {
  if (!loop)
    return std::nullopt;
  return map.getResultPosition(getAffineDimExpr(*loop, map.getContext()));
}

bool Lowering::prepareMatrix(Matrix &matrix, unsigned operand,
                             std::optional<unsigned> row,
                             std::optional<unsigned> column, std::string &why) {
  OpOperand &value = op->getOpOperand(operand);
  matrix.memref = value.get();
  matrix.map = op.getMatchingIndexingMap(&value);
  auto type = dyn_cast<MemRefType>(matrix.memref.getType());
  int64_t offset;
  if (!type || !type.getElementType().isF32() ||
      failed(type.getStridesAndOffset(matrix.strides, offset))) {
    why = "operand " + std::to_string(operand) + " is no strided memref of f32";
    return false;
  }
  std::optional<unsigned> outer = getDimension(matrix.map, row);
  std::optional<unsigned> inner = getDimension(matrix.map, column);
  auto isUnit = [&](std::optional<unsigned> dimension) {
    return !dimension || matrix.strides[*dimension] == 1 ||
           type.getDimSize(*dimension) == 1;
  };
  if (isUnit(inner)) {
    matrix.leading = outer;
    return true;
  }
  if (isUnit(outer)) {
    matrix.transposed = true;
    matrix.leading = inner;
    return true;
  }
  why = "neither dimension of the matrices in operand " +
        std::to_string(operand) + " is contiguous";
  return false;
}

bool Lowering::prepare(std::string &why) {
  if (!op.hasPureBufferSemantics()) {
    why = "it is on tensors: bufferize first";
    return false;
  }
  if (!prepareMatrix(a, 0, contraction.m, contraction.k, why) ||
      !prepareMatrix(b, 1, contraction.k, contraction.n, why) ||
      !prepareMatrix(c, 2, contraction.m, contraction.n, why))
    return false;
  if (!c.transposed)
    return true;
  swapped = true;
  std::swap(a, b);
  std::swap(contraction.m, contraction.n);
  a.transposed = !a.transposed;
  b.transposed = !b.transposed;
  c.transposed = false;
  return true;
}

/// The fill with zeros that the product adds to, if nothing comes between: then
/// the product need not read what it is about to write.
linalg::FillOp Lowering::findZeroFill() {
  auto alloc = c.memref.getDefiningOp<memref::AllocOp>();
  if (contraction.sumsOutside || !alloc || alloc->getBlock() != op->getBlock())
    return nullptr;
  linalg::FillOp fill;
  for (Operation *user : c.memref.getUsers()) {
    Operation *before = op->getBlock()->findAncestorOpInBlock(*user);
    if (!before || before == op || op->isBeforeInBlock(before))
      continue;
    auto thisFill = dyn_cast<linalg::FillOp>(user);
    if (fill || !thisFill || user->getBlock() != op->getBlock() ||
        !matchPattern(thisFill.getInputs()[0], m_PosZeroFloat()))
      return nullptr;
    fill = thisFill;
  }
  return fill;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Value Lowering::getSize(ImplicitLocOpBuilder &builder,
                        std::optional<unsigned> loop) {
  if (!loop)
    return arith::ConstantIndexOp::create(builder, 1);
  for (const Matrix *matrix : {&a, &b, &c})
    if (std::optional<unsigned> dimension = getDimension(matrix->map, loop))
      return builder.createOrFold<memref::DimOp>(matrix->memref, *dimension);
  llvm_unreachable("each loop runs over a dimension of an operand");
}

static Value getStride(ImplicitLocOpBuilder &b, const Matrix &matrix,
                       unsigned dimension) {
  if (!ShapedType::isDynamic(matrix.strides[dimension]))
    return arith::ConstantIndexOp::create(b, matrix.strides[dimension]);
  auto metadata = memref::ExtractStridedMetadataOp::create(b, matrix.memref);
  return metadata.getStrides()[dimension];
}

/// The distance between rows; at least what BLAS wants where there is but one.
Value Lowering::getLeading(ImplicitLocOpBuilder &b, const Matrix &matrix) {
  auto type = cast<MemRefType>(matrix.memref.getType());
  if (matrix.leading && type.getDimSize(*matrix.leading) != 1)
    return getStride(b, matrix, *matrix.leading);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value length = one;
  for (unsigned i = 0, e = type.getRank(); i < e; ++i)
    length = arith::MulIOp::create(
        b, length, b.createOrFold<memref::DimOp>(matrix.memref, i));
  return arith::MaxSIOp::create(b, length, one);
}

/// The address of the first element of the matrix for these indices of the
/// loops outside.
Value Lowering::getAddress(ImplicitLocOpBuilder &b, const Matrix &matrix,
                           ArrayRef<Value> ivs) {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, matrix.memref);
  Value offset = metadata.getOffset();
  for (auto [loop, iv] : llvm::zip(contraction.outer, ivs)) {
    std::optional<unsigned> dimension = getDimension(matrix.map, loop);
    if (!dimension)
      continue;
    Value stride = getStride(b, matrix, *dimension);
    offset =
        arith::AddIOp::create(b, offset, arith::MulIOp::create(b, iv, stride));
  }
  Value bytes =
      arith::MulIOp::create(b, offset, arith::ConstantIndexOp::create(b, 4));
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(
      b, metadata.getBaseBuffer());
  return arith::AddIOp::create(b, base, bytes);
}

void Lowering::lower(ImplicitLocOpBuilder &builder) {
  linalg::FillOp fill = findZeroFill();
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value one = arith::ConstantIndexOp::create(builder, 1);
  auto flag = [&](bool set) { return set ? one : zero; };
  SmallVector<Value> sizes;
  for (std::optional<unsigned> loop :
       {contraction.m, contraction.n, std::optional(contraction.k)})
    sizes.push_back(getSize(builder, loop));
  SmallVector<Value> ends, starts, steps, leading;
  for (unsigned loop : contraction.outer) {
    ends.push_back(getSize(builder, loop));
    starts.push_back(zero);
    steps.push_back(one);
  }
  for (const Matrix *matrix : {&a, &b, &c})
    leading.push_back(getLeading(builder, *matrix));

  scf::buildLoopNest(
      builder, op.getLoc(), starts, ends, steps,
      [&](OpBuilder &inner, Location loc, ValueRange ivs) {
        ImplicitLocOpBuilder nested(loc, inner);
        SmallVector<Value> loops(ivs);
        SmallVector<Value> operands{flag(a.transposed), flag(b.transposed)};
        llvm::append_range(operands, sizes);
        for (auto [i, matrix] : llvm::enumerate(ArrayRef{&a, &b})) {
          operands.push_back(getAddress(nested, *matrix, loops));
          operands.push_back(leading[i]);
        }
        operands.push_back(flag(!fill));
        operands.push_back(getAddress(nested, c, loops));
        operands.push_back(leading[2]);
        func::CallOp::create(nested, kGemmFunctionName, TypeRange(), operands);
      });
  if (fill)
    fill.erase();
  op.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class ContractionsToBlasPass
    : public zq::impl::ContractionsToBlasBase<ContractionsToBlasPass> {
  void runOnOperation() override;
  LogicalResult declareGemm();
};

} // namespace

LogicalResult ContractionsToBlasPass::declareGemm() {
  ModuleOp module = getOperation();
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  SmallVector<Type> inputs(12, b.getIndexType());
  FunctionType type = b.getFunctionType(inputs, TypeRange());
  if (Operation *taken =
          SymbolTable::lookupSymbolIn(module, kGemmFunctionName)) {
    auto function = dyn_cast<func::FuncOp>(taken);
    if (function && function.isExternal() && function.getFunctionType() == type)
      return success();
    return taken->emitOpError("is called '")
           << kGemmFunctionName
           << "', which is the name of what contractions become calls of: "
              "rename it";
  }
  func::FuncOp::create(b, module.getLoc(), kGemmFunctionName, type)
      .setPrivate();
  return success();
}

void ContractionsToBlasPass::runOnOperation() {
  SmallVector<linalg::LinalgOp> candidates;
  getOperation().walk([&](linalg::LinalgOp op) {
    if (hasProductBody(op))
      candidates.push_back(op);
  });
  auto options = remark::RemarkOpts::name("zq-contractions-to-blas")
                     .category("zq-lowering");
  bool declared = false;
  for (linalg::LinalgOp op : candidates) {
    std::string why;
    std::optional<MatrixProduct> contraction = matchMatrixProduct(op, why);
    if (contraction) {
      Lowering lowering(op, *contraction);
      if (lowering.prepare(why)) {
        if (!declared && failed(declareGemm()))
          return signalPassFailure();
        declared = true;
        ++numCalls;
        remark::passed(op.getLoc(), options) << "a product by the library";
        ImplicitLocOpBuilder b(op.getLoc(), op);
        lowering.lower(b);
        continue;
      }
    }
    ++numLoops;
    remark::missed(op.getLoc(), options) << "stays loops: " + why;
  }
}

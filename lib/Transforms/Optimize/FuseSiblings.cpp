//===- FuseSiblings.cpp - linears of one input as one linear --------------===//
//
// q, k and v read one tensor, gate and up another: their weights, one under the
// other, are one weight, and one launch computes all of them.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConcatenateRows.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Compensation.h"
#include "zq/Transforms/EraseDead.h"
#include "zq/Transforms/Optimize/Passes.h"
#include "zq/Transforms/Remarks.h"
#include "zq/Transforms/WeightSource.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

namespace zq {
#define GEN_PASS_DEF_FUSESIBLINGSPASS
#include "zq/Transforms/Optimize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
/// One of the linears, and the constants that it is made of.
struct Sibling {
  // Handles, whose accessors are not const.
  mutable QuantizedLinearOp op;
  mutable std::optional<Compensation> compensation;
  ElementsAttr codes;
  SmallVector<ElementsAttr, 2> scales;
  ElementsAttr bias;     ///< null: none
  ElementsAttr down, up; ///< with a compensation

  int64_t getN() const { return op.getWeight().getType().getDimSize(0); }
  int64_t getRank() const {
    return down ? down.getShapedType().getDimSize(0) : 0;
  }
  /// What fused rows take the place of.
  Value getOutput() const {
    return compensation ? compensation->sum->getResult(0)
                        : Value(op.getOutput());
  }
  QuantizedType getWeightType() const {
    return cast<QuantizedType>(op.getWeight().getType().getElementType());
  }
};
} // namespace

static ElementsAttr getConstant(Value value) {
  ElementsAttr elements;
  if (value && matchPattern(value, m_Constant(&elements)))
    return elements;
  return {};
}

/// Fills `sibling`, or says why the linear stays alone.
static std::optional<std::string>
findParts(QuantizedLinearOp op, WeightFiles &files, Sibling &sibling) {
  sibling = {};
  sibling.op = op;
  if (!op->getDiscardableAttrs().empty())
    return "it has an attribute of its own, '" +
           op->getDiscardableAttrs().begin()->getName().str() + "'";
  if (op.getResidual())
    return "it has a residual: run zq-fuse-residual after this";
  auto storage = op.getWeight().getDefiningOp<StorageCastOp>();
  sibling.codes = storage ? getConstant(storage.getStorage()) : ElementsAttr();
  if (!sibling.codes)
    return "its codes are no constant: run zq-materialize-weights";
  for (Value scale : op.getScales()) {
    sibling.scales.push_back(getConstant(scale));
    if (!sibling.scales.back())
      return "its scales are no constants";
  }
  if (op.getBias()) {
    Result<ElementsAttr> bias = readConstant(op.getBias(), files);
    if (!bias)
      return "its bias is not known: " + bias.message();
    sibling.bias = *bias;
  }
  sibling.compensation = findCompensation(op);
  if (!sibling.compensation)
    return std::nullopt;
  sibling.down = getConstant(sibling.compensation->down.getWeight());
  sibling.up = getConstant(sibling.compensation->up.getWeight());
  if (!sibling.down || !sibling.up)
    return "the factors of its compensation are no constants";
  return std::nullopt;
}

/// What siblings have in common beside their input, so that one linear can be
/// all of them: equal lists of types, null for what is not there.
static SmallVector<Type> getKind(const Sibling &sibling) {
  auto getElement = [](ElementsAttr data) {
    return data ? data.getElementType() : Type();
  };
  RankedTensorType output = sibling.op.getOutput().getType();
  SmallVector<Type> kind = {sibling.getWeightType(),
                            RankedTensorType::get(output.getShape().drop_back(),
                                                  output.getElementType()),
                            getElement(sibling.bias), getElement(sibling.down),
                            getElement(sibling.up)};
  if (sibling.compensation)
    kind.push_back(
        sibling.compensation->down.getOutput().getType().getElementType());
  return kind;
}

/// "layers.0.attn.q_proj", "layers.0.attn.k_proj" ->
/// "layers.0.attn.q_proj+k_proj"
static std::string joinNames(ArrayRef<Sibling> siblings) {
  std::string joined;
  StringRef path;
  for (const Sibling &sibling : siblings) {
    StringRef name = getLayerName(sibling.op);
    if (name.empty())
      continue;
    if (joined.empty()) {
      joined = name.str();
      path = name.take_front(name.rfind('.') + 1);
      continue;
    }
    if (!name.starts_with(path))
      path = "";
    joined += "+" + name.drop_front(path.size()).str();
  }
  return joined;
}

/// `type` with the last dimension `size`.
static RankedTensorType withLastDim(RankedTensorType type, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = size;
  return RankedTensorType::get(shape, type.getElementType());
}

namespace {
struct FuseSiblingsPass
    : public zq::impl::FuseSiblingsPassBase<FuseSiblingsPass> {
  using FuseSiblingsPassBase::FuseSiblingsPassBase;

  void runOnOperation() override {
    // By input; an input that is in two blocks is none that one linear can
    // serve.
    using Key = std::tuple<Value, Value, Block *>;
    llvm::MapVector<Key, SmallVector<QuantizedLinearOp>> families;
    getOperation()->walk([&](QuantizedLinearOp op) {
      if (isa<QuantizedType>(op.getWeight().getType().getElementType()))
        families[{op.getInput(), op.getInputScale(), op->getBlock()}].push_back(
            op);
    });
    RowConcatenation rows;
    WeightFiles files;
    for (auto &[key, linears] : families)
      if (linears.size() > 1)
        fuseFamily(linears, files, rows);
  }

private:
  void leave(QuantizedLinearOp op, StringRef reason) {
    remarkMissed(op, getArgument()) << remark::reason("{0}", reason.str());
    ++numLeft;
  }

  void fuseFamily(ArrayRef<QuantizedLinearOp> linears, WeightFiles &files,
                  RowConcatenation &rows) {
    SmallVector<SmallVector<Sibling>> kinds;
    for (QuantizedLinearOp op : linears) {
      Sibling sibling;
      if (std::optional<std::string> reason = findParts(op, files, sibling)) {
        leave(op, *reason);
        continue;
      }
      auto *kind = llvm::find_if(kinds, [&](ArrayRef<Sibling> others) {
        return getKind(others.front()) == getKind(sibling);
      });
      if (kind == kinds.end())
        kind = &kinds.emplace_back();
      kind->push_back(std::move(sibling));
    }
    for (ArrayRef<Sibling> siblings : kinds) {
      if (siblings.size() == 1) {
        leave(siblings.front().op,
              "no other linear of its input has its types: format, groups, "
              "scales, output, bias and compensation");
        continue;
      }
      int64_t rank = 0;
      for (const Sibling &sibling : siblings)
        rank += sibling.getRank();
      if (rank > maxRank) {
        for (const Sibling &sibling : siblings)
          leave(sibling.op,
                llvm::formatv("with its {0} siblings its compensation would "
                              "have rank {1}, and max-rank is {2}",
                              siblings.size() - 1, rank, int64_t(maxRank))
                    .str());
        continue;
      }
      if (std::optional<std::string> problem = fuse(siblings, rows))
        for (const Sibling &sibling : siblings)
          leave(sibling.op, *problem);
    }
  }

  std::optional<std::string> fuse(ArrayRef<Sibling> siblings,
                                  RowConcatenation &rows);
  /// Adds the compensation of all to `y`, by factors that are one under the
  /// other and block-diagonal.
  Value compensate(OpBuilder &builder, ArrayRef<Sibling> siblings, Value y,
                   ElementsAttr down, ElementsAttr up);
};
} // namespace

/// Before:  %q = zq.quantized_linear %x8 scale(%sx), %wq scales(%sq)
///          %k = zq.quantized_linear %x8 scale(%sx), %wk scales(%sk)
/// After:   %y = zq.quantized_linear %x8 scale(%sx), %wq_wk scales(%sq_sk)
///          %q = tensor.extract_slice %y[0, 0] ...
///          %k = tensor.extract_slice %y[0, n] ...
std::optional<std::string> FuseSiblingsPass::fuse(ArrayRef<Sibling> siblings,
                                                  RowConcatenation &rows) {
  const Sibling &first = siblings.front();
  auto collect = [&](auto get) {
    return llvm::map_to_vector(
        siblings,
        [&](const Sibling &sibling) -> ElementsAttr { return get(sibling); });
  };
  std::string name = joinNames(siblings);

  // All data first, so that nothing is changed where some is missing.
  SmallVector<TypedAttr> scales;
  TypedAttr codes =
      rows.getResource(collect([](const Sibling &s) { return s.codes; }), name);
  for (size_t i = 0; i < first.scales.size(); ++i)
    scales.push_back(rows.getConstant(
        collect([&](const Sibling &s) { return s.scales[i]; })));
  TypedAttr bias;
  if (first.bias)
    bias = rows.getConstant(collect([](const Sibling &s) { return s.bias; }));
  ElementsAttr down, up;
  if (first.compensation) {
    down = rows.getConstant(collect([](const Sibling &s) { return s.down; }));
    up = rows.getBlockDiagonal(collect([](const Sibling &s) { return s.up; }));
  }
  if (!codes || llvm::is_contained(scales, TypedAttr()) ||
      (first.bias && !bias) || (first.compensation && (!down || !up)))
    return "a constant of it or of a sibling has no data in the module";

  OpBuilder builder(first.op);
  Location loc = builder.getFusedLoc(
      llvm::map_to_vector(siblings, [](Sibling s) { return s.op.getLoc(); }));
  auto createConstant = [&](TypedAttr value) -> Value {
    return arith::ConstantOp::create(builder, loc, value);
  };
  int64_t n = 0;
  for (const Sibling &sibling : siblings)
    n += sibling.getN();
  int64_t k = first.op.getWeight().getType().getDimSize(1);
  Value weight = StorageCastOp::create(
      builder, loc, RankedTensorType::get({n, k}, first.getWeightType()),
      createConstant(codes));
  RankedTensorType outputType = first.op.getOutput().getType();
  Value fused = QuantizedLinearOp::create(
      builder, loc, withLastDim(outputType, n), first.op.getInput(),
      first.op.getInputScale(), weight,
      llvm::map_to_vector(scales, createConstant),
      bias ? createConstant(bias) : Value(), /*residual=*/Value(),
      name.empty() ? StringAttr() : builder.getStringAttr(name));
  remarkPassed(fused.getDefiningOp(), getArgument())
      << remark::metric("Siblings", siblings.size()) << remark::metric("N", n);
  if (first.compensation)
    fused = compensate(builder, siblings, fused, down, up);

  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, fused);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  int64_t row = 0;
  SmallVector<Operation *> dead;
  for (Sibling sibling : siblings) {
    offsets.back() = builder.getIndexAttr(row);
    sizes.back() = builder.getIndexAttr(sibling.getN());
    row += sibling.getN();
    Value slice = tensor::ExtractSliceOp::create(
        builder, sibling.op.getLoc(), sibling.op.getOutput().getType(), fused,
        offsets, sizes, strides);
    sibling.getOutput().replaceAllUsesWith(slice);
    dead.push_back(sibling.getOutput().getDefiningOp());
  }
  eraseDead(dead);
  numFused += siblings.size();
  return std::nullopt;
}

Value FuseSiblingsPass::compensate(OpBuilder &builder,
                                   ArrayRef<Sibling> siblings, Value y,
                                   ElementsAttr down, ElementsAttr up) {
  LinearOp firstDown = siblings.front().compensation->down;
  Location loc = y.getLoc();
  StringRef name = getLayerName(y.getDefiningOp());
  auto getPartName = [&](StringRef part) {
    return name.empty() ? StringAttr() : builder.getStringAttr(name + part);
  };
  auto createConstant = [&](ElementsAttr value) -> Value {
    return arith::ConstantOp::create(builder, loc, cast<TypedAttr>(value));
  };
  int64_t rank = down.getShapedType().getDimSize(0);
  auto t = LinearOp::create(builder, loc,
                            withLastDim(firstDown.getOutput().getType(), rank),
                            firstDown.getInput(), createConstant(down),
                            /*bias=*/Value(), getPartName(".lorc_down"));
  auto c = LinearOp::create(builder, loc, y.getType(), t, createConstant(up),
                            /*bias=*/Value(), getPartName(".lorc_up"));
  return arith::AddFOp::create(builder, loc, y, c);
}

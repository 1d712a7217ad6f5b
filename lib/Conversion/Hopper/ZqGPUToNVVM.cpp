//===- ZqGPUToNVVM.cpp - kernel ops to arith and PTX ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "dialects/ZqGPU/ZqGPU.h"
#include "zq/Conversion/Hopper/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/TypeSwitch.h"

namespace zq::hopper {
#define GEN_PASS_DEF_ZQGPUTONVVM
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq;
using namespace zq::zqgpu;

//===----------------------------------------------------------------------===//
// Inline PTX
//===----------------------------------------------------------------------===//

static LLVM::InlineAsmOp emitPtx(OpBuilder &builder, Location loc,
                                 TypeRange result, StringRef ptx,
                                 StringRef constraints, ValueRange operands,
                                 bool pure) {
  auto dialect =
      LLVM::AsmDialectAttr::get(builder.getContext(), LLVM::AsmDialect::AD_ATT);
  return LLVM::InlineAsmOp::create(
      builder, loc, result, operands, ptx, constraints,
      /*has_side_effects=*/!pure, /*is_align_stack=*/false,
      LLVM::TailCallKind::None, dialect, /*operand_attrs=*/ArrayAttr());
}

static Value makeI32(OpBuilder &builder, Location loc, int64_t value) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), value);
}

static StringRef getConstraint(Type type) {
  if (type.isF32())
    return "f";
  return type.isInteger(64) ? "l" : "r";
}

/// The registers of vectors, one after the other.
static SmallVector<Value> unpack(OpBuilder &builder, Location loc,
                                 ValueRange vectors) {
  SmallVector<Value> registers;
  for (Value vector : vectors)
    for (int64_t i :
         llvm::seq(cast<VectorType>(vector.getType()).getDimSize(0)))
      registers.push_back(LLVM::ExtractElementOp::create(
          builder, loc, vector, makeI32(builder, loc, i)));
  return registers;
}

/// Emits `ptx`, which reads and writes the registers of `tied` in place and
/// reads `inputs`; returns `tied` afterwards. The registers of `tied` are $0,
/// $1, ... and once more after that, so the first input is $(2 * their number).
static SmallVector<Value> emitTiedPtx(OpBuilder &builder, Location loc,
                                      StringRef ptx, ValueRange tied,
                                      ValueRange inputs) {
  SmallVector<Value> operands = unpack(builder, loc, tied);
  SmallVector<Type> types = llvm::to_vector(ValueRange(operands).getTypes());
  SmallVector<std::string> constraints;
  for (Type type : types)
    constraints.push_back(("=" + getConstraint(type)).str());
  for (size_t i = 0; i < types.size(); ++i)
    constraints.push_back(std::to_string(i));
  for (Value input : inputs)
    constraints.push_back(getConstraint(input.getType()).str());
  constraints.push_back("~{memory}");
  llvm::append_range(operands, inputs);

  auto resultType =
      LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  Value result = emitPtx(builder, loc, resultType, ptx,
                         llvm::join(constraints, ","), operands, /*pure=*/false)
                     .getRes();

  SmallVector<Value> results;
  int64_t next = 0;
  for (Value vector : tied) {
    auto type = cast<VectorType>(vector.getType());
    Value packed = LLVM::PoisonOp::create(builder, loc, type);
    for (int64_t i : llvm::seq(type.getDimSize(0))) {
      Value element =
          LLVM::ExtractValueOp::create(builder, loc, result, next++);
      packed = LLVM::InsertElementOp::create(builder, loc, packed, element,
                                             makeI32(builder, loc, i));
    }
    results.push_back(packed);
  }
  return results;
}

/// "{$first, ..., $(first + count - 1)}"
static std::string getRegisterList(int64_t first, int64_t count) {
  std::string list;
  llvm::raw_string_ostream os(list);
  os << '{';
  llvm::interleaveComma(llvm::seq(first, first + count), os,
                        [&](int64_t i) { os << '$' << i; });
  os << '}';
  return list;
}

namespace {

//===----------------------------------------------------------------------===//
// wgmma
//===----------------------------------------------------------------------===//

struct LowerWgmma : OpConversionPattern<WgmmaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WgmmaOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    int64_t count =
        cast<VectorType>(op.getAccumulator().getType()).getDimSize(0);
    StringRef formats =
        TypeSwitch<Type, StringRef>(op.getActivationFormat())
            .Case([](Float8E4M3FNType) { return "k32.f32.e4m3.e4m3"; })
            .Case([](Float8E5M2Type) { return "k32.f32.e4m3.e5m2"; })
            .Case([](FloatTF32Type) { return "k8.f32.tf32.tf32"; });
    int64_t a = 2 * count, b = a + 4, accumulate = b + 1;
    std::string ptx;
    llvm::raw_string_ostream os(ptx);
    os << "{\n.reg .pred p;\nsetp.ne.b32 p, $" << accumulate << ", 0;\n"
       << "wgmma.mma_async.sync.aligned.m64n" << 2 * count << formats << ' '
       << getRegisterList(0, count) << ", "
       << getRegisterList(a, 4) << ", $" << b << ", p, 1, 1;\n}";

    SmallVector<Value> inputs = unpack(rewriter, loc, adaptor.getA());
    inputs.push_back(adaptor.getB());
    inputs.push_back(arith::ExtUIOp::create(
        rewriter, loc, rewriter.getI32Type(), adaptor.getAccumulate()));
    rewriter.replaceOp(
        op, emitTiedPtx(rewriter, loc, ptx, adaptor.getAccumulator(), inputs));
    return success();
  }
};

struct LowerFence : OpConversionPattern<WgmmaFenceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WgmmaFenceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, emitTiedPtx(rewriter, op.getLoc(),
                                       "wgmma.fence.sync.aligned;",
                                       adaptor.getValues(), {}));
    return success();
  }
};

struct LowerCommit : OpConversionPattern<WgmmaCommitOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WgmmaCommitOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    emitPtx(rewriter, op.getLoc(), {}, "wgmma.commit_group.sync.aligned;",
            "~{memory}", {}, /*pure=*/false);
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerWait : OpConversionPattern<WgmmaWaitOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(WgmmaWaitOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    std::string ptx = "wgmma.wait_group.sync.aligned " +
                      std::to_string(op.getPending()) + ";";
    rewriter.replaceOp(
        op, emitTiedPtx(rewriter, op.getLoc(), ptx, adaptor.getValues(), {}));
    return success();
  }
};

/// PTX ISA, "Matrix descriptor": address and strides in units of 16 bytes, the
/// leading stride 1 (unused with a swizzle and one k32 step), the stride
/// between groups of 8 rows 1024 bytes, swizzle mode 1 (128 bytes).
struct LowerDescriptor : OpConversionPattern<DescriptorOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(DescriptorOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    constexpr int64_t leading = int64_t(1) << 16, stride = int64_t(64) << 32,
                      swizzle = int64_t(1) << 62;
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    auto constant = [&](int64_t value) -> Value {
      return makeI32(rewriter, loc, value);
    };
    Value address =
        LLVM::PtrToIntOp::create(rewriter, loc, i32, adaptor.getAddress());
    Value inside =
        arith::AndIOp::create(rewriter, loc, address, constant(0x3FFFF));
    Value units = arith::ShRUIOp::create(rewriter, loc, inside, constant(4));
    Value wide =
        arith::ExtUIOp::create(rewriter, loc, rewriter.getI64Type(), units);
    // A k32 step is 32 bytes; no tile's low bits carry into the next field.
    int64_t rest = leading | stride | swizzle;
    Value fields =
        LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(),
                                 rest + static_cast<int64_t>(op.getK()) / 16);
    rewriter.replaceOpWithNewOp<arith::AddIOp>(op, wide, fields);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

struct LowerBarrierWait : OpConversionPattern<BarrierWaitOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(BarrierWaitOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value address = LLVM::PtrToIntOp::create(
        rewriter, loc, rewriter.getI32Type(), adaptor.getBarrier());
    emitPtx(rewriter, loc, {},
            "{\n.reg .pred complete;\nwait:\n"
            "mbarrier.try_wait.parity.shared::cta.b64 complete, [$0], $1;\n"
            "@complete bra done;\nbra wait;\ndone:\n}",
            "r,r,~{memory}", {address, adaptor.getParity()}, /*pure=*/false);
    rewriter.eraseOp(op);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Codes to FP8
//===----------------------------------------------------------------------===//

/// prmt.b32 in its default mode; pure, so that LLVM may move and merge it.
Value emitPrmt(OpBuilder &builder, Location loc, Value low, Value high,
               Value selector) {
  return emitPtx(builder, loc, builder.getI32Type(), "prmt.b32 $0, $1, $2, $3;",
                 "=r,r,r,r", {low, high, selector},
                 /*pure=*/true)
      .getRes();
}

struct LowerExpandCodes : OpConversionPattern<ExpandCodesOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ExpandCodesOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value codes = adaptor.getCodes();
    Value magnitudeMask = makeI32(rewriter, loc, 0x77777777);
    Value signMask = makeI32(rewriter, loc, 0x80808080);
    auto withSigns = [&](Value selector, Value signs) -> Value {
      Value magnitudes = emitPrmt(rewriter, loc, adaptor.getLow(),
                                  adaptor.getHigh(), selector);
      Value masked = arith::AndIOp::create(rewriter, loc, signs, signMask);
      return arith::OrIOp::create(rewriter, loc, magnitudes, masked);
    };
    Value selectors =
        arith::AndIOp::create(rewriter, loc, codes, magnitudeMask);
    Value first = withSigns(selectors, codes);
    Value upperSelectors = arith::ShRUIOp::create(rewriter, loc, selectors,
                                                  makeI32(rewriter, loc, 16));
    Value upperSigns =
        arith::ShLIOp::create(rewriter, loc, codes, makeI32(rewriter, loc, 4));
    Value second = withSigns(upperSelectors, upperSigns);
    rewriter.replaceOp(op, {first, second});
    return success();
  }
};

/// Word `half` of the table of a shift, or of a step with its multiplier.
uint32_t getTableWord(Format format, uint8_t step, bool multipliers, int half) {
  std::array<uint8_t, 8> table =
      getScaleTable(format, Format::E4M3, step, multipliers);
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i)
    word |= uint32_t(table[4 * half + i]) << (8 * i);
  return word;
}

/// `first - shift * unit` for the shifts where that is the table's word, which
/// are those that leave all magnitudes normal; the word itself for the others.
/// A multiplier has a `first` of its own, and the same `unit`.
struct LowerShiftTable : OpConversionPattern<ShiftTableOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ShiftTableOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value step = adaptor.getShift(), shift = step, multiplier;
    if (op.getMultipliers()) {
      shift = arith::AndIOp::create(b, step, makeI32(rewriter, b.getLoc(), 15));
      multiplier =
          arith::ShRUIOp::create(b, step, makeI32(rewriter, b.getLoc(), 4));
    }
    Value words[] = {createWord(op, b, step, shift, multiplier, 0),
                     createWord(op, b, step, shift, multiplier, 1)};
    rewriter.replaceOp(op, words);
    return success();
  }

private:
  static Value createWord(ShiftTableOp op, ImplicitLocOpBuilder &b, Value step,
                          Value shift, Value multiplier, int half) {
    auto constant = [&](uint32_t value) {
      return makeI32(b, b.getLoc(), static_cast<int32_t>(value));
    };
    auto choose = [&](arith::CmpIPredicate predicate, Value lhs, uint32_t rhs,
                      uint32_t yes, Value no) -> Value {
      Value here = arith::CmpIOp::create(b, predicate, lhs, constant(rhs));
      return arith::SelectOp::create(b, here, constant(yes), no);
    };
    auto getWord = [&](uint8_t byte) {
      return getTableWord(*getFormat(op.getWeightFormat()), byte,
                          op.getMultipliers(), half);
    };
    // Also where no shift is but 0: one kernel serves all such windows.
    uint32_t unit = getWord(0) - getWord(1);
    int count =
        op.getMultipliers() ? static_cast<int>(scaleMultipliers.size()) : 1;
    Value first = constant(getWord(packScaleStep({0, count - 1})));
    for (int i = count - 1; i-- > 0;)
      first = choose(arith::CmpIPredicate::eq, multiplier, i,
                     getWord(packScaleStep({0, i})), first);
    Value scaled = arith::MulIOp::create(b, shift, constant(unit));
    Value word = arith::SubIOp::create(b, first, scaled);
    for (int i = 0; i < count; ++i)
      for (int s = 0; s <= static_cast<int>(op.getMaxShift()); ++s) {
        uint8_t byte = packScaleStep({s, i});
        uint32_t exact = getWord(byte);
        if (exact != getWord(packScaleStep({0, i})) - s * unit)
          word = choose(arith::CmpIPredicate::eq, step, byte, exact, word);
      }
    return word;
  }
};

struct ZqGPUToNVVM : hopper::impl::ZqGPUToNVVMBase<ZqGPUToNVVM> {
  LogicalResult initialize(MLIRContext *context) override {
    target = std::make_unique<ConversionTarget>(*context);
    target->addIllegalDialect<ZqGPUDialect>();
    target->markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    RewritePatternSet set(context);
    set.add<LowerWgmma, LowerFence, LowerCommit, LowerWait, LowerDescriptor,
            LowerBarrierWait, LowerExpandCodes, LowerShiftTable>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    if (failed(applyPartialConversion(getOperation(), *target, patterns)))
      signalPassFailure();
  }

private:
  std::shared_ptr<ConversionTarget> target;
  FrozenRewritePatternSet patterns;
};

} // namespace

//===- KernelBuilder.cpp - kernels and their threads ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace zq::hopper;

namespace {
constexpr unsigned globalSpace = 1, sharedSpace = 3, clusterSpace = 7;
constexpr int64_t tensorMapBytes = 128, tensorMapAlignment = 64;
constexpr int64_t sharedAlignment = 1024;

Value getAddressOf(KernelBuilder &b, LLVM::GlobalOp global) {
  return b.create<LLVM::AddressOfOp>(global);
}

/// A shared variable in the kernel's module, made once.
LLVM::GlobalOp getShared(KernelBuilder &b, StringRef name, int64_t bytes,
                         LLVM::Linkage linkage, int64_t alignment) {
  Operation *module = SymbolTable::getNearestSymbolTable(
      b.builder.getInsertionBlock()->getParentOp());
  if (auto global = dyn_cast_or_null<LLVM::GlobalOp>(
          SymbolTable::lookupSymbolIn(module, name)))
    return global;
  OpBuilder::InsertionGuard guard(b.builder);
  b.builder.setInsertionPointToStart(&module->getRegion(0).front());
  auto type = LLVM::LLVMArrayType::get(b.builder.getI8Type(), bytes);
  return b.create<LLVM::GlobalOp>(type, /*isConstant=*/false, linkage, name,
                                  /*value=*/Attribute(), alignment,
                                  sharedSpace);
}
} // namespace

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

SmallVector<Value>
KernelBuilder::beginKernel(StringRef name, int64_t threads, int64_t perSm,
                           ArrayRef<ParameterKind> parameters) {
  MLIRContext *context = builder.getContext();
  SmallVector<Type> types;
  for (ParameterKind kind : parameters) {
    if (kind == ParameterKind::I32)
      types.push_back(builder.getI32Type());
    else
      types.push_back(LLVM::LLVMPointerType::get(
          context, kind == ParameterKind::Global ? globalSpace : 0));
  }
  // Not a gpu.func: its parameters cannot be nvvm.grid_constant.
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types);
  auto kernel = create<LLVM::LLVMFuncOp>(name, type);
  kernel->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                  builder.getUnitAttr());
  // ptxas ignores setmaxnreg without both (C7508).
  kernel->setAttr(
      NVVM::NVVMDialect::getMaxntidAttrName(),
      builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads)}));
  kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                  builder.getI32IntegerAttr(perSm));
  auto mapType = LLVM::LLVMArrayType::get(builder.getI8Type(), tensorMapBytes);
  for (auto [index, kind] : llvm::enumerate(parameters)) {
    if (kind != ParameterKind::TensorMap)
      continue;
    kernel.setArgAttr(index, LLVM::LLVMDialect::getByValAttrName(),
                      TypeAttr::get(mapType));
    kernel.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                      builder.getI64IntegerAttr(tensorMapAlignment));
    kernel.setArgAttr(index, NVVM::NVVMDialect::getGridConstantAttrName(),
                      builder.getUnitAttr());
  }
  builder.setInsertionPointToStart(kernel.addEntryBlock(builder));
  return SmallVector<Value>(kernel.getArguments());
}

void KernelBuilder::endKernel() {
  auto ret = create<LLVM::ReturnOp>(ValueRange());
  builder.setInsertionPointAfter(ret->getParentOp());
}

Value KernelBuilder::dynamicShared() {
  // The swizzle looks at address bits, so the alignment is made here and not
  // left to whoever places the variable.
  auto global = getShared(*this, "dynamic_shared", 0, LLVM::Linkage::External,
                          /*alignment=*/16);
  Value base = getAddressOf(*this, global);
  Scalar address(*this, create<LLVM::PtrToIntOp>(builder.getI32Type(), base));
  Scalar slack = (i32(0) - address) & (sharedAlignment - 1);
  return offset(base, slack);
}

Value KernelBuilder::staticShared(StringRef name, int64_t bytes) {
  return getAddressOf(
      *this, getShared(*this, name, bytes, LLVM::Linkage::Internal, 16));
}

Value KernelBuilder::inCluster(Value shared, Scalar rank) {
  auto type = LLVM::LLVMPointerType::get(builder.getContext(), clusterSpace);
  return create<NVVM::MapaOp>(type, shared, rank);
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::threadIdx() {
  return {*this, create<NVVM::ThreadIdXOp>(builder.getI32Type())};
}
Scalar KernelBuilder::threadIdxAnew() {
  return {*this, createPtx(builder.getI32Type(), "mov.u32 $0, %tid.x;", "=r",
                           /*pure=*/false)};
}
Scalar KernelBuilder::blockIdx() {
  return {*this, create<NVVM::BlockIdXOp>(builder.getI32Type())};
}
Scalar KernelBuilder::gridDim() {
  return {*this, create<NVVM::GridDimXOp>(builder.getI32Type())};
}

static Scalar shuffle(KernelBuilder &b, Scalar value, int64_t offset,
                      NVVM::ShflKind kind) {
  Value allLanes = b.i32(-1), clamp = b.i32(31), lane = b.i32(offset);
  return {b, b.create<NVVM::ShflOp>(value.getType(), allLanes, value, lane,
                                    clamp, kind, UnitAttr())};
}

Scalar KernelBuilder::broadcast(Scalar value) {
  return shuffle(*this, value, 0, NVVM::ShflKind::idx);
}
Scalar KernelBuilder::shuffleXor(Scalar value, int64_t laneMask) {
  return shuffle(*this, value, laneMask, NVVM::ShflKind::bfly);
}

void KernelBuilder::syncThreads() { create<NVVM::Barrier0Op>(); }

void KernelBuilder::syncThreads(Scalar barrier, int64_t count) {
  create<NVVM::BarrierOp>(/*res=*/Type(), Value(barrier), makeI32(count),
                          NVVM::BarrierReductionAttr(), Value());
}

void KernelBuilder::syncWarp() { create<NVVM::SyncWarpOp>(makeI32(-1)); }

void KernelBuilder::syncCluster() {
  arriveAtCluster();
  waitForCluster();
}
void KernelBuilder::arriveAtCluster() {
  create<NVVM::ClusterArriveOp>(/*aligned=*/UnitAttr());
}
void KernelBuilder::waitForCluster() {
  create<NVVM::ClusterWaitOp>(/*aligned=*/UnitAttr());
}

void KernelBuilder::setMaxRegisters(int64_t count, bool increase) {
  create<NVVM::SetMaxRegisterOp>(
      count, increase ? NVVM::SetMaxRegisterAction::increase
                      : NVVM::SetMaxRegisterAction::decrease);
}

void KernelBuilder::waitForPreviousKernel() {
  create<NVVM::GriddepcontrolOp>(NVVM::GridDepActionKind::wait);
}
void KernelBuilder::allowNextKernel() {
  create<NVVM::GriddepcontrolOp>(NVVM::GridDepActionKind::launch_dependents);
}

//===----------------------------------------------------------------------===//
// Inline PTX
//===----------------------------------------------------------------------===//

Value KernelBuilder::createPtx(Type result, StringRef ptx, StringRef constraint,
                               bool pure) {
  auto dialect =
      LLVM::AsmDialectAttr::get(builder.getContext(), LLVM::AsmDialect::AD_ATT);
  return create<LLVM::InlineAsmOp>(
             result, ValueRange(), ptx, constraint, /*has_side_effects=*/!pure,
             /*is_align_stack=*/false, LLVM::TailCallKind::None, dialect,
             /*operand_attrs=*/ArrayAttr())
      .getRes();
}

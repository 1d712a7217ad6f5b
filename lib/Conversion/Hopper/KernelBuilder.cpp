//===- KernelBuilder.cpp - the instructions of sm_90 ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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
// Vectors
//===----------------------------------------------------------------------===//

Value KernelBuilder::undefined(Type type) {
  return create<LLVM::PoisonOp>(type);
}

Scalar KernelBuilder::extract(Value vector, int64_t index) {
  return {*this, create<LLVM::ExtractElementOp>(vector, makeI32(index))};
}

SmallVector<Value> KernelBuilder::unpack(Value vector) {
  int64_t length = cast<VectorType>(vector.getType()).getDimSize(0);
  SmallVector<Value> elements;
  for (int64_t i = 0; i < length; ++i)
    elements.push_back(extract(vector, i));
  return elements;
}

Value KernelBuilder::bitcast(Type type, Value value) {
  return create<LLVM::BitcastOp>(type, value);
}

Value KernelBuilder::pack(ArrayRef<Value> elements) {
  auto type = VectorType::get({static_cast<int64_t>(elements.size())},
                              elements.front().getType());
  Value vector = create<LLVM::PoisonOp>(type);
  for (auto [index, element] : llvm::enumerate(elements))
    vector = create<LLVM::InsertElementOp>(vector, element, makeI32(index));
  return vector;
}

//===----------------------------------------------------------------------===//
// Inline PTX
//===----------------------------------------------------------------------===//

/// An instruction with a result and no operands.
static Value createPtx(KernelBuilder &b, Type result, StringRef ptx,
                       StringRef constraint, bool pure) {
  auto dialect = LLVM::AsmDialectAttr::get(b.builder.getContext(),
                                           LLVM::AsmDialect::AD_ATT);
  return b
      .create<LLVM::InlineAsmOp>(
          result, ValueRange(), ptx, constraint, /*has_side_effects=*/!pure,
          /*is_align_stack=*/false, LLVM::TailCallKind::None, dialect,
          /*operand_attrs=*/ArrayAttr())
      .getRes();
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::threadIdx() {
  return {*this, create<NVVM::ThreadIdXOp>(builder.getI32Type())};
}
Scalar KernelBuilder::threadIdxAnew() {
  return {*this, createPtx(*this, builder.getI32Type(), "mov.u32 $0, %tid.x;",
                           "=r", /*pure=*/false)};
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

void KernelBuilder::syncWarp() {
  create<NVVM::SyncWarpOp>(makeI32(-1));
}

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
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::offset(Value pointer, Scalar bytes) {
  return create<LLVM::GEPOp>(pointer.getType(), builder.getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{Value(bytes)});
}
Value KernelBuilder::offset(Value pointer, int64_t bytes) {
  return create<LLVM::GEPOp>(
      pointer.getType(), builder.getI8Type(), pointer,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

Value KernelBuilder::load(Type type, Value pointer) {
  return create<LLVM::LoadOp>(type, pointer);
}
void KernelBuilder::store(Value value, Value pointer) {
  create<LLVM::StoreOp>(value, pointer);
}

Value KernelBuilder::loadVector(Type type, int64_t length, Value pointer) {
  return load(VectorType::get({length}, type), pointer);
}

Value KernelBuilder::element(Type type, Value array, Scalar index) {
  return create<LLVM::GEPOp>(array.getType(), type, array,
                             ArrayRef<LLVM::GEPArg>{Value(index)});
}

Scalar KernelBuilder::loadFloat(Type type, Value array, Scalar index) {
  return toF32(load(type, element(type, array, index)));
}

SmallVector<Value> KernelBuilder::loadWide(Type type, Value array, Scalar index,
                                           int64_t count) {
  int64_t perLoad = 128 / type.getIntOrFloatBitWidth();
  SmallVector<Value> vectors;
  for (int64_t first = 0; first < count; first += perLoad)
    vectors.push_back(
        loadVector(type, perLoad, element(type, array, index + first)));
  return vectors;
}

SmallVector<Scalar> KernelBuilder::asFloats(ArrayRef<Value> vectors) {
  SmallVector<Scalar> floats;
  for (Value vector : vectors)
    for (Value value : unpack(vector))
      floats.emplace_back(
          *this, value.getType().isF32()
                     ? value
                     : Value(create<arith::ExtFOp>(builder.getF32Type(),
                                                   value)));
  return floats;
}

Scalar KernelBuilder::asInteger(Value pointer) {
  return {*this, create<LLVM::PtrToIntOp>(builder.getI64Type(), pointer)};
}

void KernelBuilder::storeFloat(Type type, Scalar value, Value array,
                               Scalar index) {
  Value rounded = value;
  if (!type.isF32())
    rounded = create<arith::TruncFOp>(type, value);
  store(rounded, element(type, array, index));
}

void KernelBuilder::setFlag(Value flag) {
  create<LLVM::StoreOp>(makeI32(1), flag, /*alignment=*/4, /*isVolatile=*/false,
                        /*isNonTemporal=*/false, /*isInvariantGroup=*/false,
                        LLVM::AtomicOrdering::release, "device");
}

void KernelBuilder::waitForFlag(Value flag) {
  auto loop = create<scf::WhileOp>(TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&loop.getBefore());
  Value value = create<LLVM::LoadOp>(
      builder.getI32Type(), flag, /*alignment=*/4, /*isVolatile=*/false,
      /*isNonTemporal=*/false, /*isInvariant=*/false,
      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::acquire, "device");
  create<scf::ConditionOp>(Scalar(*this, value) == 0, ValueRange());
  builder.createBlock(&loop.getAfter());
  create<scf::YieldOp>();
}

Scalar KernelBuilder::convertToFP8(Type format, Scalar first, Scalar second) {
  return {*this, create<NVVM::ConvertF32x2ToF8x2Op>(
                     builder.getI16Type(), second, first,
                     NVVM::FPRoundingMode::RN, NVVM::SaturationMode::SATFINITE,
                     /*relu=*/false, format)};
}

Scalar KernelBuilder::toTF32(Scalar value) {
  return {*this, create<NVVM::ConvertFloatToTF32Op>(
                     builder.getI32Type(), value, NVVM::FPRoundingMode::RNA)};
}

Scalar KernelBuilder::packPair(Type type, Value first, Value second) {
  Value pair = create<arith::TruncFOp>(VectorType::get({2}, type),
                                       pack({first, second}));
  return {*this, create<LLVM::BitcastOp>(builder.getI32Type(), pair)};
}

SmallVector<Scalar> KernelBuilder::unpackPair(Type type, Value pair) {
  Value both = create<LLVM::BitcastOp>(VectorType::get({2}, type), pair);
  return asFloats(both);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

void KernelBuilder::storeTransposed(ValueRange pairs, Value shared) {
  auto shape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  create<NVVM::StMatrixOp>(shared, pairs, NVVM::MMALayout::col, shape,
                           NVVM::LdStMatrixEltType::B16);
}

SmallVector<Value> KernelBuilder::loadTransposed(Value shared, int64_t count) {
  Type i32 = builder.getI32Type();
  Type type = i32;
  if (count != 1)
    type = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                            SmallVector<Type>(count, i32));
  auto shape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  Value matrices =
      create<NVVM::LdMatrixOp>(type, shared, count, NVVM::MMALayout::col, shape,
                               NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> pairs;
  for (int64_t i = 0; i < count; ++i)
    pairs.push_back(count == 1
                        ? matrices
                        : create<LLVM::ExtractValueOp>(matrices, i).getResult());
  return pairs;
}

SmallVector<Value> KernelBuilder::multiplyMatrices(Type type, ValueRange a,
                                                   ValueRange b, ValueRange c) {
  SmallVector<Type> types(c.size(), builder.getF32Type());
  auto result = LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  NVVM::MMATypes format = !type          ? NVVM::MMATypes::tf32
                          : type.isF16() ? NVVM::MMATypes::f16
                                         : NVVM::MMATypes::bf16;
  std::array<NVVM::MMATypes, 2> formats = {format, format};
  std::array<NVVM::MMALayout, 2> layouts = {NVVM::MMALayout::row,
                                            NVVM::MMALayout::col};
  SmallVector<Value> rows(a), columns(b);
  if (type && type.isF16())
    for (SmallVector<Value> *operands : {&rows, &columns})
      for (Value &operand : *operands)
        operand = bitcast(VectorType::get({2}, type), operand);
  Value product = create<NVVM::MmaOp>(
      result, rows, columns, c, ArrayRef<int64_t>{16, 8, type ? 16 : 8},
      std::nullopt, std::nullopt, formats, layouts);
  SmallVector<Value> sums;
  for (size_t i = 0; i < c.size(); ++i)
    sums.push_back(create<LLVM::ExtractValueOp>(product, i));
  return sums;
}

//===----------------------------------------------------------------------===//
// Asynchronous copies
//===----------------------------------------------------------------------===//

void KernelBuilder::asyncLoad(Value shared, Value global, int64_t bytes) {
  // Whole vectors are read once: past L1.
  create<NVVM::CpAsyncOp>(shared, global, bytes,
                          bytes == 16 ? NVVM::LoadCacheModifierKind::CG
                                      : NVVM::LoadCacheModifierKind::CA,
                          /*cpSize=*/Value());
}

void KernelBuilder::waitForAsyncLoads() {
  create<NVVM::CpAsyncCommitGroupOp>();
  create<NVVM::CpAsyncWaitGroupOp>(/*n=*/0);
}

void KernelBuilder::initBarrier(Value barrier, int64_t arrivals) {
  create<NVVM::MBarrierInitOp>(barrier, makeI32(arrivals),
                               /*predicate=*/Value());
}

void KernelBuilder::fenceBarrierInit() { create<NVVM::FenceMbarrierInitOp>(); }

void KernelBuilder::fenceAsyncShared() {
  auto cta = NVVM::SharedSpaceAttr::get(builder.getContext(),
                                        NVVM::SharedSpace::shared_cta);
  create<NVVM::FenceProxyOp>(NVVM::ProxyKind::async_shared, cta);
}

void KernelBuilder::arrive(Value barrier) {
  create<NVVM::MBarrierArriveOp>(builder.getI64Type(), barrier,
                                 /*count=*/Value());
}

void KernelBuilder::arriveExpecting(Value barrier, Scalar bytes) {
  create<NVVM::MBarrierArriveExpectTxOp>(
      builder.getI64Type(), barrier, Value(bytes), NVVM::MemScopeKind::CTA,
      /*relaxed=*/false, /*predicate=*/Value());
}

void KernelBuilder::wait(Value barrier, Scalar parity) {
  create<zqgpu::BarrierWaitOp>(barrier, parity);
}

Scalar KernelBuilder::evictionPolicy(Scalar readOnce) {
  auto make = [&](StringRef priority) -> Scalar {
    std::string ptx =
        ("createpolicy.fractional.L2::" + priority + ".b64 $0, 1.0;").str();
    return {*this,
            createPtx(*this, builder.getI64Type(), ptx, "=l", /*pure=*/true)};
  };
  return select(readOnce, make("evict_first"), make("evict_normal"));
}

void KernelBuilder::bulkLoad(Value shared, Value global, int64_t bytes,
                             Value barrier, Scalar policy) {
  create<NVVM::CpAsyncBulkGlobalToSharedClusterOp>(
      shared, global, barrier, makeI32(bytes), /*multicastMask=*/Value(),
      /*l2CacheHint=*/Value(policy));
}

void KernelBuilder::bulkLoad(Value shared, Value global, Scalar bytes,
                             Value barrier) {
  create<NVVM::CpAsyncBulkGlobalToSharedClusterOp>(
      shared, global, barrier, Value(bytes), /*multicastMask=*/Value(),
      /*l2CacheHint=*/Value());
}

void KernelBuilder::prefetchTensorMap(Value map) {
  create<NVVM::PrefetchOp>(
      /*cacheLevel=*/NVVM::PrefetchCacheLevelAttr(),
      /*evictPriority=*/NVVM::CacheEvictionPriorityAttr(), map,
      /*predicate=*/Value(), /*tensormap=*/builder.getUnitAttr(),
      /*uniform=*/UnitAttr(), /*in_param_space=*/UnitAttr());
}

void KernelBuilder::tensorLoad(Value shared, Value map, Scalar column,
                               Scalar row, Value barrier) {
  create<NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp>(
      shared, map, ValueRange{column, row}, barrier,
      /*im2colOffsets=*/ValueRange(), /*multicastMask=*/Value(),
      /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/true,
      /*group=*/NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
}

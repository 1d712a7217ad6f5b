//===- Copies.cpp - barriers and asynchronous copies ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace zq::hopper;

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Copies
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

Scalar KernelBuilder::evictionPolicy(Scalar readOnce) {
  auto make = [&](StringRef priority) -> Scalar {
    std::string ptx =
        ("createpolicy.fractional.L2::" + priority + ".b64 $0, 1.0;").str();
    return {*this, createPtx(builder.getI64Type(), ptx, "=l", /*pure=*/true)};
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

//===- ZqGPUDialect.td - the zqgpu dialect -------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPUDIALECT_TD
#define ZQ_DIALECTS_ZQGPU_ZQGPUDIALECT_TD

include "mlir/IR/DialectBase.td"

def ZqGPU_Dialect : Dialect {
  let name = "zqgpu";
  let cppNamespace = "::zq::zqgpu";
  let summary = "W4A8 linears on Hopper: what is compiled, and what kernels need";
  let description = [{
    Two layers, kept in one dialect because one pass joins them.

    The module level: `zqgpu.linear` is the specification of one compiled linear
    with its constant data, and, once kernels are generated, how a host runs it:
    for each range of the number of tokens M, which kernels to launch with which
    arguments (`#zqgpu.variant`, `#zqgpu.launch`). This is the whole contract
    between compiler and runtime.

    The device level: the ops of sm_90a that NVVM lacks or has in a form that is
    wrong or too narrow for W4A8: wgmma with A in registers, whose accumulators
    and fragments are tied through fence and wait, and the expansion of 4-bit codes
    to FP8 by table. Barriers, copies and roles are NVVM's own ops. Shared memory
    is `!llvm.ptr<3>`, accumulators and fragments are vectors.

    Rationale.md says why each of these is as it is.
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerOps();
    void registerDeviceOps();
  }];
}

#endif // ZQ_DIALECTS_ZQGPU_ZQGPUDIALECT_TD

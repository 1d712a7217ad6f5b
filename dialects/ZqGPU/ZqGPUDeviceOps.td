//===- ZqGPUDeviceOps.td - what W4A8 needs of sm_90a ---------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPUDEVICEOPS_TD
#define ZQ_DIALECTS_ZQGPU_ZQGPUDEVICEOPS_TD

include "dialects/ZqGPU/ZqGPUDialect.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// Accumulators of one thread: n / 2 of them for m64 x n.
def ZqGPU_Accumulator : Type<
    CPred<"::zq::zqgpu::isAccumulatorType($_self)">,
    "vector of n/2 x f32, with n a multiple of 8 from 8 to 256", "::mlir::VectorType">;

/// The A fragment of one thread for one k32 step, 16 FP8 numbers, or for one k8
/// step, 4 TF32 numbers.
def ZqGPU_Fragment : FixedVectorOfLengthAndType<[4], [I32]>,
    BuildableType<"::mlir::VectorType::get({4}, $_builder.getI32Type())">;

def ZqGPU_SharedPointer : Type<
    CPred<"::zq::zqgpu::isSharedPointerType($_self)">, "!llvm.ptr<3>">;

/// Anything that wgmma keeps in registers.
def ZqGPU_Registers : AnyTypeOf<[ZqGPU_Accumulator, ZqGPU_Fragment]>;

//===----------------------------------------------------------------------===//
// wgmma
//===----------------------------------------------------------------------===//

def ZqGPU_WgmmaOp : Op<ZqGPU_Dialect, "wgmma",
    [AllTypesMatch<["accumulator", "result"]>]> {
  let summary = "Asynchronous m64 x n product of FP8 or TF32, A in registers";
  let description = [{
    `result = a * b + accumulator` for a warpgroup, or `a * b` where `accumulate`
    is false. `a` is the warpgroup's 64 x 32 fragment in f8E4M3FN; `b` is the
    descriptor of an n x 32 tile in shared memory, K-major, of type
    `activation_format`. Where that is tf32, `a` is a 64 x 8 fragment and `b` an
    n x 8 tile, both in tf32. The result is not there until a `zqgpu.wgmma_wait`
    that covers this product: only another `zqgpu.wgmma` may use it before that.

    NVVM's `wgmma.mma_async` takes A from shared memory only, and `scaleD` only as
    an attribute.

    ```mlir
    %d1 = zqgpu.wgmma %a, %b, %d0 if %more {activation_format = f8E4M3FN} : vector<32xf32>
    ```
  }];
  let arguments = (ins ZqGPU_Fragment:$a, I64:$b, ZqGPU_Accumulator:$accumulator,
                       I1:$accumulate, TypeAttr:$activation_format);
  let results = (outs ZqGPU_Accumulator:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $accumulator `if` $accumulate attr-dict `:` type($accumulator)
  }];
  let hasVerifier = 1;
}

class ZqGPU_TiedOp<string name> : Op<ZqGPU_Dialect, name,
    [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let results = (outs Variadic<ZqGPU_Registers>:$results);
}

def ZqGPU_WgmmaFenceOp : ZqGPU_TiedOp<"wgmma_fence"> {
  let summary = "Registers written before are seen by products issued after";
  let description = [{
    Orders the writes of `values` (accumulators and fragments) before the
    products that use the results. LLVM sees register arithmetic as pure and
    moves it freely: the registers pass through the fence so that it cannot move
    across.

    ```mlir
    %d1, %a1 = zqgpu.wgmma_fence %d0, %a0 : vector<32xf32>, vector<4xi32>
    ```
  }];
  let arguments = (ins Variadic<ZqGPU_Registers>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def ZqGPU_WgmmaCommitOp : Op<ZqGPU_Dialect, "wgmma_commit"> {
  let summary = "Closes a group of products that a wait can name";
  let assemblyFormat = "attr-dict";
}

def ZqGPU_WgmmaWaitOp : ZqGPU_TiedOp<"wgmma_wait"> {
  let summary = "Waits until at most `pending` groups of products are in flight";
  let description = [{
    The results are `values` after the wait. Accumulators pass through because
    arithmetic on them must not move in front of it. The fragments of the
    products waited for pass through as well: a fragment is read by the tensor
    core until then, so its registers must hold it that long. Rewriting them
    earlier is the error that this operand excludes; test/Conversion checks it
    on the PTX.

    ```mlir
    %d1, %a1 = zqgpu.wgmma_wait %d0, %a0 {pending = 0} : vector<32xf32>, vector<4xi32>
    ```
  }];
  let arguments = (ins Variadic<ZqGPU_Registers>:$values,
                       ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<7>]>:$pending);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def ZqGPU_DescriptorOp : Op<ZqGPU_Dialect, "descriptor", [Pure]> {
  let summary = "wgmma's descriptor of a K-major tile with 128-byte swizzle";
  let description = [{
    The tile begins at `address`, a multiple of 1024 bytes plus `k` times 1 byte
    for the k32 step at column `k` of its 128; rows are 128 bytes apart, groups of 8
    rows 1024 bytes.

    ```mlir
    %b = zqgpu.descriptor %address {k = 32} : !llvm.ptr<3>
    ```
  }];
  let arguments = (ins ZqGPU_SharedPointer:$address,
                       ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<96>]>:$k);
  let results = (outs I64:$result);
  let assemblyFormat = "$address attr-dict `:` type($address)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

def ZqGPU_BarrierWaitOp : Op<ZqGPU_Dialect, "barrier_wait"> {
  let summary = "Waits for a phase of a memory barrier";
  let description = [{
    Returns when the phase of `barrier` with this parity has completed: 0 for the
    first phase, 1 for the one in front of it and for the second, and so on.

    NVVM's `mbarrier.try_wait.parity` loops with `bra.uni`, a promise that all
    lanes of a warp see the phase complete in the same try, which PTX does not
    give.

    ```mlir
    zqgpu.barrier_wait %full, %parity : !llvm.ptr<3>
    ```
  }];
  let arguments = (ins ZqGPU_SharedPointer:$barrier, I32:$parity);
  let assemblyFormat = "$barrier `,` $parity attr-dict `:` type($barrier)";
}

//===----------------------------------------------------------------------===//
// Codes to FP8
//===----------------------------------------------------------------------===//

def ZqGPU_ShiftTableOp : Op<ZqGPU_Dialect, "shift_table", [Pure]> {
  let summary = "The FP8 bytes of a format's eight magnitudes at one shift";
  let description = [{
    Two words that hold, ascending, `magnitude * 2^(exponent - shift)` in f8E4M3FN:
    the table of one `prmt`. Integer arithmetic on the words of shift 0 for shifts
    that leave all magnitudes normal, a choice among constants for the others, up to
    `max_shift`.

    With `multipliers` the operand is a step of `#zq.step`: its shift in bits 0 to
    3, its multiplier's index in bits 4 and 5. The magnitudes are times 1, 1.25 or
    1.5, a choice among the words of shift 0; what a shift subtracts is the same.

    ```mlir
    %low, %high = zqgpu.shift_table %shift {weight_format = f4E2M1FN, max_shift = 11}
    %low, %high = zqgpu.shift_table %step {weight_format = f4E2M1FN, max_shift = 10, multipliers}
    ```
  }];
  let arguments = (ins I32:$shift, TypeAttr:$weight_format, I64Attr:$max_shift,
                       UnitAttr:$multipliers);
  let results = (outs I32:$low, I32:$high);
  let assemblyFormat = "$shift attr-dict";
  let hasVerifier = 1;
}

def ZqGPU_ExpandCodesOp : Op<ZqGPU_Dialect, "expand_codes", [Pure]> {
  let summary = "Eight 4-bit codes to eight FP8 numbers by table";
  let description = [{
    `codes` is a word of zq/Numerics/TileLayout.h; the results are the two A
    registers that it holds, for columns 4c..4c+3 and 16+4c..16+4c+3 of a k32 step.
    Three logical operations, two `prmt` and two shifts.

    ```mlir
    %a0, %a2 = zqgpu.expand_codes %word by %low, %high
    ```
  }];
  let arguments = (ins I32:$codes, I32:$low, I32:$high);
  let results = (outs I32:$first, I32:$second);
  let assemblyFormat = "$codes `by` $low `,` $high attr-dict";
}

#endif // ZQ_DIALECTS_ZQGPU_ZQGPUDEVICEOPS_TD

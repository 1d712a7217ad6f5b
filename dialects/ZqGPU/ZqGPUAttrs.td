//===- ZqGPUAttrs.td - how a host runs a compiled linear -----*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPUATTRS_TD
#define ZQ_DIALECTS_ZQGPU_ZQGPUATTRS_TD

include "dialects/ZqGPU/ZqGPUDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class ZqGPU_Attr<string name, string keyword> : AttrDef<ZqGPU_Dialect, name> {
  let mnemonic = keyword;
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

def ZqGPU_Accumulation : I32EnumAttr<"Accumulation", "how products are summed over K", [
    I32EnumAttrCase<"Fast", 0, "fast">,
    I32EnumAttrCase<"Promoted", 1, "promoted">]> {
  let cppNamespace = "::zq::zqgpu";
  let genSpecializedAttr = 0;
}

def ZqGPU_ScheduleAttr : ZqGPU_Attr<"Schedule", "schedule"> {
  let summary = "How one GEMM kernel is laid out on the machine";
  let description = [{
    A CTA computes tiles of `rows x tokens` outputs: two consumer warpgroups, each
    with one or two blocks of 64 rows of the weight, and producer warps that fill a
    ring of `stages` buffers, each with 128 columns of K; at least two, since consumers wait for a
    buffer before they release the one before it (one is enough where promoted
    sums are taken over after each). `tokens` is the n of wgmma: 8 to 256 in
    steps of 8 that wgmma has. `rows` is 128, or 256 where a CTA has whole tiles.

    `accumulation = fast` leaves the sum over all of K to the tensor core, which
    keeps fewer bits than FP32; `promoted` adds its partial sums to FP32 registers
    every `interval` columns.

    `split` CTAs, a cluster, share each tile: each sums over a part of K, and they
    add up their parts, in the order of K, through distributed shared memory. For
    linears with fewer tiles than the machine has multiprocessors.

    `stream_k` deals all tiles' columns of K out evenly, as many to each CTA of a grid
    that just fills the machine: a tile that several CTAs have a part of is
    finished by the one with its first column, which adds the others' parts, in the
    order of K, from the workspace. For linears whose tiles do not fill the machine
    in whole rounds.

    `per_sm` CTAs fit onto a multiprocessor: 1, with all its registers and shared
    memory, or 2, with half of them, so that the kernel behind can start, and read
    its weights, beside this one.

    ```mlir
    #zqgpu.schedule<tokens = 64, stages = 4, accumulation = fast>
    #zqgpu.schedule<tokens = 64, stages = 4, accumulation = promoted, interval = 1024>
    #zqgpu.schedule<tokens = 16, stages = 16, accumulation = promoted, interval = 1024, split = 3>
    #zqgpu.schedule<tokens = 16, stages = 9, accumulation = promoted, interval = 1024, stream_k, per_sm = 2>
    ```
  }];
  let parameters = (ins "int64_t":$tokens, "int64_t":$stages,
                        EnumParameter<ZqGPU_Accumulation>:$accumulation,
                        DefaultValuedParameter<"int64_t", "0">:$interval,
                        DefaultValuedParameter<"int64_t", "1">:$split,
                        DefaultValuedParameter<"bool", "false">:$streamK,
                        DefaultValuedParameter<"int64_t", "128">:$rows,
                        DefaultValuedParameter<"int64_t", "1">:$perSm);
  let assemblyFormat = [{
    `<` `tokens` `=` $tokens `,` `stages` `=` $stages `,`
        `accumulation` `=` $accumulation ``
        custom<Rest>($interval, $split, $streamK, $rows, $perSm) `>`
  }];
  let genVerifyDecl = 1;
}

def ZqGPU_ChoiceAttr : ZqGPU_Attr<"Choice", "choice"> {
  let summary = "The schedule of a linear for one range of M";
  let description = [{
    ```mlir
    #zqgpu.choice<m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = fast, split = 3>>
    ```
  }];
  let parameters = (ins "int64_t":$first, "int64_t":$last,
                        "::zq::zqgpu::ScheduleAttr":$schedule);
  let assemblyFormat = [{
    `<` `m` `=` $first `to` $last `,` `schedule` `=` custom<Schedule>($schedule) `>`
  }];
  let genVerifyDecl = 1;
}

def ZqGPU_TargetAttr : ZqGPU_Attr<"Target", "target"> {
  let summary = "What schedules are chosen for: a machine's size and speed";
  let description = [{
    `sms` multiprocessors, `bandwidth` of a copy in GB/s (bytes read and bytes
    written), `fp8_rate` in TFLOP/s that FP8 products reach. As a module's
    `zqgpu.target` it is what `zqgpu-choose-schedules` chooses for.

    ```mlir
    #zqgpu.target<sms = 132, bandwidth = 4200, fp8_rate = 1450>
    ```
  }];
  let parameters = (ins "int64_t":$sms, "int64_t":$bandwidth, "int64_t":$fp8Rate);
  let assemblyFormat = [{
    `<` `sms` `=` $sms `,` `bandwidth` `=` $bandwidth `,` `fp8_rate` `=` $fp8Rate `>`
  }];
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Kernel arguments
//===----------------------------------------------------------------------===//

def ZqGPU_BufferKind : I32EnumAttr<"BufferKind", "who owns a device buffer", [
    I32EnumAttrCase<"User", 0, "user">,
    I32EnumAttrCase<"Workspace", 1, "workspace">,
    I32EnumAttrCase<"Blob", 2, "blob">]> {
  let cppNamespace = "::zq::zqgpu";
  let genSpecializedAttr = 0;
}

def ZqGPU_BufferAttr : ZqGPU_Attr<"Buffer", "buffer"> {
  let summary = "Kernel argument: the address of a device buffer";
  let description = [{
    - `user`: `x` (M x K, row major), `y` (M x N, row major) and, where the linear
      adds one, `residual` (like y), what the caller of the linear passes.
    - `workspace`: one of the variant's `#zqgpu.workspace` buffers.
    - `blob`: constant data of the linear: `weights` (the tiles that
      zq/Numerics/TileLayout.h packs codes and shifts into), `row_scale`, `bias`,
      `down`, `up`.

    ```mlir
    #zqgpu.buffer<user "x">
    ```
  }];
  let parameters = (ins EnumParameter<ZqGPU_BufferKind>:$kind,
                        StringRefParameter<>:$name);
  let assemblyFormat = "`<` $kind $name `>`";
  let genVerifyDecl = 1;
}

def ZqGPU_TokensAttr : ZqGPU_Attr<"Tokens", "tokens"> {
  let summary = "Kernel argument: the number of tokens M, an i32";
  let assemblyFormat = "";
}

def ZqGPU_TensorMapAttr : ZqGPU_Attr<"TensorMap", "tensor_map"> {
  let summary = "Kernel argument: a CUtensorMap over a workspace buffer, by value";
  let description = [{
    The buffer holds M rows of `columns` bytes, without gaps. The map has element
    type UINT8, rank 2, dimensions {columns, M}, stride {columns}, element strides
    {1, 1}, no interleave, 128-byte swizzle, 256-byte L2 promotion and zero fill out
    of bounds; its box is `box_columns x box_rows`. The kernel parameter is 128
    bytes at an alignment of 64 (`CUtensorMap`).

    ```mlir
    #zqgpu.tensor_map<"xq", columns = 640, box = 64 x 128>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$buffer, "int64_t":$columns,
                        "int64_t":$boxRows, "int64_t":$boxColumns);
  let assemblyFormat = [{
    `<` $buffer `,` `columns` `=` $columns `,` `box` `=` $boxRows `x` $boxColumns `>`
  }];
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

def ZqGPU_GridAttr : ZqGPU_Attr<"Grid", "grid"> {
  let summary = "How many CTAs a launch has, given M";
  let description = [{
    `ceil(M / tokens) * ctas` along x, or `ctas` alone where `tokens` is 0. Where
    `per_sm` is not 0 the kernel is persistent: CTAs take tile after tile, and the
    grid is no larger than `per_sm` times the number of multiprocessors; a launch of
    clusters has no more of those than run at once.

    ```mlir
    #zqgpu.grid<tokens = 64, ctas = 12, per_sm = 1>
    ```
  }];
  let parameters = (ins "int64_t":$tokens, "int64_t":$ctas, "int64_t":$perSm);
  let assemblyFormat = [{
    `<` `tokens` `=` $tokens `,` `ctas` `=` $ctas `,` `per_sm` `=` $perSm `>`
  }];
  let genVerifyDecl = 1;
}

def ZqGPU_WorkspaceAttr : ZqGPU_Attr<"Workspace", "workspace"> {
  let summary = "A device buffer that lives for one run of the linear";
  let description = [{
    `bytes_per_token * M + bytes` bytes at an alignment of 256. Uninitialized.

    ```mlir
    #zqgpu.workspace<"xq", bytes_per_token = 640, bytes = 0>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name, "int64_t":$bytesPerToken,
                        "int64_t":$bytes);
  let assemblyFormat = [{
    `<` $name `,` `bytes_per_token` `=` $bytesPerToken `,` `bytes` `=` $bytes `>`
  }];
  let genVerifyDecl = 1;
}

def ZqGPU_LaunchAttr : ZqGPU_Attr<"Launch", "launch"> {
  let summary = "One kernel launch";
  let description = [{
    `block` threads a CTA, clusters of `cluster` CTAs along x (1: none), `shared`
    bytes of dynamic shared memory. `programmatic`: launched with programmatic
    stream serialization, so that it may start before the launch in front of it
    has ended; the kernel itself waits where it must. `params` are the kernel's
    arguments in order: `#zqgpu.buffer`, `#zqgpu.tokens`, `#zqgpu.tensor_map` or an
    integer constant such as `576 : i32`.

    ```mlir
    #zqgpu.launch<kernel = @zq_kernels::@gemm, grid = <tokens = 64, ctas = 12, per_sm = 1>,
                  block = 384, cluster = 1, shared = 67712, programmatic = true,
                  params = [#zqgpu.tensor_map<"xq", columns = 640, box = 64 x 128>, #zqgpu.tokens, 576 : i32]>
    ```
  }];
  let parameters = (ins "::mlir::SymbolRefAttr":$kernel,
                        "::zq::zqgpu::GridAttr":$grid, "int64_t":$block,
                        "int64_t":$cluster, "int64_t":$shared, "bool":$programmatic,
                        "::mlir::ArrayAttr":$params);
  let assemblyFormat = [{
    `<` `kernel` `=` $kernel `,` `grid` `=` custom<Grid>($grid) `,` `block` `=` $block `,`
        `cluster` `=` $cluster `,` `shared` `=` $shared `,`
        `programmatic` `=` $programmatic `,` `params` `=` $params `>`
  }];
  let genVerifyDecl = 1;
}

def ZqGPU_VariantAttr : ZqGPU_Attr<"Variant", "variant"> {
  let summary = "How to run a linear for one range of M";
  let description = [{
    For `first <= M <= last` (`m = first to last`): allocate `workspace`, then launch
    `launches` in order on one stream. `schedule` says what the GEMM kernel looks
    like, for reports; a host does not need it. M = 0 launches nothing.

    ```mlir
    #zqgpu.variant<m = 1 to 16, schedule = #zqgpu.schedule<tokens = 16, stages = 4, accumulation = fast>,
                   workspace = [#zqgpu.workspace<"xq", bytes_per_token = 640, bytes = 0>],
                   launches = [#zqgpu.launch<...>, #zqgpu.launch<...>]>
    ```
  }];
  let parameters = (ins "int64_t":$first, "int64_t":$last,
                        "::zq::zqgpu::ScheduleAttr":$schedule,
                        "::mlir::ArrayAttr":$workspace,
                        "::mlir::ArrayAttr":$launches);
  let assemblyFormat = [{
    `<` `m` `=` $first `to` $last `,` `schedule` `=` custom<Schedule>($schedule) `,`
        `workspace` `=` $workspace `,` `launches` `=` $launches `>`
  }];
  let genVerifyDecl = 1;
}

#endif // ZQ_DIALECTS_ZQGPU_ZQGPUATTRS_TD

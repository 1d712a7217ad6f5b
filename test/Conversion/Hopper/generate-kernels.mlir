// One linear: two kernels for each range of M, the structure of the GEMM, and how a
// host launches them.
//
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=64 stages=4 split=1" | FileCheck %s --check-prefixes=KERNEL,CONSUMER
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=64 stages=4 split=1" | FileCheck %s --check-prefix=PRODUCER
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=16,64 stages=4 split=1" | FileCheck %s --check-prefix=LAUNCH

zqgpu.linear @l 200 x 300
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x150xi8>) shifts(dense<0> : tensor<200x3xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)

// KERNEL-LABEL: gpu.module @zq_kernels
// quantize-kernel.mlir has more about this one.
// KERNEL: llvm.func @quantize_bf16_e4m3_tokens8_warps16_held1_stages3(
// KERNEL-SAME: nvvm.kernel, nvvm.maxntid = array<i32: 512>
// The GEMM may start; it waits for this kernel by itself, as this one waits for
// the kernel in front, which may write x or read the workspace.
// KERNEL: nvvm.griddepcontrol launch_dependents
// KERNEL-NOT: nvvm.cp.async.bulk
// KERNEL: nvvm.griddepcontrol wait
// The scale is largest / 448, or 1; codes are rounded and saturated.
// KERNEL: arith.divf
// KERNEL: nvvm.convert.f32x2.to.f8x2 {{.*}} {rnd = #nvvm.fp_rnd_mode<rn>, sat = #nvvm.sat_mode<satfinite>} : i16(f8E4M3FN)

// KERNEL: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens64_stages4_promoted1024(%[[MAP:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// KERNEL-SAME: nvvm.maxntid = array<i32: 384>, nvvm.minctasm = 1 : i32
// The warp's role is uniform before it branches.
// KERNEL: nvvm.shfl.sync idx
// KERNEL-COUNT-8: nvvm.mbarrier.init
// KERNEL: nvvm.fence.mbarrier.init
// KERNEL: nvvm.barrier0

// Consumers: the scales are on their way before the first product.
// CONSUMER: nvvm.setmaxregister increase 232
// CONSUMER-COUNT-2: nvvm.cp.async.shared.global
// The first tile of a sum starts it: products of its lower half.
// CONSUMER: zqgpu.barrier_wait
// CONSUMER-COUNT-2: llvm.load {{.*}} -> vector<4xi32>
// CONSUMER-COUNT-2: zqgpu.shift_table {{.*}} {max_shift = 11 : i64, weight_format = f4E2M1FN}
// CONSUMER-COUNT-4: zqgpu.expand_codes
// CONSUMER: zqgpu.wgmma_fence
// CONSUMER: zqgpu.wgmma {{.*}} if %false {activation_format = f8E4M3FN} : vector<32xf32>
// CONSUMER: zqgpu.wgmma {{.*}} if %true{{.*}} : vector<32xf32>
// CONSUMER: zqgpu.wgmma_commit
// CONSUMER-NOT: zqgpu.wgmma_wait
// Then a turn for each further tile: its codes are read, and the upper half of the
// tile before is expanded and multiplied before they are needed. A half is expanded
// while the products of the other are in flight, and a stage is released when its
// products have ended.
// CONSUMER: scf.for
// CONSUMER: zqgpu.barrier_wait
// CONSUMER-COUNT-2: llvm.load {{.*}} -> vector<4xi32>
// CONSUMER-COUNT-4: zqgpu.expand_codes
// CONSUMER: %[[UPPER:.*]]:3 = zqgpu.wgmma_fence
// CONSUMER-COUNT-2: zqgpu.wgmma %
// CONSUMER: zqgpu.wgmma_commit
// CONSUMER: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64} : vector<32xf32>, vector<4xi32>, vector<4xi32>
// CONSUMER-NOT: nvvm.mbarrier.arrive
// CONSUMER-COUNT-4: zqgpu.expand_codes
// CONSUMER-COUNT-2: zqgpu.wgmma %
// CONSUMER: zqgpu.wgmma_commit
// CONSUMER: zqgpu.wgmma_wait {{.*}}, %[[UPPER]]#1, %[[UPPER]]#2 {pending = 1 : i64}
// Every thread arrives, behind its own reads.
// CONSUMER: nvvm.mbarrier.arrive
// CONSUMER: scf.yield
// The last upper half; all that is in flight.
// CONSUMER-COUNT-4: zqgpu.expand_codes
// CONSUMER-COUNT-2: zqgpu.wgmma %
// CONSUMER: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CONSUMER: nvvm.mbarrier.arrive
// FP32 takes over every 1024 columns.
// CONSUMER: arith.addf {{.*}} : vector<32xf32>
// One rounding, then rows side by side in shared memory, then 16 bytes a thread.
// CONSUMER: nvvm.cp.async.wait.group 0
// CONSUMER: nvvm.barrier id = {{.*}} number_of_threads
// CONSUMER: arith.truncf {{.*}} : vector<2xf32> to vector<2xbf16>
// CONSUMER: nvvm.stmatrix {{.*}}layout = #nvvm.mma_layout<col>
// CONSUMER: nvvm.barrier id = {{.*}} number_of_threads
// CONSUMER: llvm.store {{.*}} : vector<4xi32>, !llvm.ptr<1>

// One thread keeps weights coming, whatever the kernel in front does.
// PRODUCER: nvvm.setmaxregister decrease 40
// PRODUCER-NOT: nvvm.griddepcontrol wait
// PRODUCER: zqgpu.barrier_wait
// PRODUCER: nvvm.mbarrier.arrive.expect_tx
// PRODUCER: nvvm.cp.async.bulk.shared.cluster.global {{.*}} l2_cache_hint
// PRODUCER: nvvm.griddepcontrol launch_dependents
// Another one activations, when that has ended.
// PRODUCER: nvvm.prefetch tensormap
// PRODUCER: nvvm.griddepcontrol wait
// PRODUCER: zqgpu.barrier_wait
// PRODUCER: nvvm.mbarrier.arrive.expect_tx
// PRODUCER: nvvm.cp.async.bulk.tensor.shared.cluster.global
// PRODUCER-NOT: zqgpu.wgmma

// LAUNCH-LABEL: zqgpu.linear @l 200 x 300
// LAUNCH-SAME: variants [#zqgpu.variant<m = 1 to 16, schedule = <tokens = 16, stages = 4, accumulation = promoted, interval = 1024>,
// LAUNCH-SAME: workspace = [#zqgpu.workspace<"xq", bytes_per_token = 384, bytes = 0>, #zqgpu.workspace<"xs", bytes_per_token = 4, bytes = 0>],
// LAUNCH-SAME: launches = [#zqgpu.launch<kernel = @zq_kernels::@quantize_bf16_e4m3_tokens8_warps8_held2, grid = <tokens = 8, ctas = 1, per_sm = 0>, block = 256, cluster = 1, shared = 73728, programmatic = true,
// LAUNCH-SAME: params = [#zqgpu.buffer<user "x">, #zqgpu.buffer<workspace "xq">, #zqgpu.buffer<workspace "xs">, #zqgpu.tokens, 300 : i32, 384 : i32]>,
// LAUNCH-SAME: #zqgpu.launch<kernel = @zq_kernels::@gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024, grid = <tokens = 16, ctas = 2, per_sm = 1>, block = 384, cluster = 1, shared = 47840, programmatic = true,
// LAUNCH-SAME: params = [#zqgpu.tensor_map<"xq", columns = 384, box = 16 x 128>, #zqgpu.buffer<blob "weights">, #zqgpu.buffer<blob "row_scale">, #zqgpu.buffer<workspace "xs">, #zqgpu.buffer<user "y">, #zqgpu.tokens, 200 : i32, 3 : i32]>]>,
// LAUNCH-SAME: #zqgpu.variant<m = 17 to 2147483647, schedule = <tokens = 64,

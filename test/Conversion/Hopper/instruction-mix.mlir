// What the loops that kernels spend their time in are made of, in PTX, for each family
// of schedules. `%python Inputs/instruction_mix.py` prints these lines: an instruction
// more in a main loop is to be meant.
//
// RUN: zq-opt %s --zqgpu-to-cubin="assemble=false" -o %t.mlir
// RUN: %python %S/Inputs/instruction_mix.py %t.mlir | FileCheck %s

// Quantization of many tokens: 2 times 8 columns a thread and block of tokens. For each
// number its part of 16 bits of x, 4 instructions that divide, half a conversion.
// CHECK: {{^}}quantize_bf16_e4m3_tokens8_warps16_held2_stages3{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, warp 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1, ld.shared 20, st.shared 1, st.global 3{{$}}
// CHECK-NEXT:     bits: logic 24, shift 17{{$}}
// CHECK-NEXT:     numbers: to FP8 8, FP32 85{{$}}

// Decode, K split over a cluster. A turn of the consumers' loop is one tile of K, the
// upper half of one and the lower of the next, with a buffer of fragments for each: 2
// products (k32), issued behind one fence and waited for when the other half's are in
// flight. Each product takes 2 words of codes: 2 prmt a word. 3 loads a tile: 2 of 16
// bytes of codes, one of shifts.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens16_stages16_promoted1024_split3{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 4, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: ld.shared 3{{$}}
// CHECK-NEXT:     bits: prmt 16, logic 42, shift 22{{$}}
// CHECK-NEXT:     other: integer 18, choice 8, convert 8, branch 3, move 10{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 7, choice 4, convert 3, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @decode 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 16, stages = 16, accumulation = promoted, interval = 1024, split = 3>>]

// Stream-K, two CTAs to a multiprocessor: registers hold fragments of half a tile, and
// a turn is one tile.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens16_stages9_promoted1024_stream_2persm{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 4, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: ld.shared 4{{$}}
// CHECK-NEXT:     bits: prmt 16, logic 42, shift 19{{$}}
// CHECK-NEXT:     other: integer 22, choice 10, convert 9, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 8, choice 4, convert 4, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 3{{$}}
// CHECK-NEXT:     other: integer 5, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @stream 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 16, stages = 9, accumulation = promoted, interval = 1024, stream_k, per_sm = 2>>]

// Middle: whole tiles of K, promoted; the same loop as in decode.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens64_stages12_promoted1024{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 4, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: ld.shared 3{{$}}
// CHECK-NEXT:     bits: prmt 16, logic 42, shift 22{{$}}
// CHECK-NEXT:     other: integer 18, choice 8, convert 8, branch 3, move 10{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 7, choice 4, convert 3, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @middle 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 64, stages = 12, accumulation = promoted, interval = 1024>>]

// Middle, tiles of 256 rows: a turn is two tiles of K and two blocks of rows; two tiles of
// the weight, one of activations for a stage.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens64_stages7_promoted1024_rows256{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 16, fence 8, commit_group 8, wait_group 8{{$}}
// CHECK-NEXT:     barriers: wait 2, arrive 2{{$}}
// CHECK-NEXT:     memory: ld.shared 12{{$}}
// CHECK-NEXT:     bits: prmt 64, logic 168, shift 75{{$}}
// CHECK-NEXT:     other: integer 44, choice 30, convert 10, branch 7, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 2{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 8, choice 4, convert 3, branch 3, move 2{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @rows 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 64, stages = 7, accumulation = promoted, interval = 1024, rows = 256>>]

// Prefill, fast: 128 accumulators, two tiles of K a turn.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens256_stages4_fast{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 8, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 2, arrive 2{{$}}
// CHECK-NEXT:     memory: ld.shared 6{{$}}
// CHECK-NEXT:     bits: prmt 32, logic 84, shift 38{{$}}
// CHECK-NEXT:     other: integer 35, choice 19, convert 14, branch 5, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 9, choice 4, convert 4, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @fast 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 256, stages = 4, accumulation = fast>>]

// Prefill, promoted: 2 x 96 sums leave registers for half a tile in each buffer.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_tokens192_stages5_promoted1024{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 4, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: ld.shared 4{{$}}
// CHECK-NEXT:     bits: prmt 16, logic 42, shift 18{{$}}
// CHECK-NEXT:     other: integer 23, choice 10, convert 9, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 9, choice 4, convert 4, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 7, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @promoted 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 192, stages = 5, accumulation = promoted, interval = 1024>>]

// Low-rank compensation: the main loop is that of @fast. Behind it a loop with a turn
// for 16 ranks: 2 products (k8 in TF32) of 8 numbers of up, from shared memory or, beyond
// the first 16, from global memory.
// CHECK: {{^}}gemm_e2m1_g128_e4m3_bf16_lorc_bf16_tokens256_stages4_fast{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 8, fence 2, commit_group 2, wait_group 2{{$}}
// CHECK-NEXT:     barriers: wait 2, arrive 2{{$}}
// CHECK-NEXT:     memory: ld.shared 6{{$}}
// CHECK-NEXT:     bits: prmt 32, logic 84, shift 38{{$}}
// CHECK-NEXT:     other: integer 35, choice 19, convert 14, branch 5, move 1{{$}}
// CHECK-NEXT:   loop of products{{$}}
// CHECK-NEXT:     tensor cores: wgmma 2, fence 1, commit_group 1, wait_group 1{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: ld.shared 8, ld.global 8{{$}}
// CHECK-NEXT:     bits: logic 7, shift 4{{$}}
// CHECK-NEXT:     other: integer 29, choice 25, convert 20, branch 8, move 3{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 1{{$}}
// CHECK-NEXT:     other: integer 9, choice 4, convert 4, branch 3, move 1{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 1{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
// CHECK-NEXT:   loop of copies{{$}}
// CHECK-NEXT:     barriers: wait 1, arrive 2{{$}}
// CHECK-NEXT:     memory: cp.async.bulk 1{{$}}
// CHECK-NEXT:     bits: logic 1, shift 2{{$}}
// CHECK-NEXT:     other: integer 6, choice 4, convert 3, branch 3, move 2{{$}}
zqgpu.linear @compensated 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  down(dense<1.0> : tensor<16x1000xbf16>) up(dense<1.0> : tensor<200x16xbf16>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 256, stages = 4, accumulation = fast>>]

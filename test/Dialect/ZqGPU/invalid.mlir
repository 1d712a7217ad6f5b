// RUN: zq-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{codes is 'tensor<2x3xi8>', want a tensor of 2x2xi8}}
zqgpu.linear @codes 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x3xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{shifts is 'tensor<2x2xi8>', want a tensor of 2x3xi8}}
zqgpu.linear @shifts 2 x 65
  weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x33xi8>) shifts(dense<0> : tensor<2x2xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{activation format is 'i8', want f8E4M3FN or f8E5M2: Hopper's wgmma multiplies FP8 by FP8 only}}
zqgpu.linear @activation 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation i8 input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{weight format is 'f8E4M3FN', want f4E2M1FN, !zq.e3m0, !zq.e1m2 or i4}}
zqgpu.linear @weight 2 x 3
  weight f8E4M3FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{max_shift is 15, but 'f4E2M1FN' is exact in f8E4M3FN only for shifts up to 14}}
zqgpu.linear @shift 2 x 3
  weight f4E2M1FN group = 128 max_shift = 15
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{has one of down and up, want both or neither}}
zqgpu.linear @lorc 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  up(dense<0.5> : tensor<2x4xbf16>)

// -----

// expected-error @+1 {{down is 'tensor<3x3xbf16>', want a tensor of 4x3xbf16, f16 or f32}}
zqgpu.linear @rank 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  down(dense<0.5> : tensor<3x3xbf16>) up(dense<0.5> : tensor<2x4xbf16>)

// -----

// expected-error @+1 {{input or output type is 'f64', want bf16, f16 or f32}}
zqgpu.linear @type 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output f64
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

#launch = #zqgpu.launch<kernel = @m::@f, grid = <tokens = 1, ctas = 1, per_sm = 0>, block = 32, cluster = 1, shared = 0, programmatic = false, params = []>

// expected-error @+1 {{variant starts at m = 9, want 8: ranges ascend from 1 without gaps}}
zqgpu.linear @gap 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  variants [#zqgpu.variant<m = 1 to 7, schedule = <tokens = 8, stages = 4, accumulation = fast>, workspace = [], launches = [#launch]>,
            #zqgpu.variant<m = 9 to 16, schedule = <tokens = 8, stages = 4, accumulation = fast>, workspace = [], launches = [#launch]>]

// -----

// expected-error @+1 {{tokens is 12, want a multiple of 8 from 8 to 256}}
#schedule = #zqgpu.schedule<tokens = 12, stages = 4, accumulation = fast>

// -----

// expected-error @+1 {{split is 9, want 1 to 8, the CTAs that a cluster can have}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = fast, split = 9>

// -----

// expected-error @+1 {{has both stream_k and split = 2, want one way to share a tile}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = fast, split = 2, stream_k>

// -----

// expected-error @+1 {{rows is 64, want 128 or 256}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = fast, rows = 64>

// -----

// expected-error @+1 {{per_sm is 3, want 1 or 2}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = fast, per_sm = 3>

// -----

// expected-error @+1 {{found 'columns', want interval, split, stream_k, rows or per_sm}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = fast, columns = 3>

// -----

// expected-error @+1 {{interval is 64, want a positive multiple of 128}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 4, accumulation = promoted, interval = 64>

// -----

// Two tiles of K are in use at once.
// expected-error @+1 {{stages is 1, want 2 to 16, or promoted accumulation with interval 128: tiles of K overlap in twos}}
#schedule = #zqgpu.schedule<tokens = 8, stages = 1, accumulation = fast>

// -----

// expected-error @+1 {{columns is 100, want a positive multiple of 16}}
#map = #zqgpu.tensor_map<"xq", columns = 100, box = 16 x 128>

// -----

// expected-error @+1 {{no blob is called "codes", want "weights", "row_scale", "bias", "down" or "up"}}
#buffer = #zqgpu.buffer<blob "codes">

// -----

// expected-error @+1 {{shared is 232449 bytes, want 0 to 232448, what a CTA can have on sm_90}}
#launch = #zqgpu.launch<kernel = @m::@f, grid = <tokens = 1, ctas = 1, per_sm = 0>, block = 32, cluster = 1, shared = 232449, programmatic = false, params = []>

// -----

#launch = #zqgpu.launch<kernel = @m::@f, grid = <tokens = 1, ctas = 1, per_sm = 0>, block = 32, cluster = 1, shared = 0, programmatic = false, params = [#zqgpu.buffer<workspace "xs">]>
// expected-error @+1 {{names no workspace buffer of the variant}}
#variant = #zqgpu.variant<m = 1 to 7, schedule = <tokens = 8, stages = 4, accumulation = fast>, workspace = [], launches = [#launch]>

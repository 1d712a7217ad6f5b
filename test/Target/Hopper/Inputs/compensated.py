"""Prints linears with low-rank compensation: all types of x and factors, short to long rows. usage: compensated.py"""
SCHEDULE = "tokens = 16, stages = 4, accumulation = fast, stream_k"
N = 130

types = [(x, factors) for x in ("bf16", "f16", "f32") for factors in ("bf16", "f16", "f32")]
for i, (x, factors) in enumerate(types):
    for k in (4096, 12288, 16384, 28672):
        print(f"zqgpu.linear @l{i}_{k} {N} x {k} weight f4E2M1FN group = 128 max_shift = 11 activation f8E4M3FN input {x} output {x} "
              f"codes(dense<1> : tensor<{N}x{k // 2}xi8>) shifts(dense<0> : tensor<{N}x{k // 128}xi8>) "
              f"row_scale(dense<1.0> : tensor<{N}xf32>) down(dense<1.0> : tensor<16x{k}x{factors}>) up(dense<1.0> : tensor<{N}x16x{factors}>) "
              f"schedules [#zqgpu.choice<m = 1 to 16, schedule = <{SCHEDULE}>>, #zqgpu.choice<m = 17 to 2147483647, schedule = <{SCHEDULE}>>]")

"""Writes linears whose kernels have all that a kernel can have: compensation, bias and residual, steps with multipliers."""

for index, (weight, n, k, group, steps, residual) in enumerate([
        ("f4E2M1FN", 1536, 576, 128, "max_shift = 10 multipliers", ""), ("f4E2M1FN", 4096, 4096, 32, "max_shift = 11 multipliers", ""),
        ("!zq.e1m2", 1536, 576, 128, "max_shift = 12", " residual"), ("f4E2M1FN", 600, 1500, 32, "max_shift = 11 multipliers", " residual")]):
    print(f"zqgpu.linear @l{index} {n} x {k} weight {weight} group = {group} {steps} "
          f"activation f8E4M3FN input bf16 output bf16 "
          f"codes(dense<1> : tensor<{n}x{k // 2}xi8>) shifts(dense<0> : tensor<{n}x{-(-k // group)}xi8>) "
          f"row_scale(dense<1.0> : tensor<{n}xf32>) "
          f"down(dense<1.0> : tensor<8x{k}xbf16>) up(dense<1.0> : tensor<{n}x8xbf16>) bias(dense<1.0> : tensor<{n}xbf16>){residual}")

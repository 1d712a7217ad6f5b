"""Prints linears with F32 activations and results, of each weight format and group. usage: float32.py"""
WINDOWS = {"f4E2M1FN": 11, "!zq.e3m0": 8, "!zq.e1m2": 12, "i4": 12}
N = K = 2048

for i, (weight, shift) in enumerate(WINDOWS.items()):
    for group in (32, 64, 128):
        activation = "f8E5M2" if i % 2 else "f8E4M3FN"
        print(f"zqgpu.linear @l{i}_{group} {N} x {K} weight {weight} group = {group} max_shift = {shift} activation {activation} input f32 output f32 "
              f"codes(dense<1> : tensor<{N}x{K // 2}xi8>) shifts(dense<0> : tensor<{N}x{K // group}xi8>) row_scale(dense<1.0> : tensor<{N}xf32>)")

"""Writes linears of 200 shapes: N, K, groups and ranks of models, and odd ones between. The same ones each time.

usage: shapes.py FIRST LAST
"""
import random
import sys

rng = random.Random(200)
SIZES = [576, 1024, 1536, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 11008, 13824, 14336, 16384, 28672]


def draw_size(least):
    if rng.random() < 0.6:
        return rng.choice(SIZES)
    return round(2 ** rng.uniform(least, 15))


shapes = []
for _ in range(200):
    n, k = draw_size(3), draw_size(5)
    # Each combination is a set of kernels of its own: most shapes share one.
    group, rank = rng.choice([(128, 0)] * 12 + [(256, 0), (k, 0), (64, 0), (32, 16), (128, 8), (128, 64)])
    shapes.append((n, k, group, rank))

for index in range(int(sys.argv[1]), int(sys.argv[2])):
    n, k, group, rank = shapes[index]
    print(f"zqgpu.linear @l{index} {n} x {k} weight f4E2M1FN group = {group} max_shift = 11 "
          f"activation f8E4M3FN input bf16 output bf16 "
          f"codes(dense<1> : tensor<{n}x{(k + 1) // 2}xi8>) shifts(dense<0> : tensor<{n}x{-(-k // group)}xi8>) "
          f"row_scale(dense<1.0> : tensor<{n}xf32>)", end="")
    if rank:
        print(f" down(dense<1.0> : tensor<{rank}x{k}xbf16>) up(dense<1.0> : tensor<{n}x{rank}xbf16>)", end="")
    print()

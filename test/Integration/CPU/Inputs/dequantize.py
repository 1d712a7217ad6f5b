"""Codes times scales: every code and every kind of scale, bit for bit."""
import sys

import numpy as np
import zqref

generator = np.random.default_rng(11)
checked = 0
for weight in zqref.MAGNITUDES:
    values = zqref.code_values(weight)
    for k, group in ((33, 32), (50, 20)):
        n, groups = 24, -(-k // group)
        codes = generator.integers(0, 16, (n, k), dtype=np.uint8)
        codes[0, :16] = np.arange(16)
        group_of = np.arange(k) // group
        size = f"{n}x{(k + 1) // 2}xi8"
        types = {"f32": np.float32, "f16": np.float16}

        anchors = np.exp2(generator.uniform(-20, 10, n)).astype(np.float32)
        shifts = generator.integers(0, 3, (n, groups), dtype=np.int8)
        multipliers = generator.integers(0, 3, (n, groups), dtype=np.int8)
        pow2 = anchors[:, None] * np.float32(2) ** -shifts.astype(np.float32)
        step = pow2 * np.float32([1, 1.25, 1.5])[multipliers]
        anchored_types = f"tensor<{n}xf32>, tensor<{n}x{groups}xi8>"
        free = np.exp2(generator.uniform(-20, 10, (n, groups))).astype(np.float32)
        for element, dtype in types.items():
            for kind, scale_types, scales, scale in (
                ("#zq.free", f"tensor<{n}x{groups}xf32>", [free], free),
                ("#zq.pow2<anchor = row, max_shift = 2>", anchored_types, [anchors, shifts], pow2),
                ("#zq.step<max_shift = 2>", anchored_types, [anchors, shifts + 16 * multipliers], step)):
                if kind.startswith("#zq.step") and weight in ("!zq.e1m2", "i4"):
                    continue  # the cast has no room for multipliers
                names = ", ".join(f"%s{i}" for i in range(len(scales)))
                arguments = ", ".join(f"%s{i}: {t}" for i, t in enumerate(scale_types.replace(", t", ";t").split(";")))
                module = f"""
!q = !zq.quantized<{weight} : {element}, blocks = 1x{group}, scale = {kind}>
func.func @main(%bytes: tensor<{size}>, {arguments}) -> tensor<{n}x{k}x{element}> {{
  %q = zq.storage_cast %bytes : tensor<{size}> -> tensor<{n}x{k}x!q>
  %w = zq.dequantize %q scales({names}) : tensor<{n}x{k}x!q>, {scale_types} -> tensor<{n}x{k}x{element}>
  return %w : tensor<{n}x{k}x{element}>
}}"""
                actual, = zqref.run(module, [zqref.pack(codes), *scales], sys.argv[1:])
                # One rounding to FP32, one to the result.
                product = (values[codes] * scale.astype(np.float64)[:, group_of]).astype(np.float32)
                with np.errstate(over="ignore"):
                    expected = product.astype(dtype)
                zqref.check_equal(f"{weight} {k}/{group} {kind} {element}", actual, expected)
                checked += actual.size
# 8-bit codes, every one of them; NaN of E5M2 and E4M3 included.
for weight in zqref.LARGEST:
    n, k, group = 8, 65, 32
    codes = (np.arange(n * k) % 256).astype(np.uint8).reshape(n, k)
    values = zqref.decode(weight, codes.view(np.int8) if weight == "i8" else codes)
    scale = np.exp2(generator.uniform(-20, 10, (n, 3))).astype(np.float32)
    module = f"""
!q = !zq.quantized<{weight} : f32, blocks = 1x{group}, scale = #zq.free>
func.func @main(%bytes: tensor<{n}x{k}xi8>, %s: tensor<{n}x3xf32>) -> tensor<{n}x{k}xf32> {{
  %q = zq.storage_cast %bytes : tensor<{n}x{k}xi8> -> tensor<{n}x{k}x!q>
  %w = zq.dequantize %q scales(%s) : tensor<{n}x{k}x!q>, tensor<{n}x3xf32> -> tensor<{n}x{k}xf32>
  return %w : tensor<{n}x{k}xf32>
}}"""
    actual, = zqref.run(module, [codes.view(np.int8), scale], sys.argv[1:])
    zqref.check_equal(weight, actual, (values * np.float64(scale)[:, np.arange(k) // group]).astype(np.float32))
    checked += actual.size
print(f"{checked} weights are exact")

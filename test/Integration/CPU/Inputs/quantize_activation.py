"""Every BF16 number, every F16 number and many FP32 numbers, bit for bit."""
import sys

import numpy as np
import zqref

generator = np.random.default_rng(7)


def check(name, element, x, stored):
    """`x` (M x K, float32) is what `stored` holds in the element type."""
    m, k = x.shape
    module = f"""
func.func @main(%x: tensor<?x{k}x{element}>) -> (tensor<?x{k}x{name}>, tensor<?xf32>) {{
  %q, %s = zq.quantize_activation %x : tensor<?x{k}x{element}> -> tensor<?x{k}x{name}>, tensor<?xf32>
  return %q, %s : tensor<?x{k}x{name}>, tensor<?xf32>
}}"""
    codes, scales = zqref.run(module, [stored], sys.argv[1:])
    with np.errstate(all="ignore"):
        expected = np.abs(x).max(axis=1) / np.float32(zqref.LARGEST[name])
        expected[expected == 0] = 1
        ratio = x / expected[:, None]
    finite = np.isfinite(expected)
    # A token with NaN or infinity has no finite scale; its codes mean nothing.
    assert not np.isfinite(scales[~finite]).any()
    zqref.check_equal(f"scales of {element} for {name}", scales[finite], expected[finite])
    zqref.check_equal(f"{element} in {name}", codes[finite], zqref.encode(name, ratio[finite]))
    return codes.size


checked = 0
for name, largest in zqref.LARGEST.items():
    # Beside the largest, the scale is 1 and numbers are rounded as they are.
    # Past it the number itself sets the scale.
    bf16 = zqref.bf16_values(np.arange(65536))
    x = np.stack([bf16, np.full_like(bf16, largest)], axis=1)
    checked += check(name, "bf16", x, x)

    f16 = np.arange(65536, dtype=np.uint16).view(np.float16)
    x = np.stack([f16, np.full_like(f16, min(largest, 49152))], axis=1)
    checked += check(name, "f16", x.astype(np.float32), x)

    # FP32: around every tie, and over all exponents.
    values = np.arange(128.) if name == "i8" else zqref.fp8_values(name)[:128]
    values = np.sort(values[np.isfinite(values)])
    ties = ((values[:-1] + values[1:]) / 2).astype(np.float32)
    near = np.concatenate([ties, np.nextafter(ties, np.float32(0)), np.nextafter(ties, np.float32(np.inf))])
    near = np.concatenate([near, -near, [largest]]).astype(np.float32)[None, :]
    checked += check(name, "f32", near, near)
    spread = generator.standard_normal((512, 33)) * 2.0 ** generator.uniform(-149, 120, (512, 1))
    spread = spread.astype(np.float32)
    spread[0] = 0
    spread[1, 3:] = 0
    spread[2, 5], spread[3, 5], spread[4, 5] = np.nan, np.inf, -np.inf
    checked += check(name, "f32", spread, spread)
print(f"{checked} numbers are exact")

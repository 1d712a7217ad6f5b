"""Every code at every shift, and every multiplier, of every pair of formats, bit for bit."""
import sys

import numpy as np
import zqref

MULTIPLIERS = {"pow2": [1.0], "step": [1.0, 1.25, 1.5]}


def find_exponent(values, targets, multipliers):
    """The largest exponent at which all products are exact, and the shifts from there; None where there is no such."""
    products = np.outer(multipliers, values).ravel()
    fits = [e for e in range(-32, 33) if np.isin(products * 2.0 ** e, targets).all()]
    return (max(fits), max(fits) - min(fits)) if fits else None


checked = 0
pairs = [(kind, weight, target) for kind in MULTIPLIERS for weight in zqref.MAGNITUDES for target in zqref.FP8]
for kind, weight, target in pairs:
    multipliers = np.array(MULTIPLIERS[kind])
    values = zqref.code_values(weight)
    table = zqref.fp8_values(target)
    e4m3 = find_exponent(values, zqref.fp8_values("f8E4M3FN"), multipliers)
    here = find_exponent(values, table, multipliers)
    if e4m3 and here:
        # Four bits hold the shift of a step.
        exponent, max_shift = here[0], min(e4m3[1], 15)
        steps = (np.arange(max_shift + 1) + 16 * np.arange(len(multipliers))[:, None]).ravel().astype(np.int8)
        # Two groups a row, the second in reverse, so that groups matter; an
        # odd K, so that half a byte is left over.
        codes = np.tile(np.concatenate([np.arange(16), np.arange(15)]), (len(steps), 1))
        both = np.stack([steps, steps[::-1]], axis=1)
        constraint = "#zq.pow2<anchor = row, " if kind == "pow2" else "#zq.step<"
        n, k = codes.shape
        module = f"""
!q = !zq.quantized<{weight} : f32, blocks = 1x16, scale = {constraint}max_shift = {max_shift}>>
func.func @main(%bytes: tensor<{n}x{(k + 1) // 2}xi8>, %shifts: tensor<{n}x2xi8>) -> tensor<{n}x{k}x{target}> {{
  %q = zq.storage_cast %bytes : tensor<{n}x{(k + 1) // 2}xi8> -> tensor<{n}x{k}x!q>
  %w = zq.shift_cast %q by %shifts {{exponent = {exponent} : i64}} : tensor<{n}x{k}x!q>, tensor<{n}x2xi8> -> tensor<{n}x{k}x{target}>
  return %w : tensor<{n}x{k}x{target}>
}}"""
        actual, = zqref.run(module, [zqref.pack(codes.astype(np.uint8)), both], sys.argv[1:])
        scale = multipliers[both >> 4] * 2.0 ** (exponent - (both & 15).astype(np.float64))
        scale = scale[:, np.arange(k) // 16]
        magnitudes = np.abs(values[codes] * scale)
        # Zero has a sign as well: that of the code.
        expected = np.searchsorted(table[:128][np.isfinite(table[:128])], magnitudes)
        assert (table[expected] == magnitudes).all()
        expected |= np.where(codes & 8, 0x80, 0)
        zqref.check_equal(f"{kind} {weight} to {target}", actual, expected.astype(np.uint8))
        checked += actual.size
print(f"{checked} codes are exact")

"""Every code at every shift of every pair of formats, bit for bit."""
import sys

import numpy as np
import zqref



def find_exponent(values, targets):
    fits = [e for e in range(-32, 33) if np.isin(values * 2.0 ** e, targets).all()]
    return max(fits), max(fits) - min(fits)


checked = 0
for weight in zqref.MAGNITUDES:
    values = zqref.code_values(weight)
    e4m3 = zqref.fp8_values("f8E4M3FN")
    max_shift = find_exponent(values, e4m3)[1]
    for target in zqref.FP8:
        table = zqref.fp8_values(target)
        exponent, _ = find_exponent(values, table)
        shifts = np.arange(max_shift + 1, dtype=np.int8)
        # Two groups a row, the second in reverse, so that groups matter; an
        # odd K, so that half a byte is left over.
        codes = np.tile(np.concatenate([np.arange(16), np.arange(15)]), (len(shifts), 1))
        both = np.stack([shifts, shifts[::-1]], axis=1)
        n, k = codes.shape
        module = f"""
!q = !zq.quantized<{weight} : f32, blocks = 1x16, scale = #zq.pow2<anchor = row, max_shift = {max_shift}>>
func.func @main(%bytes: tensor<{n}x{(k + 1) // 2}xi8>, %shifts: tensor<{n}x2xi8>) -> tensor<{n}x{k}x{target}> {{
  %q = zq.storage_cast %bytes : tensor<{n}x{(k + 1) // 2}xi8> -> tensor<{n}x{k}x!q>
  %w = zq.shift_cast %q by %shifts {{exponent = {exponent} : i64}} : tensor<{n}x{k}x!q>, tensor<{n}x2xi8> -> tensor<{n}x{k}x{target}>
  return %w : tensor<{n}x{k}x{target}>
}}"""
        actual, = zqref.run(module, [zqref.pack(codes.astype(np.uint8)), both], sys.argv[1:])
        scale = 2.0 ** (exponent - both.astype(np.float64))[:, np.arange(k) // 16]
        magnitudes = np.abs(values[codes] * scale)
        # Zero has a sign as well: that of the code.
        expected = np.searchsorted(table[:128][np.isfinite(table[:128])], magnitudes)
        assert (table[expected] == magnitudes).all()
        expected |= np.where(codes & 8, 0x80, 0)
        zqref.check_equal(f"{weight} to {target}", actual, expected.astype(np.uint8))
        checked += actual.size
print(f"{checked} codes are exact")

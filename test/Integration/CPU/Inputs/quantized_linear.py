"""The quantized linear against float64 on the same quantized values."""
import sys

import numpy as np
import zqref

generator = np.random.default_rng(13)
# FP32 accumulation of a few hundred products, and a rounding of the result.
BOUNDS = {"f32": 1e-6, "bf16": 3e-3, "f16": 4e-4}


def scale_operands(kind, n, groups, max_shift):
    """Type, operand types, arrays, and the scales in float64; `kind` is free, pow2 or step."""
    if kind == "free":
        free = np.exp2(generator.uniform(-8, 0, (n, groups))).astype(np.float32)
        return "#zq.free", [f"tensor<{n}x{groups}xf32>"], [free], np.float64(free)
    anchors = np.exp2(generator.uniform(-8, 0, n)).astype(np.float32)
    shifts = generator.integers(0, max_shift + 1, (n, groups), dtype=np.int8)
    types = [f"tensor<{n}xf32>", f"tensor<{n}x{groups}xi8>"]
    scale = np.float64(anchors)[:, None] * 2.0 ** -np.float64(shifts)
    if kind == "pow2":
        return f"#zq.pow2<anchor = row, max_shift = {max_shift}>", types, [anchors, shifts], scale
    multipliers = generator.integers(0, 3, (n, groups), dtype=np.int8)
    return (f"#zq.step<max_shift = {max_shift}>", types, [anchors, shifts + 16 * multipliers],
            scale * (1 + multipliers / 4))


def activations(name, lead, k):
    scale = np.exp2(generator.uniform(-6, 2, lead)).astype(np.float32)
    codes = zqref.encode(name, generator.standard_normal((*lead, k)) * zqref.LARGEST[name] / 4)
    return codes, scale, zqref.decode(name, codes) * np.float64(scale)[..., None]


def tensor(shape, element):
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


def check(weight, activation, kind, n, k, group, lead, element, bias, extra):
    groups = -(-k // group)
    constraint, scale_types, scales, scale = scale_operands(kind, n, groups, 2)
    codes = generator.integers(0, 16, (n, k), dtype=np.uint8)
    w = zqref.code_values(weight)[codes] * scale[:, np.arange(k) // group]
    x8, sx, x = activations(activation, lead, k)
    b = generator.standard_normal(n).astype(np.float32) if bias else np.zeros(n)

    declared = ["?"] * len(lead) if lead else []
    types = [tensor((*declared, k), activation), tensor(declared, "f32"), f"tensor<{n}x{(k + 1) // 2}xi8>", *scale_types]
    inputs = [x8, sx, zqref.pack(codes), *scales]
    if bias:
        types.append(f"tensor<{n}xf32>")
        inputs.append(b)
    arguments = ", ".join(f"%a{i}: {t}" for i, t in enumerate(types))
    names = ", ".join(f"%a{3 + i}" for i in range(len(scales)))
    result = tensor((*declared, n), element)
    module = f"""
!q = !zq.quantized<{weight} : f32, blocks = 1x{group}, scale = {constraint}>
func.func @main({arguments}) -> {result} {{
  %q = zq.storage_cast %a2 : {types[2]} -> tensor<{n}x{k}x!q>
  %y = zq.quantized_linear %a0 scale(%a1), %q scales({names}) {f"bias(%a{len(types) - 1})" if bias else ""}
     : {types[0]}, {types[1]}, tensor<{n}x{k}x!q>, {", ".join(scale_types)} {f"bias {types[-1]}" if bias else ""} -> {result}
  return %y : {result}
}}"""
    actual, = zqref.run(module, inputs, extra)
    expected = x @ w.T + b
    if not expected.size:
        assert actual.shape == expected.shape
        return 0
    error = zqref.relative_l2(actual, expected)
    if not error <= BOUNDS[element]:
        sys.exit(f"{weight} {activation} {kind} {n}x{k}/{group} {lead} {element}: error {error:.3e}")
    return error


def check_8bit(name, activation, n, k, lead, extra):
    """The form after zq-fold-scales."""
    w8 = zqref.encode(name, generator.standard_normal((n, k)) * zqref.LARGEST[name] / 4)
    anchors = np.exp2(generator.uniform(-8, 0, n)).astype(np.float32)
    x8, sx, x = activations(activation, lead, k)
    types = [tensor(("?", k), activation), "tensor<?xf32>", tensor((n, k), name), f"tensor<{n}xf32>"]
    module = f"""
func.func @main(%x: {types[0]}, %sx: {types[1]}, %w: {types[2]}, %sw: {types[3]}) -> tensor<?x{n}xf32> {{
  %y = zq.quantized_linear %x scale(%sx), %w scales(%sw) : {", ".join(types)} -> tensor<?x{n}xf32>
  return %y : tensor<?x{n}xf32>
}}"""
    actual, = zqref.run(module, [x8, sx, w8, anchors], extra)
    w = zqref.decode(name, w8) * np.float64(anchors)[:, None]
    error = zqref.relative_l2(actual, x @ w.T)
    if not error <= BOUNDS["f32"]:
        sys.exit(f"{name} x {activation} {n}x{k}: error {error:.3e}")
    return error


def check_float(element, activation, n, k, lead, bias, extra):
    """A float weight: only activations are quantized."""
    w = generator.standard_normal((n, k)).astype(np.float32)
    values, stored = w, w
    if element == "bf16":
        stored = values = zqref.bf16_values(w.view(np.uint32) >> 16)
    elif element == "f16":
        stored = values = w.astype(np.float16)
    x8, sx, x = activations(activation, lead, k)
    b = generator.standard_normal(n).astype(np.float32)
    types = [tensor(("?", k), activation), "tensor<?xf32>", tensor((n, k), element), f"tensor<{n}xf32>"]
    module = f"""
func.func @main(%x: {types[0]}, %sx: {types[1]}, %w: {types[2]}, %b: {types[3]}) -> tensor<?x{n}xf32> {{
  %y = zq.quantized_linear %x scale(%sx), %w {"bias(%b)" if bias else ""} : {", ".join(types[:3])} {f"bias {types[3]}" if bias else ""} -> tensor<?x{n}xf32>
  return %y : tensor<?x{n}xf32>
}}"""
    actual, = zqref.run(module, [x8, sx, stored, b], extra)
    error = zqref.relative_l2(actual, x @ np.float64(values).T + (b if bias else 0))
    if not error <= BOUNDS["f32"]:
        sys.exit(f"{element} x {activation} {n}x{k}: error {error:.3e}")
    return error


extra = sys.argv[1:]
worst = 0
for weight in zqref.MAGNITUDES:
    for activation in zqref.LARGEST:
        for kind in ("free", "pow2", "step"):
            if kind == "step" and weight in ("!zq.e1m2", "i4"):
                continue  # refused: the cast has no room for multipliers
            worst = max(worst, check(weight, activation, kind, 24, 96, 32, (5,), "f32", True, extra))
for lead, k, group, element, bias in (((), 64, 64, "f32", False), ((2, 3), 33, 32, "f32", True),
                                      ((0,), 64, 32, "f32", True), ((1,), 257, 128, "bf16", False),
                                      ((2, 1, 4), 160, 128, "f16", True), ((7,), 31, 64, "f32", False)):
    check("f4E2M1FN", "f8E4M3FN", "pow2", 17, k, group, lead, element, bias, extra)
for name in zqref.LARGEST:
    for activation in zqref.LARGEST:
        worst = max(worst, check_8bit(name, activation, 19, 130, (6,), extra))
for element, activation, bias in (("f32", "f8E4M3FN", True), ("bf16", "i8", False), ("f16", "f8E5M2", True)):
    worst = max(worst, check_float(element, activation, 21, 77, (4,), bias, extra))
print(f"largest relative error in FP32: {worst:.1e}")

"""Random weights of a linear, its tiles, and its result in float64, all in PyTorch."""
import torch

TYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}
FP8 = {"f8E4M3FN": torch.float8_e4m3fn, "f8E5M2": torch.float8_e5m2}
LARGEST = {"f8E4M3FN": 448.0, "f8E5M2": 57344.0}
MAGNITUDES = {"f4E2M1FN": [0, .5, 1, 1.5, 2, 3, 4, 6], "!zq.e3m0": [0, .25, .5, 1, 2, 4, 8, 16],
              "!zq.e1m2": [0, .25, .5, .75, 1, 1.25, 1.5, 1.75], "i4": [0, 1, 2, 3, 4, 5, 6, 7]}
EXPONENTS = {"f4E2M1FN": 6, "!zq.e3m0": 4, "!zq.e1m2": 8, "i4": 6}
GPU = "cuda"


def pack_tiles(codes, shifts, group):
    """Tiles of 128 x 128, from the description in zq/Numerics/TileLayout.h."""
    n, k = codes.shape
    rows, columns = -(-n // 128) * 128, -(-k // 128) * 128
    parts = 1 if group >= k or group % 128 == 0 else 2 if group % 64 == 0 else 4
    padded = torch.zeros(rows, columns, dtype=torch.int64, device=GPU)
    padded[:n, :k] = codes
    spread = torch.zeros(rows, columns, dtype=torch.int64, device=GPU)
    spread[:n, :k] = shifts.long()[:, torch.arange(k, device=GPU) // group]
    # band, half, warp, upper, g | tile, 64-column half, step, high, c, i
    view = padded.view(rows // 128, 2, 4, 2, 8, columns // 128, 2, 2, 2, 4, 4)
    words = torch.zeros(rows // 128, 2, 4, 2, 8, columns // 128, 2, 2, 4, dtype=torch.int64, device=GPU)
    for i in range(4):
        low, high = view[..., 0, :, i], view[..., 1, :, i]
        words |= (low & 7) << (4 * i) | (high & 7) << (16 + 4 * i)
        words |= (low >> 3) << (8 * i + 7) | (high >> 3) << (8 * i + 3)
    # band, tile, half, 64-column half, warp, g, c, step, upper
    words = words.permute(0, 5, 1, 6, 2, 4, 8, 7, 3).contiguous()
    words = torch.where(words >= 2**31, words - 2**32, words).int()
    code_bytes = words.view(rows // 128, columns // 128, -1).view(torch.uint8)
    shift_bytes = spread.view(rows // 128, 2, 4, 2, 8, columns // 128, parts, 128 // parts)[..., 0]
    shift_bytes = shift_bytes.permute(0, 5, 1, 2, 4, 6, 3).contiguous().to(torch.uint8)
    return torch.cat([code_bytes, shift_bytes.view(rows // 128, columns // 128, -1)], 2).contiguous()


class Weights:
    def __init__(self, linear, rng):
        n, k, group = linear["n"], linear["k"], linear["group"]
        codes = torch.randint(0, 16, (n, k), device=GPU, dtype=torch.uint8)
        least = rng.randint(0, linear["max_shift"])
        shifts = torch.randint(least, linear["max_shift"] + 1, (n, -(-k // group)), device=GPU, dtype=torch.uint8)
        magnitudes = torch.tensor(MAGNITUDES[linear["weight"]], device=GPU, dtype=torch.float64)
        signs = torch.where(codes >= 8, -1.0, 1.0)
        powers = torch.exp2(EXPONENTS[linear["weight"]] - shifts.double())
        self.w8 = magnitudes[(codes & 7).long()] * signs * powers[:, torch.arange(k, device=GPU) // group]
        assert torch.equal(self.w8.to(torch.float8_e4m3fn).double(), self.w8), "the shift cast is not exact"
        self.buffers = {"weights": pack_tiles(codes, shifts, group),
                        "row_scale": (torch.rand(n, device=GPU) + 0.5) * 2.0**rng.randint(-14, -8)}
        if linear["rank"]:
            factors, rank = TYPES[linear["factors"]], linear["rank"]
            self.buffers["down"] = (torch.randn(rank, k, device=GPU) * 0.05).to(factors)
            self.buffers["up"] = torch.randn(n, rank, device=GPU).to(factors)
        if linear["bias"]:
            self.buffers["bias"] = torch.randn(n, device=GPU).to(TYPES[linear["bias"]])


def quantize(x, activation):
    """Scales and codes, in FP32."""
    x = x.float()
    # A tensor, not a number: PyTorch multiplies by the reciprocal of a number.
    largest = torch.tensor(LARGEST[activation], device=GPU)
    scale = x.abs().amax(1) / largest
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    return scale, (x / scale[:, None]).to(FP8[activation])


def linear64(x, scale, codes, weights):
    y = (codes.double() @ weights.w8.t()) * weights.buffers["row_scale"].double() * scale.double()[:, None]
    if "down" in weights.buffers:
        y += x.double() @ weights.buffers["down"].double().t() @ weights.buffers["up"].double().t()
    if "bias" in weights.buffers:
        y += weights.buffers["bias"].double()
    return y


def sizes64(x, scale, codes, weights):
    """How large each result would be if its terms had random signs: what errors of sums are measured by.

    A result whose terms cancel is as far off as its terms let it, a sum of few columns or of one more so.
    """
    squares = (codes.double().square() @ weights.w8.square().t()) * (
        weights.buffers["row_scale"].double() * scale.double()[:, None]).square()
    if "down" in weights.buffers:
        low_rank = x.double() @ weights.buffers["down"].double().t()
        squares += low_rank.square() @ weights.buffers["up"].double().square().t()
    return squares.sqrt()

"""What is measured beside each other: generated kernels, PyTorch's, and a hand-written yardstick where there is one.

A peer has a name, call(i), which runs it on copy i of its weights, the number of copies, and its output.
"""
import ctypes as C
import math
import pathlib

import torch

from reference import GPU, TYPES, quantize

ROTATED_BYTES = 400_000_000
SHIFTS = 12
MAGNITUDES = [0, .5, 1, 1.5, 2, 3, 4, 6]


class Layer:
    """E2M1 weights of N x K with groups of 128 under a row scale: normal numbers, quantized; as tiles, as FP8 and as bf16.

    FP8 holds the very values that the generated kernels cast codes and shifts to.
    """

    def __init__(self, n, k):
        self.n, self.k, self.groups = n, k, -(-k // 128)
        rows, self.row_scale = -(-n // 128) * 128, torch.empty(n, device=GPU)
        self.codes = torch.zeros(rows, self.groups * 128, dtype=torch.uint8, device=GPU)
        self.shifts = torch.zeros(rows, self.groups, dtype=torch.uint8, device=GPU)
        for first in range(0, n, 4096):
            self.quantize_rows(first, min(n, first + 4096))
        self.copies = {}

    def quantize_rows(self, first, last):
        weights = torch.zeros(last - first, self.groups * 128, device=GPU)
        weights[:, :self.k] = torch.randn(last - first, self.k, device=GPU) * (torch.rand(last - first, 1, device=GPU) + .5)
        groups = weights.view(last - first, self.groups, 128)
        groups *= torch.exp2(-torch.randint(0, 4, (last - first, self.groups, 1), device=GPU).float())
        exponents = torch.ceil(torch.log2(groups.abs().amax(-1).clamp_min(1e-6) / 6))
        top = exponents.amax(-1, keepdim=True)
        shifts = (top - exponents).clamp(0, SHIFTS - 1)
        between = torch.tensor([.25, .75, 1.25, 1.75, 2.5, 3.5, 5.], device=GPU)
        scaled = groups / torch.exp2(top - shifts)[..., None]
        codes = torch.bucketize(scaled.abs(), between).to(torch.uint8) | ((scaled < 0).to(torch.uint8) << 3)
        self.codes[first:last] = codes.view(last - first, -1)
        self.shifts[first:last] = shifts.to(torch.uint8)
        # Any FP32 number may be a row's scale.
        self.row_scale[first:last] = torch.exp2(top[:, 0] - 6) * (torch.rand(last - first, device=GPU) * .2 + .9)

    def fp8(self):
        codes = torch.arange(16)
        values = torch.tensor(MAGNITUDES)[codes % 8] * torch.where(codes >= 8, -1., 1.)
        table = (values[None] * torch.exp2(6. - torch.arange(SHIFTS))[:, None]).to(torch.float8_e4m3fn).view(torch.uint8).flatten().to(GPU)
        out = torch.empty(self.n, self.k, dtype=torch.uint8, device=GPU)
        for first in range(0, self.n, 4096):
            codes, shifts = self.codes[first:first + 4096], self.shifts[first:first + 4096]
            index = codes.view(len(codes), -1, 128).int() + 16 * shifts.int()[..., None]
            out[first:first + 4096] = table[index].view(len(codes), -1)[:self.n - first, :self.k]
        return out.view(torch.float8_e4m3fn)

    def tiles(self):
        """As zq/Numerics/TileLayout.h describes, a band of 128 rows after the other."""
        out = torch.empty(len(self.codes) // 128, self.groups, 8192 + 128, dtype=torch.uint8, device=GPU)
        for band in range(0, len(out), 16):
            codes = self.codes[band * 128:(band + 16) * 128].view(-1, 2, 4, 2, 8, self.groups, 2, 2, 2, 4, 4).int()
            words = torch.zeros(codes.shape[:8] + (4,), dtype=torch.int32, device=GPU)
            for i in range(4):
                low, high = codes[..., 0, :, i], codes[..., 1, :, i]
                words |= (low & 7) << (4 * i) | (high & 7) << (16 + 4 * i)
                words |= (low >> 3) << (8 * i + 7) | (high >> 3) << (8 * i + 3)
            words = words.permute(0, 5, 1, 6, 2, 4, 8, 7, 3).contiguous()
            out[band:band + 16, :, :8192] = words.view(len(words), self.groups, -1).view(torch.uint8)
            shifts = self.shifts[band * 128:(band + 16) * 128].view(-1, 2, 4, 2, 8, self.groups)
            out[band:band + 16, :, 8192:] = shifts.permute(0, 5, 1, 2, 4, 3).reshape(-1, self.groups, 128)
        return out

    def rotated(self, kind):
        """Copies of the weights, more of them than a cache holds."""
        if kind not in self.copies:
            data = torch.randn(self.n, self.k, device=GPU).bfloat16() if kind == "bf16" else getattr(self, kind)()
            count = max(2, math.ceil(ROTATED_BYTES / (data.numel() * data.element_size())))
            self.copies[kind] = [data] + [data.clone() for _ in range(count - 1)]
        return self.copies[kind]


class Tokens:
    """M tokens, and their FP8 codes with a scale each."""

    def __init__(self, m, k):
        self.m = m
        self.x = torch.randn(m, k, device=GPU).bfloat16()
        scale, self.codes = quantize(self.x, "f8E4M3FN")
        self.scale = torch.zeros(-(-m // 256) * 256, device=GPU)[:m]
        self.scale.copy_(scale)


class Peer:
    reset = None  # what has to run before calls with other numbers

    def __init__(self, name, layer, tokens, kind):
        self.name, self.layer, self.tokens = name, layer, tokens
        self.weights = layer.rotated(kind)
        self.y = torch.full((tokens.m, layer.n), float("nan"), dtype=torch.bfloat16, device=GPU)

    def weight(self, i):
        return self.weights[i % len(self.weights)]

    def want(self, rows, columns):
        """Float64 results of some tokens (`rows`) and outputs (`columns`)."""
        weights = self.layer.rotated("fp8")[0][columns].double()
        products = self.tokens.codes[rows].double() @ weights.t()
        return products * self.layer.row_scale[columns].double() * self.tokens.scale[rows].double()[:, None]


class FP8(Peer):
    def __init__(self, layer, tokens, fast):
        super().__init__("fp8 fast" if fast else "fp8 no-fast", layer, tokens, "fp8")
        self.fast = fast

    def call(self, i):
        torch._scaled_mm(self.tokens.codes, self.weight(i).t(), scale_a=self.tokens.scale[:, None],
                         scale_b=self.layer.row_scale[None, :], out_dtype=torch.bfloat16, use_fast_accum=self.fast, out=self.y)


class BF16(Peer):
    def __init__(self, layer, tokens):
        super().__init__("bf16", layer, tokens, "bf16")

    def call(self, i):
        torch.mm(self.tokens.x, self.weight(i).t(), out=self.y)

    def want(self, rows, columns):
        return self.tokens.x[rows].double() @ self.weights[0][columns].double().t()


class Generated(Peer):
    """A compiled linear: `part` "linear" has the activations' quantization in it, "gemm" has not.

    Quantization clears the flags by which CTAs hand over sums: without it each call gets its own, cleared before all of them.
    """

    SLOTS = 256

    def __init__(self, module, kernels, linear, layer, tokens, part, chained):
        super().__init__(f"{module} {part}{'' if chained else ' plain'}", layer, tokens, "tiles")
        self.kernels, self.part, self.chained = kernels, part, chained
        self.variant = next(v for v in linear["variants"] if v["first"] <= tokens.m <= v["last"])
        self.held = {"x": tokens.x, "row_scale": layer.row_scale, "y": self.y}
        if linear["rank"]:
            factors = TYPES[linear["factors"]]
            self.held["down"] = (torch.randn(linear["rank"], layer.k, device=GPU) / layer.k**.5).to(factors)
            self.held["up"] = torch.randn(layer.n, linear["rank"], device=GPU).to(factors)
        if linear["residual"]:
            self.held["residual"] = torch.randn(tokens.m, layer.n, device=GPU).bfloat16()
        for name, (per_token, fixed) in self.variant["workspace"].items():
            # Some workspace may have to start as zeros; what is poisoned is the output.
            size = per_token * tokens.m + fixed
            if name == "flags" and part == "gemm":
                self.flag_bytes = -(-size // 256) * 256
                size, self.reset = self.flag_bytes * self.SLOTS, self.clear_flags
            self.held[name] = torch.zeros(size, dtype=torch.uint8, device=GPU)
        self.addresses = {name: tensor.data_ptr() for name, tensor in self.held.items()}
        self.run(0, None)

    def clear_flags(self):
        self.held["flags"].zero_()

    def run(self, i, only):
        self.addresses["weights"] = self.weight(i).data_ptr()
        if self.reset:
            self.addresses["flags"] = self.held["flags"].data_ptr() + i % self.SLOTS * self.flag_bytes
        self.kernels.run(self.variant, self.addresses, self.tokens.m, torch.cuda.current_stream().cuda_stream, only, self.chained)

    def call(self, i):
        self.run(i, "gemm" if self.part == "gemm" else None)

    def want(self, rows, columns):
        want = super().want(rows, columns)
        if "down" in self.held:
            want += self.tokens.x[rows].double() @ self.held["down"].double().t() @ self.held["up"][columns].double().t()
        if "residual" in self.held:
            want += self.held["residual"][rows][:, columns].double()
        return want


class Study:
    """The hand-written kernels of a folder with w4a8.so and w4a8_mid.so. They want N % 128 == 0 and K % 256 == 0."""

    # (least M, largest M, n of a tile, entry point, kernel, its own parameters).
    KERNELS = [(1, 8, 8, "small", v, (1,)) for v in (0, 1, 2)] + [(1, 8, 8, "small", 2, (2,))]
    KERNELS += [(5, 16, 16, "small", v, (1,)) for v in (10, 11)] + [(9, 32, 32, "small", v, (1,)) for v in (20, 21)]
    KERNELS += [(17, 64, 64, "small", v, (1,)) for v in (30, 32, 35)]
    KERNELS += [(16, 256, 64, "mid", v, p) for v, p in ((231, (0, 0)), (235, (0, 0)), (446, (0, 0)), (652, (0, 16)), (653, (0, 16)), (655, (0, 16)),
                                                 (230, (0, 0)), (520, (0, 0)), (521, (0, 0)))]
    KERNELS += [(65, 768, 96, "mid", v, p) for v, p in ((221, (0, 0)), (442, (0, 0)), (626, (0, 16)), (627, (0, 16)), (220, (0, 0)), (510, (0, 0)), (511, (0, 0)))]
    KERNELS += [(65, 1536, 128, "mid", v, p) for v, p in ((101, (0, 0)), (107, (0, 0)), (100, (0, 0)), (303, (1, 0)), (302, (1, 0)), (500, (0, 0)), (501, (0, 0)))]
    KERNELS += [(129, 8192, 192, "mid", v, p) for v, p in ((444, (0, 0)), (301, (0, 0)), (301, (1, 0)))]
    KERNELS += [(129, 8192, 256, "mid", v, p) for v, p in ((201, (0, 0)), (300, (0, 0)), (300, (1, 0)))]
    KERNELS += [(1024, 8192, n, "large", v, (group, 0)) for n, v, group in ((256, 0, 8), (192, 10, 11), (128, 5, 16))]
    PROMOTED = [(256, 8192, n, "large", v, (group, 0)) for n, v, group in ((192, 12, 11), (128, 15, 16))]

    def __init__(self, folder):
        C.CDLL("libcuda.so.1", mode=C.RTLD_GLOBAL)
        self.libraries = [C.CDLL(str(pathlib.Path(folder) / name)) for name in ("w4a8.so", "w4a8_mid.so")]
        self.sums = torch.empty(64 << 20, dtype=torch.uint8, device=GPU)
        self.flags = torch.zeros(4096, dtype=torch.int32, device=GPU)

    def accepts(self, layer):
        return layer.n % 128 == 0 and layer.k % 256 == 0

    def peers(self, layer, tokens, promoted=False):
        """All kernels for this many tokens that can run it."""
        for first, last, n, entry, kernel, own in self.PROMOTED if promoted else self.KERNELS:
            if first <= tokens.m <= last:
                peer = StudyPeer(self, layer, tokens, entry, kernel, own, promoted)
                if peer.launch(0) == 0:
                    yield peer

    def read(self, weights, blocks):
        stream = C.c_void_p(torch.cuda.current_stream().cuda_stream)
        code = self.libraries[0].rd(C.c_void_p(weights.data_ptr()), C.c_size_t(weights.numel()),
                                    C.c_void_p(self.flags.data_ptr() + 8192), blocks, stream)
        assert code == 0, code


class StudyPeer(Peer):
    def __init__(self, study, layer, tokens, entry, kernel, own, promoted, chained=True):
        name = f"study{' promoted' if promoted else ''}{'' if chained else ' plain'}"
        super().__init__(name, layer, tokens, "tiles")
        self.study, self.entry, self.kernel, self.own = study, entry, kernel, own
        self.promoted, self.chained = promoted, chained

    def plain(self):
        return StudyPeer(self.study, self.layer, self.tokens, self.entry, self.kernel, self.own, self.promoted, False)

    def launch(self, i):
        at = lambda tensor: C.c_void_p(tensor.data_ptr())
        sizes = self.tokens.m, self.layer.n, self.layer.k
        operands = [self.kernel, at(self.weight(i)), at(self.tokens.codes), at(self.layer.row_scale), at(self.tokens.scale), at(self.y)]
        scratch = [at(self.study.sums), at(self.study.flags)]
        stream = C.c_void_p(torch.cuda.current_stream().cuda_stream)
        small, mid = self.study.libraries
        if self.entry == "large":
            return small.large(*operands, *sizes, *self.own, stream)
        if self.entry == "small":
            return small.small(*operands, *scratch, *sizes, int(self.chained), *self.own, C.c_void_p(0), stream)
        return mid.mid(*operands, *scratch, *sizes, int(self.chained), *self.own, 0, stream)

    def call(self, i):
        code = self.launch(i)
        assert code == 0, f"study kernel {self.entry} {self.kernel}: {code}"

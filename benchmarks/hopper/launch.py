"""Reads the linears of a module with their variants, and launches them through the CUDA driver."""
import ctypes as C
import re

cuda = C.CDLL("libcuda.so.1")

LINEAR = re.compile(
    r"zqgpu\.linear @(?P<name>\w+) (?P<n>\d+) x (?P<k>\d+) weight (?P<weight>\S+) group = (?P<group>\d+) "
    r"max_shift = (?P<max_shift>\d+) activation (?P<activation>\S+) input (?P<input>\w+) output (?P<output>\w+)(?P<rest>.*)")
VARIANT = re.compile(r"m = (?P<first>\d+) to (?P<last>\d+), schedule = <(?P<schedule>.*?tokens = (?P<tokens>\d+).*?)>")
WORKSPACE = re.compile(r'#zqgpu\.workspace<"(\w+)", bytes_per_token = (\d+), bytes = (\d+)>')
LAUNCH = re.compile(
    r"#zqgpu\.launch<kernel = @\w+::@(?P<kernel>\w+), "
    r"grid = <tokens = (?P<tokens>\d+), ctas = (?P<ctas>\d+), per_sm = (?P<per_sm>\d+)>, block = (?P<block>\d+), "
    r"cluster = (?P<cluster>\d+), shared = (?P<shared>\d+), programmatic = (?P<programmatic>\w+), params = \[(?P<params>.*?)\]>")
PARAMETER = re.compile(r'#zqgpu\.buffer<\w+ "(?P<buffer>\w+)">|(?P<tokens>#zqgpu\.tokens)|'
                       r'#zqgpu\.tensor_map<"(?P<map>\w+)", columns = (?P<columns>\d+), box = (?P<rows>\d+) x 128>|'
                       r'(?P<i32>\d+) : i32')


def numbers(match):
    return {key: int(value) if value and value.isdigit() else value for key, value in match.groupdict().items()}


def read_linears(path):
    linears = []
    for match in LINEAR.finditer(open(path).read()):
        linear = numbers(match)
        rest = linear.pop("rest")
        factors = re.search(r" down\(.*? : tensor<(\d+)x\d+x(\w+)>\)", rest)
        bias = re.search(r" bias\(.*? : tensor<\d+x(\w+)>\)", rest)
        linear.update(rank=int(factors[1]) if factors else 0, factors=factors and factors[2], bias=bias and bias[1],
                      residual=bool(re.match(r".*\) residual (schedules|variants) ", rest)))
        linear["variants"] = []
        for text in rest.split("#zqgpu.variant<")[1:]:
            variant = numbers(VARIANT.match(text))
            variant["workspace"] = {name: (int(per), int(fixed)) for name, per, fixed in WORKSPACE.findall(text)}
            variant["launches"] = [numbers(launch) for launch in LAUNCH.finditer(text)]
            for launch in variant["launches"]:
                launch["params"] = [numbers(parameter) for parameter in PARAMETER.finditer(launch["params"])]
            linear["variants"].append(variant)
        if not linear["variants"]:
            raise SystemExit(f"{path}: {linear['name']} has no variants")
        linears.append(linear)
    return linears


class LaunchConfig(C.Structure):
    _fields_ = [(name, C.c_uint) for name in ("gx", "gy", "gz", "bx", "by", "bz", "shared")] + [
        ("stream", C.c_void_p), ("attributes", C.c_void_p), ("num_attributes", C.c_uint)]


class LaunchAttribute(C.Structure):
    _fields_ = [("id", C.c_int), ("pad", C.c_int), ("value", C.c_int * 16)]


CLUSTER_DIMENSION = 4
PROGRAMMATIC_STREAM_SERIALIZATION = 6
MAX_DYNAMIC_SHARED = 8
SHARED_CARVEOUT = 9


def check(code, what):
    if code:
        name = C.c_char_p()
        cuda.cuGetErrorName(code, C.byref(name))
        raise RuntimeError(f"{what}: {name.value.decode()}")


class Kernels:
    """A cubin, loaded into the current context."""

    def __init__(self, path, multiprocessors):
        self.multiprocessors = multiprocessors
        self.code = open(path, "rb").read()
        self.module = C.c_void_p()
        check(cuda.cuModuleLoadData(C.byref(self.module), self.code), path)
        self.functions = {}

    def get(self, launch):
        name = launch["kernel"]
        if name not in self.functions:
            function = C.c_void_p()
            check(cuda.cuModuleGetFunction(C.byref(function), self.module, name.encode()), name)
            check(cuda.cuFuncSetAttribute(function, SHARED_CARVEOUT, 100), name)
            self.functions[name] = function
        # Launches of one kernel may ask for different sizes.
        check(cuda.cuFuncSetAttribute(self.functions[name], MAX_DYNAMIC_SHARED, launch["shared"]), name)
        return self.functions[name]

    def run(self, variant, buffers, m, stream=None, only=None, chained=True):
        """Launches a variant; `buffers` maps names to device addresses. Where not `chained`, no kernel starts early."""
        for launch in variant["launches"]:
            if only and not launch["kernel"].startswith(only):
                continue
            arguments = [self.argument(parameter, buffers, m) for parameter in launch["params"]]
            pointers = (C.c_void_p * len(arguments))(*[C.cast(C.byref(a), C.c_void_p) for a in arguments])
            grid = launch["ctas"] * (-(-m // launch["tokens"]) if launch["tokens"] else 1)
            if launch["per_sm"]:
                grid = min(grid, launch["per_sm"] * self.multiprocessors)
                if launch["cluster"] > 1:  # as many as run at once, see zq/Runtime/ModuleDescription.h
                    most = launch["per_sm"] * self.multiprocessors
                    most = most if launch["cluster"] == 2 else most * 7 // 8
                    grid = min(grid, most) // launch["cluster"] * launch["cluster"]
            attributes = (LaunchAttribute * 2)()
            count = 0
            if launch["cluster"] > 1:
                attributes[count].id = CLUSTER_DIMENSION
                attributes[count].value[:3] = launch["cluster"], 1, 1
                count += 1
            if chained and launch["programmatic"] == "true":
                attributes[count].id = PROGRAMMATIC_STREAM_SERIALIZATION
                attributes[count].value[0] = 1
                count += 1
            config = LaunchConfig(grid, 1, 1, launch["block"], 1, 1, launch["shared"], stream,
                                  C.cast(attributes, C.c_void_p), count)
            check(cuda.cuLaunchKernelEx(C.byref(config), self.get(launch), pointers, None), launch["kernel"])

    def argument(self, parameter, buffers, m):
        if parameter["buffer"]:
            return C.c_void_p(buffers[parameter["buffer"]])
        if parameter["tokens"]:
            return C.c_int32(m)
        if parameter["map"]:
            return make_tensor_map(buffers[parameter["map"]], m, parameter["columns"], parameter["rows"])
        return C.c_int32(parameter["i32"])


def make_tensor_map(address, rows, columns, box_rows):
    uint8, no_interleave, swizzle_128b, promote_256b, fill_zeros = 0, 0, 3, 3, 0
    room = (C.c_uint8 * 192)()
    tensor_map = (C.c_uint8 * 128).from_buffer(room, -C.addressof(room) % 64)
    check(cuda.cuTensorMapEncodeTiled(
        C.byref(tensor_map), uint8, 2, C.c_void_p(address), (C.c_uint64 * 2)(columns, rows), (C.c_uint64 * 1)(columns),
        (C.c_uint32 * 2)(128, box_rows), (C.c_uint32 * 2)(1, 1), no_interleave, swizzle_128b, promote_256b, fill_zeros),
        "tensor map")
    return tensor_map

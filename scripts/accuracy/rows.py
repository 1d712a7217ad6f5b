"""The rows of docs/accuracy.md: what zq is asked for, and under which name the result is kept.

A row is a line in ROWS. Its options are those of zq-quantize; calibrated rows go through zq-calibrate, which takes the
same ones and some of its own. Add a line, and scripts/accuracy/table.py measures what is missing.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    name: str  # of its file
    scheme: str  # weights-activations
    algorithm: str
    constraint: str
    options: str
    group: str = "128"
    lorc: str = ""  # its rank, or ranks by kind of layer
    calibrated: bool = False
    model: str = "smollm2"
    rules: str = ""  # those of --rules that are the row's own

    @property
    def request(self):
        """All that was asked for: what a result is kept with."""
        return self.options + (f" rules={self.rules}" if self.rules else "")


NEAREST, SEARCHED = "rounding=nearest", "rounding=mse anchor-search=true"
CONSTRAINTS = {  # name -> options; M1 as in the paper, M2 and M3 as they come best without data
    "free": "constraint=none",
    "M1": "constraint=m1",
    "M2": f"constraint=m2 {NEAREST}",
    "M2 searched": f"constraint=m2 {SEARCHED}",
    "M3 searched": f"constraint=m3 {SEARCHED}",
}
FORMATS = {  # scheme -> options
    "W4A8 INT-INT": "weight-format=int4 activation-format=int8",
    "W4A8 INT-FP": "weight-format=int4 activation-format=e4m3",
    "W4A8 FP-INT": "weight-format=e2m1 activation-format=int8",
    "W4A8 FP-FP": "weight-format=e2m1 activation-format=e4m3",
    "W4A8 E3M0-FP": "weight-format=e3m0 activation-format=e4m3",
    "W8A8 INT-INT": "weight-format=int8 activation-format=int8",
    "W8A8 INT-FP": "weight-format=int8 activation-format=e4m3",
    "W8A8 FP-FP": "weight-format=e4m3 activation-format=e4m3",
    "W16A8 INT": "weight-format=none activation-format=int8",
    "W16A8 FP": "weight-format=none activation-format=e4m3",
}
# GPTQ as published: the mean's damping, columns in order, each layer's own output.
GPTQ = "algorithm=gptq damping=mean damping-amount=0.01 column-order=natural group-scales=static targets=own"
# Rounding to nearest, but with scales and LoRC by the Hessian.
BY_HESSIAN = "algorithm=rtn targets=own"
# The chain of docs/calibration.md, and with every step of it.
CHAIN = ("algorithm=gptq damping=diagonal damping-amount=0.1 column-order=descending group-scales=static descent-passes=6 "
         "targets=residual")
BEST = CHAIN.replace("descent-passes", "scale-importance=conditional descent-passes") + " token-weights=residual"
# LoRC's factors: the paper's 8 bits with the chain, 16 with what is simple.
FACTORS = {"RTN": "lorc-factor-type=bf16", "RTN by H": "lorc-format=e4m3", "GPTQ": "lorc-factor-type=bf16", "chain": "lorc-format=e4m3",
           "best": "lorc-format=e4m3"}


def row(scheme, constraint="free", group="128", lorc=0, algorithm="RTN", model="smollm2"):
    """A row from the tables above; its name says all of it. `lorc` is a rank, or one for each kind of layer that has LoRC."""
    ranks = lorc if isinstance(lorc, dict) else {}
    rank = 0 if ranks else lorc
    options = [FORMATS[scheme]]
    if not scheme.startswith("W16"):
        options += [f"group-size={group}", CONSTRAINTS[constraint]]
    options += [f"lorc-rank={rank} {FACTORS[algorithm]}"] if lorc else []
    options += {"RTN": [], "RTN by H": [BY_HESSIAN], "GPTQ": [GPTQ], "chain": [CHAIN], "best": [BEST]}[algorithm]
    # GPTQ's own search is for constrained scales; the chain searches free ones as well.
    if algorithm in ("chain", "best") and constraint == "free":
        options.append("clip=search")
    kinds = [f"{kind}{rank}" for kind, rank in ranks.items()] or [str(rank)]
    name = "-".join([model, scheme, algorithm, constraint, f"g{group}"] + ["lorc" + "-".join(kinds)] * bool(lorc))
    return Row(name.lower().replace(" ", "-"), scheme, "" if scheme.startswith("W16") else algorithm,
               "" if scheme.startswith("W16") else constraint, " ".join(options), "" if scheme.startswith("W16") else group,
               ", ".join(f"{kind} {rank}" for kind, rank in ranks.items()) or str(rank or ""), algorithm != "RTN", model,
               ";".join(f"*.{kind}_proj=rank:{rank}" for kind, rank in ranks.items()))


# What 4.55 bits have room for in groups of 32, given to the layers whose error costs most (docs/calibration.md).
BY_KIND = {"v": 80, "k": 24, "down": 28}
PAPER = ["W4A8 INT-INT", "W4A8 INT-FP", "W4A8 FP-FP"]
ROWS = [
    # What the paper's tables compare.
    row("W16A8 INT"), row("W16A8 FP"),
    row("W8A8 INT-INT"), row("W8A8 INT-FP"), row("W8A8 FP-FP"),
    *(row(scheme) for scheme in PAPER),
    *(row(scheme, lorc=8) for scheme in PAPER),
    row("W4A8 E3M0-FP"), row("W4A8 E3M0-FP", lorc=8),
    # Constraints.
    *(row("W4A8 FP-FP", constraint, lorc=lorc) for lorc in (0, 8) for constraint in CONSTRAINTS if constraint != "free"),
    # Groups.
    *(row("W4A8 FP-FP", constraint, group) for group in ("32", "row") for constraint in ("free", "M2 searched", "M3 searched")),
    # Calibrated: scales only, the published way, then the chain.
    *(row("W4A8 FP-FP", "M2 searched", lorc=lorc, algorithm="RTN by H") for lorc in (0, 8)),
    *(row(scheme, lorc=lorc, algorithm="GPTQ") for scheme in PAPER for lorc in (0, 8)),
    *(row("W4A8 FP-FP", constraint, lorc=lorc, algorithm="GPTQ") for constraint in ("M1", "M2", "M3 searched") for lorc in (0, 8)),
    row("W4A8 FP-FP", "M2 searched", algorithm="chain"),
    *(row("W4A8 FP-FP", "M2 searched", lorc=lorc, algorithm="best") for lorc in (0, 8, 16)),
    row("W4A8 FP-FP", "M3 searched", algorithm="best"), row("W4A8 FP-FP", algorithm="best"),
    *(row("W4A8 FP-FP", "M3 searched", "32", lorc=lorc, algorithm="best") for lorc in (0, 13, BY_KIND)),
    row("W4A8 INT-INT", algorithm="best"), row("W4A8 INT-FP", algorithm="best"),
    row("W4A8 E3M0-FP", "M2 searched", algorithm="best"),
    # The encoder.
    *(row(scheme, model="minilm") for scheme in ("W16A8 INT", "W16A8 FP", "W8A8 INT-INT", "W8A8 FP-FP", *PAPER, "W4A8 E3M0-FP")),
    *(row("W4A8 FP-FP", constraint, lorc=lorc, model="minilm") for constraint in ("M1", "M2 searched", "M3 searched") for lorc in (0, 8)),
    *(row(scheme, algorithm="GPTQ", model="minilm") for scheme in PAPER),
    *(row("W4A8 FP-FP", "M2 searched", algorithm=algorithm, lorc=lorc, model="minilm") for algorithm in ("GPTQ", "chain") for lorc in (0, 8)),
]

// After the phase nothing computes on weights in floating point, whatever the
// formats, groups and compensation; before it the check fails.
// DEFINE: %{decide} =
// DEFINE: %{check} = zq-opt %s --zq-decide="%{decide}" --zq-materialize --zq-optimize --mlir-print-op-generic | \
// DEFINE:   %python %S/Inputs/check_integer_weights.py 2 | FileCheck %s
// RUN: %{check}
// REDEFINE: %{decide} = weight-format=e3m0 constraint=m1 group-size=32 lorc-rank=2
// RUN: %{check}
// REDEFINE: %{decide} = weight-format=e1m2 activation-format=e5m2 group-size=row
// RUN: %{check}
// REDEFINE: %{decide} = weight-format=int4 activation-format=int8 max-shift=15 rounding=mse
// RUN: %{check}
// RUN: zq-opt %s --zq-decide --zq-materialize --mlir-print-op-generic | \
// RUN:   not %python %S/Inputs/check_integer_weights.py 2 2>&1 | FileCheck %s --check-prefix=BEFORE

// CHECK: ok 2 linears
// BEFORE: AssertionError: weight and scales
func.func @f(%x: tensor<?x99xbf16>, %b: tensor<4xbf16>) -> (tensor<?x4xbf16>, tensor<?x4xbf16>) {
  %w = arith.constant dense<0.5> : tensor<4x99xbf16>
  %0 = zq.linear %x, %w {name = "up"} : (tensor<?x99xbf16>, tensor<4x99xbf16>) -> tensor<?x4xbf16>
  %1 = zq.linear %x, %w bias(%b) {name = "gate"} : (tensor<?x99xbf16>, tensor<4x99xbf16>, tensor<4xbf16>) -> tensor<?x4xbf16>
  return %0, %1 : tensor<?x4xbf16>, tensor<?x4xbf16>
}

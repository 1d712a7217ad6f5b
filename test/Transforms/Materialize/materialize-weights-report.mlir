// The report, and the same numbers in a remark.
// RUN: zq-opt %s --zq-decide="lorc-rank=1 weight-format=int4 activation-format=int8 constraint=m1 max-shift=6" --zq-materialize="report=%t.json probe-tokens=5" \
// RUN:   --remarks-filter-passed=zq -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s < %t.json
// RUN: %python -c "import json; json.load(open(r'%t.json'))"
// RUN: zq-opt %s --zq-decide --zq-materialize="report=%t.json probe-tokens=0" -o /dev/null
// RUN: FileCheck %s --check-prefix=NOPROBE < %t.json

// The weight is exact: one magnitude, so that there is no error to speak of.
// REMARK: [Passed] zq-materialize-weights {{.*}}Function=f{{.*}}BytesAfter=60, BytesBefore=64, Layer=layer, OutputError=
// CHECK: "version": 1,
// CHECK: "algorithm": "rtn",
// CHECK: "tokens": 5,
// CHECK: "name": "layer",
// CHECK-NEXT: "function": "f",
// CHECK-NEXT: "n": 4,
// CHECK-NEXT: "k": 4,
// CHECK-NEXT: "weight_format": "int4",
// CHECK-NEXT: "activation_format": "int8",
// CHECK-NEXT: "expressed": "f32",
// CHECK-NEXT: "group_size": 4,
// CHECK-NEXT: "constraint": "m1",
// CHECK-NEXT: "clip": "absmax",
// CHECK-NEXT: "rounding": "ceil",
// CHECK-NEXT: "anchor_search": false,
// CHECK-NEXT: "max_shift": 6,
// CHECK-NEXT: "lorc_rank": 1,
// CHECK-NEXT: "lorc_type": "f32",
// CHECK-NEXT: "sqnr_db": null,
// CHECK-NEXT: "sqnr_lorc_db": null,
// CHECK-NEXT: "output_error": {{0\.0[0-9]+}},
// CHECK-NEXT: "groups": 4,
// CHECK-NEXT: "zero_groups": 0,
// CHECK-NEXT: "clamped_groups": 0,
// CHECK-NEXT: "shift_histogram": [
// CHECK-NEXT:   4
// CHECK-NEXT: ],
// 8 bytes of codes, 4 anchors, 4 shifts, factors of 1 x 4 and 4 x 1.
// CHECK-NEXT: "bytes_before": 64,
// CHECK-NEXT: "bytes_after": 60
// NOPROBE: "output_error": null,
func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = arith.constant dense<4.0> : tensor<4x4xf32>
  %y = zq.linear %x, %w {name = "layer"} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

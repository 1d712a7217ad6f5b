// A wrong value is refused by the name of the option, with what it may be.
// RUN: split-file %s %t
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=weight-format=e3m4 2>&1 | FileCheck %s --check-prefix=WEIGHT
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=activation-format=bf16 2>&1 | FileCheck %s --check-prefix=ACTIVATION
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=group-size=100 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=clip=percentile 2>&1 | FileCheck %s --check-prefix=CLIP
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules=a=group:32 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules=a=group-size:7 2>&1 | FileCheck %s --check-prefix=VALUE
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules=a 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules=[a=skip 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules-file=%t/none.json 2>&1 | FileCheck %s --check-prefix=NOFILE
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules-file=%t/text.json 2>&1 | FileCheck %s --check-prefix=NOJSON
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules-file=%t/object.json 2>&1 | FileCheck %s --check-prefix=NOARRAY
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules-file=%t/nolayers.json 2>&1 | FileCheck %s --check-prefix=NOLAYERS
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=rules-file=%t/value.json 2>&1 | FileCheck %s --check-prefix=JSONVALUE
// RUN: not zq-opt %t/f.mlir --zq-quantize-linear=grup-size=32 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// WEIGHT: error: zq-quantize-linear: weight-format is 'e3m4', want e2m1, e3m0, e1m2, int4, e4m3, e5m2, int8 or none
// ACTIVATION: error: zq-quantize-linear: activation-format is 'bf16', want e4m3, e5m2 or int8
// GROUP: error: zq-quantize-linear: group-size is '100', want 32, 64, 128, 256 or row
// CLIP: error: zq-quantize-linear: clip is 'percentile', want absmax or search
// KEY: error: zq-quantize-linear: the rule for 'a' sets 'group', want one of skip, weight-format
// VALUE: error: zq-quantize-linear: in the rule for 'a': group-size is '7', want
// EMPTY: error: zq-quantize-linear: the rule for 'a' sets nothing, want 'a=skip' or 'a=option:value,...'
// GLOB: error: zq-quantize-linear: the rule for '[a' is no glob
// NOFILE: error: zq-quantize-linear: cannot read rules-file '{{.*}}none.json'
// NOJSON: error: zq-quantize-linear: rules-file '{{.*}}text.json' is no JSON
// NOARRAY: error: zq-quantize-linear: rules-file '{{.*}}object.json' holds no array of rules at its top
// NOLAYERS: error: zq-quantize-linear: rule 1 of rules-file '{{.*}}nolayers.json' is no object with the string "layers"
// JSONVALUE: error: zq-quantize-linear: rule 0 of rules-file '{{.*}}value.json': the value of "group-size" is no string, integer or boolean
// UNKNOWN: no such option grup-size

//--- f.mlir
module {}
//--- text.json
lm_head=skip
//--- object.json
{"layers": "a", "skip": true}
//--- nolayers.json
[{"layers": "a", "skip": true}, {"skip": true}]
//--- value.json
[{"layers": "a", "group-size": [32]}]

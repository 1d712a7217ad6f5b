// What --tune has no use for is refused before the module is read, as are outputs
// that are inputs.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: zq-opt %s --zq-write-module=file=m.zqm -o /dev/null
// RUN: cp m.zqm copy.zqm && ln -s m.zqm link.zqm
// RUN: not zq-run m.zqm --tune m.zqm 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not zq-run m.zqm --tune ./link.zqm 2>&1 | FileCheck %s --check-prefix=SAME
// SAME: zq-run: error: --tune: found '{{m.zqm|./link.zqm}}', which is the module and would be replaced, wanted another file
// RUN: not zq-run m.zqm --linear a --output=m.zqm 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: zq-run: error: --output: found 'm.zqm', which is the module and would be replaced, wanted another file
// RUN: cmp m.zqm copy.zqm

// RUN: not zq-run m.zqm --linear a --input x.npy --output ./x.npy 2>&1 | FileCheck %s --check-prefix=INPUT
// INPUT: zq-run: error: --output: found './x.npy', which is the file of --input and would be replaced

// RUN: not zq-run m.zqm --tune t.json --device cpu 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--device
// RUN: not zq-run m.zqm --tune t.json --threads 2 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--threads
// RUN: not zq-run m.zqm --warmup 3 --tune t.json 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--warmup
// RUN: not zq-run m.zqm --tune t.json --input random:1 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--input
// RUN: not zq-run m.zqm --tune t.json --tolerance=1 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--tolerance
// RUN: not zq-run m.zqm --tune t.json --repeat 5 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--repeat
// RUN: not zq-run m.zqm --tune t.json --list 2>&1 | FileCheck %s --check-prefix=OPTION -DOPTION=--list
// OPTION: zq-run: error: --tune measures and compares on the GPU by itself: found [[OPTION]] with it, wanted --linear and --m alone
// RUN: not ls t.json

zqgpu.linear @a 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E5M2 input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.3> : tensor<130xf32>)

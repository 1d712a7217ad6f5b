// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: zq-opt %s --zq-write-module=file=m.zqm -o /dev/null
// RUN: not zq-run 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: zq-run: error: no module given; see zq-run --help
// RUN: not zq-run none.zqm 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: zq-run: error: none.zqm: cannot open: No such file or directory
// RUN: not zq-run %s 2>&1 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: errors.mlir: not a compiled zq module
// RUN: head -c 1000 m.zqm > short.zqm
// RUN: not zq-run short.zqm 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: short.zqm: truncated: found 1000 bytes, wanted {{[0-9]+}}
// RUN: not zq-run m.zqm --linear b 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: m.zqm: none of the module's 1 linears is called 'b'
// RUN: not zq-run m.zqm --m 1,-1 2>&1 | FileCheck %s --check-prefix=TOKENS
// TOKENS: --m: found '1,-1', wanted numbers of tokens
// RUN: not zq-run m.zqm --m 4294967297 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: --m: found '4294967297', wanted numbers of tokens below 2^31
// RUN: not zq-run m.zqm --threads 100000 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: --threads: found '100000', wanted a number from 1 to 1024
// RUN: ulimit -v 4000000 && not zq-run m.zqm --m 2147483647 2>&1 | FileCheck %s --check-prefix=MEMORY
// MEMORY: zq-run: error: out of memory
// RUN: not zq-run m.zqm --mode fast 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: unknown option --mode; see zq-run --help
// RUN: not zq-run m.zqm --compare cpu 2>&1 | FileCheck %s --check-prefix=COMPARE
// COMPARE: --compare cpu wants --device cuda
// RUN: %python %S/../../Target/Module/Inputs/npy.py write x.npy 2 3  1 2 3 4 5 6
// RUN: not zq-run m.zqm --linear a --input x.npy --output y.npy 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: x.npy: found 2x3xF32, wanted K or M x K numbers with K = 70
// RUN: ls | FileCheck %s --check-prefix=FILES
// FILES-NOT: y.npy

zqgpu.linear @a 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E5M2 input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.3> : tensor<130xf32>)

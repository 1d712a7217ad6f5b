// No register of a product in flight is touched before a wait that covers it, and
// all are fenced: on the PTX of every kind of kernel, along every path.
//
// RUN: zq-opt %S/Inputs/linears.mlir --zqgpu-to-cubin="assemble=false tokens=8,128" -o %t.promoted.mlir
// RUN: %python %S/Inputs/check_wgmma.py %t.promoted.mlir | FileCheck %s --check-prefix=FEW
// RUN: zq-opt %S/Inputs/linears.mlir --zqgpu-to-cubin="assemble=false tokens=24,256 accumulation=fast" -o %t.fast.mlir
// RUN: %python %S/Inputs/check_wgmma.py %t.fast.mlir | FileCheck %s --check-prefix=MANY

// 5 linears, 2 kernels each, and 4 products of a tile. Promoted, codes read ahead: the
// first lower half, a turn of two halves and the last upper half are written out. Two
// products more where low-rank compensation goes through the ring, in 3 of them.
// FEW: {{^}}86 wgmma checked
// Fast: 20 where codes are read a tile ahead, as two tiles of a turn and the last one or
// two are written out.
// MANY: {{^}}170 wgmma checked

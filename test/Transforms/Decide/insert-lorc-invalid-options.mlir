// RUN: not zq-opt %s --zq-insert-lorc=rank=-1 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not zq-opt %s --zq-insert-lorc=factor-type=e4m3 2>&1 | FileCheck %s --check-prefix=TYPE
// RANK: error: zq-insert-lorc: rank is '-1', want 0 (none) or a rank
// TYPE: error: zq-insert-lorc: factor-type is 'e4m3', want expressed or bf16
module {}

// Every byte of materialized layers against the definitions, recomputed by a
// script that shares nothing with zq. K is odd, no multiple of the groups.
// RUN: %python %S/Inputs/make_weights.py %t.safetensors 9 203
// RUN: sed s#FILE#%t.safetensors# %s > %t.mlir
// DEFINE: %{group} = 32
// DEFINE: %{format} = e2m1
// DEFINE: %{constraint} = free
// DEFINE: %{option} = none
// DEFINE: %{check} = \
// DEFINE:   zq-opt %t.mlir --zq-decide="group-size=%{group} weight-format=%{format} constraint=%{option}" \
// DEFINE:     --zq-materialize=report=%t.json --mlir-print-elementsattrs-with-hex-if-larger=0 > %t.out && \
// DEFINE:   %python %S/Inputs/check_layer.py %t.safetensors %t.out %t.json %{format} %{group} %{constraint}
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = e3m0
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{constraint} = m1
// REDEFINE: %{option} = m1
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{constraint} = m2
// REDEFINE: %{option} = m2
// REDEFINE: %{group} = 64
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = int4
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = e1m2
// REDEFINE: %{group} = row
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = e2m1
// REDEFINE: %{group} = 32
// RUN: %{check} | FileCheck %s --check-prefix=OK

// REDEFINE: %{constraint} = m3
// REDEFINE: %{option} = m3
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = e3m0
// REDEFINE: %{group} = 64
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{constraint} = free
// REDEFINE: %{option} = m2
// REDEFINE: %{format} = e4m3
// RUN: %{check} | FileCheck %s --check-prefix=OK
// REDEFINE: %{format} = int8
// REDEFINE: %{group} = row
// RUN: %{check} | FileCheck %s --check-prefix=OK

// OK: ok {{.*}} dB
func.func @f(%x: tensor<3x203xf32>) -> tensor<3x9xf32> {
  %w = zq.weight "w" from "FILE" : tensor<9x203xf32>
  %y = zq.linear %x, %w {name = "layer"} : (tensor<3x203xf32>, tensor<9x203xf32>) -> tensor<3x9xf32>
  return %y : tensor<3x9xf32>
}

// RUN: zq-opt --zq-insert-observers --verify-diagnostics %s

func.func @twice(%x: tensor<4x8xf32>, %w: tensor<2x8xf32>, %z: tensor<4x8xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  // expected-note @below {{the other layer is here}}
  %a = zq.linear %x, %w {name = "up"} : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  // expected-error @below {{is called 'up' as another layer is: statistics are kept by name, give each its own}}
  %b = zq.linear %z, %w {name = "up"} : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  return %a, %b : tensor<4x2xf32>, tensor<4x2xf32>
}

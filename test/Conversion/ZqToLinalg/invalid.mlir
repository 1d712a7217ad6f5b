// RUN: zq-opt --zq-to-linalg --split-input-file --verify-diagnostics %s

// What has no values yet cannot run.
!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x32, scale = #zq.free>
func.func @decision(%w: tensor<8x32xf32>) -> (tensor<8x32x!q>, tensor<8x1xf32>) {
  // expected-error @+1 {{is a decision that is not computed yet: run zq-materialize-weights before zq-to-linalg}}
  %q, %s = zq.quantize_weight %w : tensor<8x32xf32> -> tensor<8x32x!q>, tensor<8x1xf32>
  return %q, %s : tensor<8x32x!q>, tensor<8x1xf32>
}

// -----

func.func @no_file() -> tensor<8x32xf32> {
  // expected-error @+1 {{no-such-file.safetensors}}
  %w = zq.weight "w" from "no-such-file.safetensors" : tensor<8x32xf32>
  return %w : tensor<8x32xf32>
}

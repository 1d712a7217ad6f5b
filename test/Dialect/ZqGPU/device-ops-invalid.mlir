// RUN: zq-opt %s --split-input-file --verify-diagnostics

func.func @n(%a: vector<4xi32>, %b: i64, %acc: vector<3xf32>, %more: i1) {
  // expected-error @+1 {{operand #2 must be vector of n/2 x f32, with n a multiple of 8 from 8 to 256}}
  %d = zqgpu.wgmma %a, %b, %acc if %more {activation_format = f8E4M3FN} : vector<3xf32>
  return
}

// -----

func.func @format(%a: vector<4xi32>, %b: i64, %acc: vector<4xf32>, %more: i1) {
  // expected-error @+1 {{activation format is 'i8', want f8E4M3FN, f8E5M2 or tf32}}
  %d = zqgpu.wgmma %a, %b, %acc if %more {activation_format = i8} : vector<4xf32>
  return
}

// -----

func.func @step(%smem: !llvm.ptr<3>) {
  // expected-error @+1 {{k is 16, want 0, 32, 64 or 96}}
  %b = zqgpu.descriptor %smem {k = 16} : !llvm.ptr<3>
  return
}

// -----

func.func @shared(%global: !llvm.ptr<1>) {
  // expected-error @+1 {{operand #0 must be !llvm.ptr<3>, but got '!llvm.ptr<1>'}}
  %b = zqgpu.descriptor %global {k = 0} : !llvm.ptr<1>
  return
}

// -----

func.func @window(%shift: i32) {
  // expected-error @+1 {{max_shift is 12, but '!zq.e3m0' is exact in f8E4M3FN only for shifts up to 11}}
  %low, %high = zqgpu.shift_table %shift {weight_format = !zq.e3m0, max_shift = 12}
  return
}

// -----

func.func @multipliers(%step: i32) {
  // expected-error @+1 {{has multipliers, but 'i4' times 1.25 or 1.5 is not exact in f8E4M3FN}}
  %low, %high = zqgpu.shift_table %step {weight_format = i4, max_shift = 3, multipliers}
  return
}

// -----

func.func @step_window(%step: i32) {
  // expected-error @+1 {{max_shift is 12, but 'f4E2M1FN' times 1, 1.25 and 1.5 is exact in f8E4M3FN only for shifts up to 11}}
  %low, %high = zqgpu.shift_table %step {weight_format = f4E2M1FN, max_shift = 12, multipliers}
  return
}

// -----

func.func @registers(%x: i32) {
  // expected-error @+1 {{must be variadic of}}
  %y = zqgpu.wgmma_wait %x {pending = 0} : i32
  return
}

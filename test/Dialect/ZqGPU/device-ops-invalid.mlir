// RUN: zq-opt %s --split-input-file --verify-diagnostics

func.func @n(%a: vector<4xi32>, %b: i64, %acc: vector<3xf32>, %more: i1) {
  // expected-error @+1 {{operand #2 must be vector of n/2 x f32, with n a multiple of 8 from 8 to 256}}
  %d = zqgpu.wgmma %a, %b, %acc if %more {activation_format = f8E4M3FN} : vector<3xf32>
  return
}

// -----

func.func @format(%a: vector<4xi32>, %b: i64, %acc: vector<4xf32>, %more: i1) {
  // expected-error @+1 {{activation format is 'i8', want f8E4M3FN or f8E5M2}}
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

func.func @registers(%x: i32) {
  // expected-error @+1 {{must be variadic of}}
  %y = zqgpu.wgmma_wait %x {pending = 0} : i32
  return
}

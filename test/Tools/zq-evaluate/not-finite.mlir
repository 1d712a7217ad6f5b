// Windows without a next token, and numbers that are not finite, are errors and
// no NaN in a report. Masked logits are neither.
// REQUIRES: numpy
// RUN: %python -c "import numpy; numpy.save(r'%t.one.npy', numpy.zeros((3, 1), numpy.int64)); numpy.save(r'%t.npy', numpy.array([[0, 1], [1, 0]])); numpy.save(r'%t.masked.npy', numpy.array([[0, 1], [1, 2]]))"

// RUN: rm -f %t.json
// RUN: not zq-evaluate %s --windows=%t.one.npy --json=%t.json 2>&1 | FileCheck %s --check-prefix=ONE
// ONE: error: windows have 1 token, want at least 2
// RUN: not ls %t.json
// RUN: zq-evaluate %s --windows=%t.one.npy --head= | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: 3 windows of 1 tokens

// RUN: not zq-evaluate first=%s --windows=%t.npy --model=nan --head= --json=%t.json 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: error: window 1: first: the sum of squares of the reference's output is {{-?}}nan, want a finite one
// RUN: not zq-evaluate first=%s --windows=%t.npy --head=nans --json=%t.json 2>&1 | FileCheck %s --check-prefix=NANS
// NANS: error: window 0: first: the sum of -log p(next token) is {{-?}}nan, want a finite one
// RUN: not zq-evaluate first=%s --windows=%t.masked.npy --head=masked --jobs=1 2>&1 | FileCheck %s --check-prefix=NEXT
// NEXT: error: window 1: first: the sum of -log p(next token) is inf, want a finite one; {{.*}} tokens that it gives no probability
// RUN: not ls %t.json

// RUN: zq-evaluate a=%s b=%s --windows=%t.npy --head=masked --json=%t.json | FileCheck %s --check-prefix=MASKED
// MASKED:      a            2.0000   0.00   0.00000
// MASKED-NEXT: b            2.0000   0.00   0.00000             inf
// RUN: %python -c "import json; b = json.load(open(r'%t.json'))['modules'][1]; assert abs(b['kl']) < 1e-15 and b['output_sqnr_db'] is None, b"

func.func @model(%tokens: tensor<1x?xi64>) -> tensor<1x?x2xf32> {
  %c1 = arith.constant 1 : index
  %size = tensor.dim %tokens, %c1 : tensor<1x?xi64>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%size) : tensor<1x?x2xf32>
  %0 = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x?x2xf32>) -> tensor<1x?x2xf32>
  return %0 : tensor<1x?x2xf32>
}
// NaN where a window begins with 1.
func.func @nan(%tokens: tensor<1x2xi64>) -> tensor<1x2xf32> {
  %c0 = arith.constant 0 : index
  %token = tensor.extract %tokens[%c0, %c0] : tensor<1x2xi64>
  %zero = arith.constant 0.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c1 = arith.constant 1 : i64
  %is = arith.cmpi eq, %token, %c1 : i64
  %a = arith.select %is, %infinity, %zero : f32
  %b = arith.subf %a, %a : f32
  %empty = tensor.empty() : tensor<1x2xf32>
  %0 = linalg.fill ins(%b : f32) outs(%empty : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
func.func @head(%x: tensor<1x1x2xf32>) -> tensor<1x1x3xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}
func.func @nans(%x: tensor<1x1x2xf32>) -> tensor<1x1x3xf32> {
  %0 = arith.constant dense<0x7FC00000> : tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}
func.func @masked(%x: tensor<1x1x2xf32>) -> tensor<1x1x3xf32> {
  %0 = arith.constant dense<[[[0.5, 0.5, 0xFF800000]]]> : tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}

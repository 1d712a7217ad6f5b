//===- Multiversion.h - one loop compiled for several CPUs ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inner loops are written once, as always-inlined functions, and compiled for
// the baseline, for AVX2 and for AVX-512; the CPU chooses at run time. All
// versions compute the same bits: the library is compiled without contraction
// to fused multiply-adds, and sums have an order of their own.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_MULTIVERSION_H
#define ZQ_LIB_QUANTIZATION_MULTIVERSION_H

#define ZQ_ALWAYS_INLINE inline __attribute__((always_inline))
#define ZQ_ALWAYS_INLINE_LAMBDA __attribute__((always_inline))

#if defined(__x86_64__)
namespace zq {
enum class CpuLevel { Baseline, AVX2, AVX512 };
inline CpuLevel getCpuLevel() {
  static const CpuLevel level = [] {
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return CpuLevel::AVX512;
    return __builtin_cpu_supports("avx2") ? CpuLevel::AVX2 : CpuLevel::Baseline;
  }();
  return level;
}
} // namespace zq

/// Defines `static RESULT NAME PARAMETERS`, which calls `NAME##Inline
/// ARGUMENTS` as compiled for this CPU.
#define ZQ_MULTIVERSION(RESULT, NAME, PARAMETERS, ARGUMENTS)                   \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) static RESULT  \
      NAME##AVX512 PARAMETERS {                                                \
    return NAME##Inline ARGUMENTS;                                             \
  }                                                                            \
  __attribute__((target("avx2"))) static RESULT NAME##AVX2 PARAMETERS {        \
    return NAME##Inline ARGUMENTS;                                             \
  }                                                                            \
  static RESULT NAME PARAMETERS {                                              \
    switch (zq::getCpuLevel()) {                                               \
    case zq::CpuLevel::AVX512:                                                 \
      return NAME##AVX512 ARGUMENTS;                                           \
    case zq::CpuLevel::AVX2:                                                   \
      return NAME##AVX2 ARGUMENTS;                                             \
    case zq::CpuLevel::Baseline:                                               \
      break;                                                                   \
    }                                                                          \
    return NAME##Inline ARGUMENTS;                                             \
  }
#else
#define ZQ_MULTIVERSION(RESULT, NAME, PARAMETERS, ARGUMENTS)                   \
  static RESULT NAME PARAMETERS { return NAME##Inline ARGUMENTS; }
#endif

/// Returns CALL, in which the constant `format` is the format VALUE.
#define ZQ_SWITCH_FORMAT(VALUE, CALL)                                          \
  switch (VALUE) {                                                             \
    ZQ_FORMAT_CASE(E2M1, CALL)                                                 \
    ZQ_FORMAT_CASE(E3M0, CALL)                                                 \
    ZQ_FORMAT_CASE(E1M2, CALL)                                                 \
    ZQ_FORMAT_CASE(INT4, CALL)                                                 \
    ZQ_FORMAT_CASE(E4M3, CALL)                                                 \
    ZQ_FORMAT_CASE(E5M2, CALL)                                                 \
    ZQ_FORMAT_CASE(E3M4, CALL)                                                 \
    ZQ_FORMAT_CASE(E2M5, CALL)                                                 \
    ZQ_FORMAT_CASE(INT8, CALL)                                                 \
  }
#define ZQ_FORMAT_CASE(FORMAT, CALL)                                           \
  case Format::FORMAT: {                                                       \
    constexpr Format format = Format::FORMAT;                                  \
    return CALL;                                                               \
  }

#endif // ZQ_LIB_QUANTIZATION_MULTIVERSION_H

//===- ModuleDescription.h - what a compiled module holds -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The description of a compiled module, as the compiler writes it into the
// manifest of a module file and the runtime reads it back. It says the same as
// the `zqgpu.linear` ops that it was made from (dialects/ZqGPU), without MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_RUNTIME_MODULEDESCRIPTION_H
#define ZQ_RUNTIME_MODULEDESCRIPTION_H

#include "zq/Numerics/Formats.h"
#include "zq/Support/Result.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace zq::runtime {

/// A float type of a model.
enum class ElementType : uint8_t { BF16, F16, F32 };
/// "bf16", "f16", "f32".
std::string_view getElementTypeName(ElementType type);
std::optional<ElementType> parseElementType(std::string_view name);
inline int64_t getByteSize(ElementType type) {
  return type == ElementType::F32 ? 4 : 2;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

enum class BufferKind : uint8_t {
  User,      ///< "x", "y" or "residual"
  Workspace, ///< a workspace of the variant
  Blob,      ///< constant data of the linear: "weights", "row_scale", ...
};

/// Kernel argument: the address of a device buffer.
struct BufferParam {
  BufferKind kind;
  std::string name;
};
/// Kernel argument: M, an i32.
struct TokensParam {};
/// Kernel argument: a CUtensorMap over a workspace of M rows of `columns`
/// bytes: UINT8, rank 2, 128-byte swizzle, zeros out of bounds.
struct TensorMapParam {
  std::string buffer;
  int64_t columns;
  int64_t boxRows;
  int64_t boxColumns;
};
/// Kernel argument: an integer of 32 or 64 bits.
struct IntegerParam {
  int64_t value;
  unsigned bits;
};
using Param =
    std::variant<BufferParam, TokensParam, TensorMapParam, IntegerParam>;

/// `ceil(M / tokens) * ctas` CTAs along x, or `ctas` where `tokens` is 0; no
/// more than `perSm` times the multiprocessors where `perSm` is not 0.
struct Grid {
  int64_t tokens;
  int64_t ctas;
  int64_t perSm;

  int64_t getSize(int64_t m, int64_t sms) const;
};

/// The most parameters that a launch may have.
constexpr size_t kMaxParams = 32;

struct Launch {
  std::string cubin;
  std::string kernel;
  Grid grid;
  int64_t block;
  int64_t cluster;
  int64_t shared;
  bool programmatic;
  std::vector<Param> params;

  /// The grid's CTAs; persistent clusters are no more than run at once.
  int64_t getCtas(int64_t m, int64_t sms) const;
};

/// `bytesPerToken * M + bytes` bytes, uninitialized.
struct Workspace {
  std::string name;
  int64_t bytesPerToken;
  int64_t bytes;
};

/// How to run a linear on the GPU for first <= M <= last.
struct Variant {
  int64_t first;
  int64_t last;
  /// What the kernel looks like, for reports.
  std::string schedule;
  std::vector<Workspace> workspaces;
  std::vector<Launch> launches;
};

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

/// Constant data of a linear: which blob of the file, and of what floats.
struct BlobRef {
  size_t blob;
  ElementType type;
};

/// ```
/// s[m]    = max over k |x[m, k]| / largest(activation), or 1 where that is 0
/// q[m, k] = round(x[m, k] / s[m])
/// y[m, n] = row_scale[n] * s[m] * sum over k of w8[n, k] * q[m, k]
///           + sum over r of up[n, r] * (sum over k of x[m, k] * down[r, k])
///           + bias[n]
///           + residual[m, n]
/// ```
struct Linear {
  std::string name;
  int64_t n;
  int64_t k;
  int64_t group;
  Format weightFormat;
  int64_t maxShift;
  /// Whether a shift is a step with a multiplier (zq/Numerics/ShiftCast.h).
  bool multipliers = false;
  Format activationFormat;
  ElementType inputType;
  ElementType outputType;
  /// Codes and shifts, N x K, in tiles (zq/Numerics/TileLayout.h).
  size_t weights;
  /// N FP32 numbers.
  size_t rowScale;
  /// r x K and N x r, both or neither; `rank` is r, or 0.
  int64_t rank;
  std::optional<BlobRef> down;
  std::optional<BlobRef> up;
  std::optional<BlobRef> bias;
  /// Whether there is one, which comes with x.
  bool residual = false;
  /// Ranges of M, ascending from 1 without gaps; none without GPU kernels.
  std::vector<Variant> variants;

  /// The variant for M >= 1, or null.
  const Variant *getVariant(int64_t m) const;
};

struct Cubin {
  std::string name;
  /// "sm_90a"
  std::string target;
  size_t blob;
};

/// A range of the file's data section.
struct BlobRange {
  uint64_t offset;
  uint64_t size;
};

struct ModuleDescription {
  /// The compiler and its version, for messages.
  std::string producer;
  std::vector<Linear> linears;
  std::vector<Cubin> cubins;
  /// `blobs[i].size` is what the writer is given; offsets are its own.
  std::vector<BlobRange> blobs;
};

nlohmann::json toJson(const ModuleDescription &module);
/// The reverse; checks that every key is there with its type.
/// A manifest of this version of the format (ModuleFile::kVersion).
Result<ModuleDescription> fromJson(const nlohmann::json &manifest,
                                   uint32_t version);
/// Checks that the parts fit each other: sizes of blobs, names that launches
/// refer to, ranges of M.
Result<void> validate(const ModuleDescription &module);

} // namespace zq::runtime

#endif // ZQ_RUNTIME_MODULEDESCRIPTION_H

//===- Result.h - a value or an error message -------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the functions of this library return: they neither throw nor print, so
// that a pass can turn the message into a located diagnostic.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_RESULT_H
#define ZQ_QUANTIZATION_RESULT_H

#include <string>
#include <utility>
#include <variant>

namespace zq {

/// Why a computation was refused: what was found and what was wanted, in a
/// form that follows "error: ".
struct QuantizationError {
  std::string message;
};

/// A value of type T or an error.
template <typename T> class Result {
public:
  Result(T value) : storage(std::move(value)) {}
  Result(QuantizationError error) : storage(std::move(error)) {}

  explicit operator bool() const { return storage.index() == 0; }
  T &operator*() { return *std::get_if<0>(&storage); }
  const T &operator*() const { return *std::get_if<0>(&storage); }
  T *operator->() { return std::get_if<0>(&storage); }
  const T *operator->() const { return std::get_if<0>(&storage); }
  /// Only where there is no value.
  const std::string &getError() const {
    return std::get_if<1>(&storage)->message;
  }

private:
  std::variant<T, QuantizationError> storage;
};

} // namespace zq

#endif // ZQ_QUANTIZATION_RESULT_H

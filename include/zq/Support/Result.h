//===- Result.h - a value or the text of an error ---------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the libraries without LLVM return where something can fail. The text
// names the file and the thing in it, what was found and what was wanted.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_RESULT_H
#define ZQ_SUPPORT_RESULT_H

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace zq {

struct Error {
  std::string message;
};

template <typename T> class [[nodiscard]] Result {
public:
  Result(T &&value) : storage(std::in_place_index<0>, std::move(value)) {}
  Result(const T &value) : storage(std::in_place_index<0>, value) {}
  Result(Error error) : storage(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return storage.index() == 0; }
  T &operator*() {
    assert(*this && "no value");
    return *std::get_if<0>(&storage);
  }
  const T &operator*() const {
    assert(*this && "no value");
    return *std::get_if<0>(&storage);
  }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  const std::string &message() const {
    assert(!*this && "no error");
    return std::get_if<1>(&storage)->message;
  }
  Error takeError() {
    assert(!*this && "no error");
    return std::move(*std::get_if<1>(&storage));
  }

private:
  std::variant<T, Error> storage;
};

/// Success, or the text of an error.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : error(std::move(error)), failed(true) {}

  explicit operator bool() const { return !failed; }
  const std::string &message() const { return error.message; }
  Error takeError() { return std::move(error); }

private:
  Error error;
  bool failed = false;
};

} // namespace zq

#endif // ZQ_SUPPORT_RESULT_H

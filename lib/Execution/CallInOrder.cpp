//===- CallInOrder.cpp - many calls on all cores --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Execution/CallInOrder.h"

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

using namespace zq;

namespace {

/// Hands out calls by number and takes back what they leave behind.
class Queue {
public:
  using MakeInputs = std::function<Result<std::vector<Array>>(int64_t)>;
  using Consume = std::function<Result<void>(int64_t, CallRecord)>;
  using Prepare = std::function<Result<void>(int64_t, CallRecord &)>;

  Queue(const CompiledFunction &function, int64_t count, int64_t maxInFlight,
        const MakeInputs &makeInputs, const Consume &consume, bool observes,
        const Prepare &prepare)
      : function(function), count(count), maxInFlight(maxInFlight),
        makeInputs(makeInputs), consume(consume), observes(observes),
        prepare(prepare) {}

  /// What every thread does.
  void work();

  Result<void> takeResult() {
    return error ? Result<void>(std::move(*error)) : Result<void>();
  }

private:
  std::optional<int64_t> takeNext();
  Result<CallRecord> run(int64_t index);
  void deliver(int64_t index, Result<CallRecord> record);

  const CompiledFunction &function;
  const int64_t count, maxInFlight;
  const MakeInputs &makeInputs;
  const Consume &consume;
  const bool observes;
  const Prepare &prepare;

  std::mutex mutex;
  std::condition_variable changed;
  int64_t next = 0;     ///< the first call that has not begun
  int64_t consumed = 0; ///< the first call that is not consumed
  bool consuming = false;
  std::map<int64_t, Result<CallRecord>> finished;
  std::optional<Error> error;
};

} // namespace

std::optional<int64_t> Queue::takeNext() {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] {
    return error || next == count || next - consumed < maxInFlight;
  });
  if (error || next == count)
    return std::nullopt;
  return next++;
}

Result<CallRecord> Queue::run(int64_t index) {
  Result<std::vector<Array>> inputs = makeInputs(index);
  if (!inputs)
    return inputs.takeError();
  CallRecord record;
  ObserveFunction observe;
  if (observes)
    observe = [&](int64_t number, const float *x, int64_t tokens, int64_t k) {
      Array copy(DType::F32, {tokens, k});
      if (copy.getNumBytes())
        std::memcpy(copy.data(), x, copy.getNumBytes());
      record.observations.push_back({number, std::move(copy)});
    };
  Result<std::vector<Array>> results = function.call(*inputs, observe);
  if (!results)
    return results.takeError();
  record.results = std::move(*results);
  if (prepare)
    if (Result<void> done = prepare(index, record); !done)
      return done.takeError();
  return record;
}

/// Keeps the record until its turn; one thread at a time consumes what is due.
void Queue::deliver(int64_t index, Result<CallRecord> record) {
  std::unique_lock<std::mutex> lock(mutex);
  finished.emplace(index, std::move(record));
  if (consuming)
    return;
  consuming = true;
  for (auto due = finished.find(consumed); due != finished.end() && !error;
       due = finished.find(consumed)) {
    Result<CallRecord> current = std::move(due->second);
    finished.erase(due);
    int64_t number = consumed;
    lock.unlock();
    Result<void> done = current ? consume(number, std::move(*current))
                                : Result<void>(current.takeError());
    lock.lock();
    if (!done)
      error = done.takeError();
    ++consumed;
    changed.notify_all();
  }
  consuming = false;
}

void Queue::work() {
  while (std::optional<int64_t> index = takeNext())
    deliver(*index, run(*index));
}

Result<void> zq::callInOrder(
    const CompiledFunction &function, int64_t count, unsigned threads,
    const std::function<Result<std::vector<Array>>(int64_t)> &makeInputs,
    const std::function<Result<void>(int64_t, CallRecord)> &consume,
    bool observes,
    const std::function<Result<void>(int64_t, CallRecord &)> &prepare) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  threads = std::max<int64_t>(1, std::min<int64_t>(threads, count));
  Queue queue(function, count, 2 * int64_t(threads), makeInputs, consume,
              observes, prepare);
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i)
    others.emplace_back([&] { queue.work(); });
  queue.work();
  for (std::thread &thread : others)
    thread.join();
  return queue.takeResult();
}

//===- KernelBuilder.h - writing kernels that read like kernels -*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thin layer over OpBuilder in which the kernels of this folder are written:
// scalars with operators, structured control flow with lambdas, and the few
// instructions of sm_90 that they need under the names that CUDA programmers
// know. Each section of the class is a file of this folder; what includes the
// NVVM dialect, which takes long to compile, is here and not in the kernels.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_BUILDER_KERNELBUILDER_H
#define ZQ_LIB_CONVERSION_HOPPER_BUILDER_KERNELBUILDER_H

#include "Scalar.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace zq::hopper {

/// What a kernel's parameter is.
enum class ParameterKind { Global, TensorMap, I32 };

class KernelBuilder {
public:
  KernelBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  template <typename OpTy, typename... Args> OpTy create(Args &&...args) {
    return OpTy::create(builder, loc, std::forward<Args>(args)...);
  }

  //===--- The kernel -----------------------------------------------------===//

  /// Opens a kernel of `threads` threads in the module that the builder stands
  /// in, whose registers let `perSm` CTAs share a multiprocessor; returns its
  /// parameters.
  llvm::SmallVector<mlir::Value>
  beginKernel(llvm::StringRef name, int64_t threads, int64_t perSm,
              llvm::ArrayRef<ParameterKind> parameters);
  void endKernel();

  /// The launch's shared memory, at a multiple of 1024 bytes: ask for
  /// `dynamicSharedSlack` bytes more than are used.
  mlir::Value dynamicShared();
  static constexpr int64_t dynamicSharedSlack = 1024;
  /// Shared memory of a fixed size that belongs to the kernel.
  mlir::Value staticShared(llvm::StringRef name, int64_t bytes);
  /// What `shared` is in the CTA of this rank in the cluster.
  mlir::Value inCluster(mlir::Value shared, Scalar rank);

  //===--- Threads --------------------------------------------------------===//

  Scalar threadIdx();
  /// Read here and nowhere else: what follows from it is not computed earlier,
  /// to stay in registers until then.
  Scalar threadIdxAnew();
  Scalar blockIdx();
  Scalar gridDim();
  /// Lane 0's value in all lanes: what the compiler must know to be uniform in
  /// a warp before roles branch on it.
  Scalar broadcast(Scalar value);
  Scalar shuffleXor(Scalar value, int64_t laneMask);
  void syncThreads();
  /// `count` threads meet at a barrier of their own, from 1 on.
  void syncThreads(Scalar barrier, int64_t count);
  void syncWarp();
  /// Waits for all threads of the cluster that have not ended; what they wrote
  /// to shared memory before is seen after.
  void syncCluster();
  void arriveAtCluster();
  void waitForCluster();
  void setMaxRegisters(int64_t count, bool increase);
  void waitForPreviousKernel();
  void allowNextKernel();

  //===--- Values ---------------------------------------------------------===//

  Scalar i32(int64_t value);
  Scalar f32(double value);
  Scalar boolean(bool value);
  mlir::Value zeroVector(mlir::Type element, int64_t length);
  /// A value that nobody may look at.
  mlir::Value undefined(mlir::Type type);

  Scalar min(Scalar a, Scalar b); ///< unsigned
  Scalar max(Scalar a, Scalar b); ///< floats; NaN wins
  mlir::Value maxUnsigned(mlir::Value a, mlir::Value b);
  Scalar abs(Scalar a);
  Scalar fma(Scalar a, Scalar b, Scalar c);
  Scalar negate(Scalar a);                       ///< a float
  mlir::Value add(mlir::Value a, mlir::Value b); ///< vectors of floats
  Scalar select(Scalar condition, Scalar a, Scalar b);

  Scalar extract(mlir::Value vector, int64_t index);
  llvm::SmallVector<mlir::Value> unpack(mlir::Value vector);
  mlir::Value pack(llvm::ArrayRef<mlir::Value> elements);

  Scalar asI32(Scalar value); ///< zero extension
  Scalar asI64(Scalar value); ///< zero extension
  mlir::Value bitcast(mlir::Type type, mlir::Value value);
  Scalar toF32(mlir::Value value); ///< from a narrower float
  /// The elements of floats' vectors, as f32.
  llvm::SmallVector<Scalar> asFloats(llvm::ArrayRef<mlir::Value> vectors);
  Scalar toTF32(Scalar value); ///< the bits as i32, to nearest
  /// Two floats, rounded to a type of 16 bits, as i32: `first` in the low half.
  Scalar packPair(mlir::Type type, mlir::Value first, mlir::Value second);
  /// The reverse, as f32.
  llvm::SmallVector<Scalar> unpackPair(mlir::Type type, mlir::Value pair);
  /// Two numbers in FP8, saturating, as 16 bits: `first` in the low byte.
  Scalar convertToFP8(mlir::Type format, Scalar first, Scalar second);

  //===--- Control flow ---------------------------------------------------===//

  using State = llvm::SmallVector<mlir::Value>;

  /// for (i = first; i < last; i += step), unsigned; the body maps the values
  /// carried in to the values carried on.
  State loop(Scalar first, Scalar last, Scalar step, mlir::ValueRange carried,
             llvm::function_ref<State(Scalar, mlir::ValueRange)> body);
  void ifThen(Scalar condition, llvm::function_ref<void()> then);
  /// `values`, or what `then` makes of them.
  State ifThen(Scalar condition, mlir::ValueRange values,
               llvm::function_ref<State(mlir::ValueRange)> then);
  void ifElse(Scalar condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);
  /// The values of `then` or of `otherwise`.
  State choose(Scalar condition, llvm::function_ref<State()> then,
               llvm::function_ref<State()> otherwise);

  //===--- Memory ---------------------------------------------------------===//

  mlir::Value offset(mlir::Value pointer, Scalar bytes);
  mlir::Value offset(mlir::Value pointer, int64_t bytes);
  /// The address of element `index`.
  mlir::Value element(mlir::Type type, mlir::Value array, Scalar index);
  /// An address in global memory as i64.
  Scalar asInteger(mlir::Value pointer);

  mlir::Value load(mlir::Type type, mlir::Value pointer);
  void store(mlir::Value value, mlir::Value pointer);
  mlir::Value loadVector(mlir::Type type, int64_t length, mlir::Value pointer);
  /// Element `index` of an array of bf16, f16 or f32, as f32.
  Scalar loadFloat(mlir::Type type, mlir::Value array, Scalar index);
  /// Rounds to nearest, ties to even.
  void storeFloat(mlir::Type type, Scalar value, mlir::Value array,
                  Scalar index);
  /// `count` elements from `index` as they are, with loads of 16 bytes: the
  /// address is a multiple of that.
  llvm::SmallVector<mlir::Value> loadWide(mlir::Type type, mlir::Value array,
                                          Scalar index, int64_t count);
  /// Likewise as f32.
  llvm::SmallVector<Scalar> loadFloats(mlir::Type type, mlir::Value array,
                                       Scalar index, int64_t count) {
    return asFloats(loadWide(type, array, index, count));
  }

  /// Sets an i32 flag; who sees it set sees all that the warp wrote before a
  /// syncWarp in front of it.
  void setFlag(mlir::Value flag);
  void waitForFlag(mlir::Value flag);

  //===--- Matrices -------------------------------------------------------===//

  /// By a warp: up to four 8 x 8 matrices of 16 bits, transposed. `pairs` are
  /// this thread's of each; lane 8 i + j says where row j of matrix i goes.
  void storeTransposed(mlir::ValueRange pairs, mlir::Value shared);
  /// The reverse: this thread's pairs of `count` such matrices, 1, 2 or 4.
  llvm::SmallVector<mlir::Value> loadTransposed(mlir::Value shared,
                                                int64_t count);
  /// c + a x b of m16n8k8 in TF32, by a warp.
  llvm::SmallVector<mlir::Value>
  multiplyTF32(mlir::ValueRange a, mlir::ValueRange b, mlir::ValueRange c) {
    return multiplyMatrices(mlir::Type(), a, b, c);
  }
  /// Of m16n8k16 in bf16 or f16, operands in pairs as i32; null: TF32.
  llvm::SmallVector<mlir::Value> multiplyMatrices(mlir::Type type,
                                                  mlir::ValueRange a,
                                                  mlir::ValueRange b,
                                                  mlir::ValueRange c);

  //===--- Barriers and asynchronous copies -------------------------------===//

  void initBarrier(mlir::Value barrier, int64_t arrivals);
  void fenceBarrierInit();
  /// What this thread stored to shared memory comes before asynchronous copies.
  void fenceAsyncShared();
  void arrive(mlir::Value barrier);
  void arriveExpecting(mlir::Value barrier, int64_t bytes) {
    arriveExpecting(barrier, i32(bytes));
  }
  void arriveExpecting(mlir::Value barrier, Scalar bytes);
  /// Waits for the phase of this parity (0: the first) to complete.
  void wait(mlir::Value barrier, Scalar parity);
  /// 4 or 16 bytes, by this thread.
  void asyncLoad(mlir::Value shared, mlir::Value global, int64_t bytes = 4);
  /// Waits for the loads of this thread.
  void waitForAsyncLoads();
  /// L2 lets go of what is read once before anything else.
  Scalar evictionPolicy(Scalar readOnce);
  void bulkLoad(mlir::Value shared, mlir::Value global, int64_t bytes,
                mlir::Value barrier, Scalar policy);
  void bulkLoad(mlir::Value shared, mlir::Value global, Scalar bytes,
                mlir::Value barrier);
  void prefetchTensorMap(mlir::Value map);
  void tensorLoad(mlir::Value shared, mlir::Value map, Scalar column,
                  Scalar row, mlir::Value barrier);

private:
  mlir::Value makeI32(int64_t value);
  /// An instruction with a result and no operands.
  mlir::Value createPtx(mlir::Type result, llvm::StringRef ptx,
                        llvm::StringRef constraint, bool pure);
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_BUILDER_KERNELBUILDER_H

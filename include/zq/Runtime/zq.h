/*===- zq.h - runs compiled linears -------------------------------*- C -*-===*\
|*                                                                            *|
|* Part of zq, under the Apache License v2.0 with LLVM Exceptions.            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* The C interface of libzq_runtime: open a compiled module (.zqm), list its  *|
|* linears, run one on a CUDA stream or on the CPU.                           *|
|*                                                                            *|
|*   ZqModule *module;                                                        *|
|*   if (zqModuleOpen("model.zqm", &module) != ZQ_SUCCESS)                    *|
|*     fail(zqGetLastErrorText());                                            *|
|*   size_t index, bytes;                                                     *|
|*   zqModuleFindLinear(module, "mlp.up_proj", &index);                       *|
|*   zqLinearGetWorkspaceSize(module, index, m, &bytes);                      *|
|*   ... allocate x, y and workspace on the device ...                        *|
|*   zqLinearRunCuda(module, index, m, x, y, workspace, bytes, stream);       *|
|*                                                                            *|
|* Rules that hold for all functions:                                         *|
|* - They may be called from several threads at once, also for one module;    *|
|*   only zqModuleClose must not run beside another call on its module.       *|
|* - Each that can fail returns a ZqStatus; what zqGetLastErrorText returns   *|
|*   then says what was found and what was wanted. Outputs are written on     *|
|*   success only.                                                            *|
|* - Within one ZQ_API_VERSION functions, structs and values are only added.  *|
|* - The library works without a GPU and without a CUDA driver: the driver is *|
|*   looked for when a function with Cuda in its name is first called.        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef ZQ_RUNTIME_ZQ_H
#define ZQ_RUNTIME_ZQ_H

#include <stddef.h>
#include <stdint.h>

#define ZQ_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

#define ZQ_API_VERSION 1

/** The ZQ_API_VERSION that the library was built with. */
ZQ_API uint32_t zqGetApiVersion(void);

/*===----------------------------------------------------------------------===*\
|* Errors
\*===----------------------------------------------------------------------===*/

typedef enum ZqStatus {
  ZQ_SUCCESS = 0,
  /** A null pointer, an index or size out of range, a workspace too small. */
  ZQ_ERROR_INVALID_ARGUMENT = 1,
  /** The file cannot be read at all. */
  ZQ_ERROR_IO = 2,
  /** The file is not a compiled module. */
  ZQ_ERROR_FOREIGN_FILE = 3,
  /** The file is of a later version than this library knows. */
  ZQ_ERROR_NEWER_FILE = 4,
  /** The file is truncated, damaged or inconsistent. */
  ZQ_ERROR_CORRUPT_FILE = 5,
  /** No linear has this name. */
  ZQ_ERROR_NOT_FOUND = 6,
  /** The module has no kernels, or none for this M or this device. */
  ZQ_ERROR_UNSUPPORTED = 7,
  /** No CUDA driver, or no context is current on the calling thread. */
  ZQ_ERROR_NO_DEVICE = 8,
  /** The CUDA driver reported an error. */
  ZQ_ERROR_CUDA = 9,
  ZQ_ERROR_OUT_OF_MEMORY = 10,
  ZQ_ERROR_INTERNAL = 11
} ZqStatus;

/** "ZQ_ERROR_IO" and so on; never null. */
ZQ_API const char *zqGetStatusName(ZqStatus status);

/**
 * What went wrong in the calling thread's last call that failed; never null,
 * valid until the thread's next failing call.
 */
ZQ_API const char *zqGetLastErrorText(void);

/*===----------------------------------------------------------------------===*\
|* Modules
\*===----------------------------------------------------------------------===*/

/** A compiled module: a memory-mapped file and what was loaded onto devices. */
typedef struct ZqModule ZqModule;

/** Opens and checks a module file; nothing is loaded onto a device yet. */
ZQ_API ZqStatus zqModuleOpen(const char *path, ZqModule **module);

/**
 * Frees all that belongs to the module, on every device. Work that uses it must
 * have ended, and the CUDA contexts that it ran in must still exist. Null is
 * allowed.
 */
ZQ_API void zqModuleClose(ZqModule *module);

/** Which compiler wrote the module; valid until the module is closed. */
ZQ_API ZqStatus zqModuleGetProducer(const ZqModule *module,
                                    const char **producer);

ZQ_API ZqStatus zqModuleGetLinearCount(const ZqModule *module, size_t *count);

/** The index of the linear with this name. */
ZQ_API ZqStatus zqModuleFindLinear(const ZqModule *module, const char *name,
                                   size_t *index);

typedef enum ZqElementType {
  ZQ_BF16 = 0,
  ZQ_F16 = 1,
  ZQ_F32 = 2
} ZqElementType;

typedef struct ZqLinearInfo {
  /** Set by the caller to sizeof(ZqLinearInfo): later versions add fields. */
  size_t structSize;
  /** Strings are valid until the module is closed. */
  const char *name;
  /** The weight is n x k with one scale for each `group` elements along k. */
  int64_t n;
  int64_t k;
  int64_t group;
  /** "e2m1", "e3m0", "e1m2" or "int4". */
  const char *weightFormat;
  /** "e4m3" or "e5m2". */
  const char *activationFormat;
  /** Types of x and y in memory. */
  ZqElementType inputType;
  ZqElementType outputType;
  /** Rank of the low-rank compensation, 0 where there is none. */
  int64_t rank;
  int32_t hasBias;
  /** The largest M that it has GPU kernels for; 0: it runs on the CPU only. */
  int64_t maxCudaTokens;
  /** Bytes of its constant data, in the file and on a device. Data that linears
   * share is there once and counts for each of them. */
  uint64_t bytes;
  /** Whether it adds a residual: run it with ZqLinearBuffers. */
  int32_t hasResidual;
} ZqLinearInfo;

ZQ_API ZqStatus zqModuleGetLinear(const ZqModule *module, size_t index,
                                  ZqLinearInfo *info);

/*===----------------------------------------------------------------------===*\
|* Running: y[M, N] = x[M, K] w[N, K]^T (+ low-rank compensation) (+ bias)
|*                    (+ residual[M, N])
\*===----------------------------------------------------------------------===*/

/**
 * Runs a linear on host memory and returns when y is written. x and y are
 * row-major without gaps and must not overlap. M = 0 succeeds and does nothing.
 * Uses as many threads as the machine has cores where the work is worth it.
 */
ZQ_API ZqStatus zqLinearRunCpu(const ZqModule *module, size_t index, int64_t m,
                               const void *x, void *y);

/** What a run of a linear reads and writes, all row-major without gaps. */
typedef struct ZqLinearBuffers {
  /** Set by the caller to sizeof(ZqLinearBuffers): later versions add more. */
  size_t structSize;
  /** M x K. */
  const void *x;
  /**
   * M x N, of the type of y: what the linear adds, where it has a residual;
   * null where it has none. It may be y itself: the linear is added to that.
   */
  const void *residual;
  /** M x N. */
  void *y;
} ZqLinearBuffers;

/** zqLinearRunCpu of any linear, with a residual or without. */
ZQ_API ZqStatus zqLinearRunBuffersCpu(const ZqModule *module, size_t index,
                                      int64_t m,
                                      const ZqLinearBuffers *buffers);

/**
 * Device bytes that zqLinearRunCuda needs for M tokens beside x and y. Never
 * falls as M grows within one range of kernels; 0 is possible. Needs no GPU.
 */
ZQ_API ZqStatus zqLinearGetWorkspaceSize(const ZqModule *module, size_t index,
                                         int64_t m, size_t *bytes);

/**
 * Launches a linear on a stream of the calling thread's current CUDA context
 * (a CUstream or cudaStream_t; null is the default stream) and returns without
 * waiting. x, y and workspace are device addresses: x is M x K and y is M x N,
 * row-major without gaps, aligned to 16 bytes; workspace has at least the bytes
 * that zqLinearGetWorkspaceSize says, is aligned to 256 bytes, and must not be
 * used by other work until this has run. M = 0 succeeds and launches nothing.
 *
 * The first run of a linear in a context loads its kernels and copies its
 * constant data there, and waits for that; call zqModulePrepareCuda before
 * timing, and before capturing a stream into a graph.
 */
ZQ_API ZqStatus zqLinearRunCuda(ZqModule *module, size_t index, int64_t m,
                                const void *x, void *y, void *workspace,
                                size_t workspaceBytes, void *stream);

/** zqLinearRunCuda of any linear, a residual (aligned like y) or none. */
ZQ_API ZqStatus zqLinearRunBuffersCuda(ZqModule *module, size_t index,
                                       int64_t m,
                                       const ZqLinearBuffers *buffers,
                                       void *workspace, size_t workspaceBytes,
                                       void *stream);

/** Loads all linears of the module into the current CUDA context. */
ZQ_API ZqStatus zqModulePrepareCuda(ZqModule *module);

/*===----------------------------------------------------------------------===*\
|* Calls from code that MLIR compiled (docs/abi.md)
\*===----------------------------------------------------------------------===*/

/** A memref of rank 2 as MLIR's C interface passes it; sizes in elements. */
typedef struct ZqMemRef2D {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t sizes[2];
  int64_t strides[2];
} ZqMemRef2D;

/**
 * What a function that zq-outline-linears declared has to do, on the CPU: runs
 * the linear on x (M x K, any strides) and makes y, a new row-major memref of
 * M x N in memory from malloc that belongs to the caller.
 */
ZQ_API ZqStatus zqLinearCallCpu(const ZqModule *module, size_t index,
                                const ZqMemRef2D *x, ZqMemRef2D *y);

/** Likewise for a linear with a residual (M x N, any strides). */
ZQ_API ZqStatus zqLinearCallResidualCpu(const ZqModule *module, size_t index,
                                        const ZqMemRef2D *x,
                                        const ZqMemRef2D *residual,
                                        ZqMemRef2D *y);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ZQ_RUNTIME_ZQ_H */

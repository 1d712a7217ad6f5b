/*===- host_calls.c - compiled linears for a module that calls them -------===*\
|*                                                                            *|
|* Part of zq, under the Apache License v2.0 with LLVM Exceptions.            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* zq-compile replaces linears by calls of functions without a body, such as  *|
|*   func.func private @zq_linear0(tensor<?x64xbf16>) -> tensor<?x64xbf16>    *|
|*     attributes {zq.compiled = @linear0}                                    *|
|* This file defines those of a decoder block with seven linears, on the CPU, *|
|* from the module file that the environment variable ZQ_MODULE names.        *|
|* docs/abi.md says what such a function has to do, and what one for a linear *|
|* with a residual.                                                           *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "zq/Runtime/zq.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static ZqModule *module;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fail(void) {
  fprintf(stderr, "error: %s\n", zqGetLastErrorText());
  exit(1);
}

static void openModule(void) {
  const char *path = getenv("ZQ_MODULE");
  if (zqModuleOpen(path ? path : "model.zqm", &module) != ZQ_SUCCESS)
    fail();
}

/* MLIR's C interface: results come first, as descriptors to fill in. */
static void call(const char *linear, ZqMemRef2D *y, const ZqMemRef2D *x) {
  size_t index;
  pthread_once(&once, openModule);
  if (zqModuleFindLinear(module, linear, &index) != ZQ_SUCCESS ||
      zqLinearCallCpu(module, index, x, y) != ZQ_SUCCESS)
    fail();
}

#define DEFINE_CALL(function, linear)                                          \
  void _mlir_ciface_##function(ZqMemRef2D *y, const ZqMemRef2D *x) {           \
    call(linear, y, x);                                                        \
  }

DEFINE_CALL(zq_linear0, "linear0")
DEFINE_CALL(zq_linear1, "linear1")
DEFINE_CALL(zq_linear2, "linear2")
DEFINE_CALL(zq_linear3, "linear3")
DEFINE_CALL(zq_linear4, "linear4")
DEFINE_CALL(zq_linear5, "linear5")
DEFINE_CALL(zq_linear6, "linear6")

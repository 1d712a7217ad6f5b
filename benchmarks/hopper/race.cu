// A ring of stages, for compute-sanitizer --tool racecheck: one thread fills it by bulk copies, consumers
// wait for a full barrier, read, and arrive at the empty one. Only mode 0 has a race; racecheck reports one
// in 0, 1, 3 and 4, none in 2.
//
// nvcc -gencode=arch=compute_90a,code=sm_90a -std=c++17 -o race race.cu; compute-sanitizer --tool racecheck
// ./race MODE
//
// MODE 0: lane 0 arrives for its warp; 1: behind __syncwarp; 2: every thread arrives; 3: 1, and
// fence.proxy.async in the producer; 4: one thread arrives behind a barrier of all consumers.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
constexpr int STAGES = 4, BYTES = 4096, CONSUMERS = 256;
__device__ uint32_t s(const void *p) { return (uint32_t)__cvta_generic_to_shared(p); }
__device__ void wait(uint64_t *b, uint32_t parity) {
  asm volatile("{\n.reg .pred p;\nW: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra D;\nbra "
               "W;\nD:\n}" ::"r"(s(b)),
               "r"(parity)
               : "memory");
}
__device__ void arrive(uint64_t *b) {
  asm volatile("{.reg .b64 t; mbarrier.arrive.shared.b64 t, [%0];}" ::"r"(s(b)) : "memory");
}
template <int MODE> __global__ void kernel(const char *in, int *out, int tiles) {
  __shared__ alignas(128) char ring[STAGES][BYTES];
  __shared__ uint64_t full[STAGES], empty[STAGES];
  int t = threadIdx.x;
  if (t == 0) {
    int count = MODE == 2 ? CONSUMERS : MODE == 4 ? 1 : CONSUMERS / 32;
    for (int i = 0; i < STAGES; ++i) {
      asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(s(&full[i])));
      asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(s(&empty[i])), "r"(count));
    }
    asm volatile("fence.mbarrier_init.release.cluster;");
  }
  __syncthreads();
  if (t == CONSUMERS) {
    for (int i = 0; i < tiles; ++i) {
      int st = i % STAGES;
      wait(&empty[st], (i / STAGES & 1) ^ 1);
      if (MODE == 3)
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
      asm volatile("{.reg .b64 t; mbarrier.arrive.expect_tx.shared.b64 t, [%0], %1;}" ::"r"(s(&full[st])),
                   "r"(BYTES)
                   : "memory");
      asm volatile(
          "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
              s(ring[st])),
          "l"(in + (size_t)i * BYTES), "r"(BYTES), "r"(s(&full[st]))
          : "memory");
    }
  } else if (t < CONSUMERS) {
    int sum = 0;
    for (int i = 0; i < tiles; ++i) {
      int st = i % STAGES;
      wait(&full[st], i / STAGES & 1);
      int4 v = ((int4 *)ring[st])[t];
      sum += v.x + v.y + v.z + v.w;
      if (MODE == 1 || MODE == 3)
        __syncwarp();
      if (MODE == 4)
        asm volatile("bar.sync 1, 256;" ::: "memory");
      if (MODE == 2 || (MODE == 4 ? t == 0 : t % 32 == 0))
        arrive(&empty[st]);
    }
    out[t] = sum;
  }
}
int main(int argc, char **argv) {
  int mode = argc > 1 ? atoi(argv[1]) : 0;
  char *in;
  int *out;
  const int tiles = 32;
  cudaMalloc(&in, tiles * BYTES);
  cudaMemset(in, 1, tiles * BYTES);
  cudaMalloc(&out, 4 * CONSUMERS);
  auto k = mode == 0   ? kernel<0>
           : mode == 1 ? kernel<1>
           : mode == 2 ? kernel<2>
           : mode == 3 ? kernel<3>
                       : kernel<4>;
  k<<<2, CONSUMERS + 32>>>(in, out, tiles);
  int host[CONSUMERS];
  cudaError_t e = cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost);
  printf("mode %d: %s, %s\n", mode, cudaGetErrorString(e),
         static_cast<unsigned>(host[7]) == tiles * 4 * 0x01010101u ? "right" : "wrong");
}

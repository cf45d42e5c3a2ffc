// Debian's baseline is x86-64 with SSE2. VIDEOGEN_SIMD before a function definition
// compiles it for newer instruction sets, too; the loader picks by CPU.
//
// The build forbids contraction to fused multiply-add (-ffp-contract=off), so every
// clone gives the same bits. Sanitizers run before ifuncs can be resolved: one clone there.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VIDEOGEN_SIMD __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define VIDEOGEN_SIMD
#endif

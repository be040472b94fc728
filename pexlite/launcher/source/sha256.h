/* SHA-256 (FIPS 180-4), by the processor's own instructions where it has them: those are six times as fast. */

#ifndef SHA256_H
#define SHA256_H

#include "system.h"

#if defined(__x86_64__)
#include <cpuid.h>
#define _MM_MALLOC_H_INCLUDED /* which needs a C library */
#include <immintrin.h>
#else
#include <arm_neon.h>
#endif

/* The rest is compiled for size; this is where a first start spends its time. */
#pragma GCC push_options
#pragma GCC optimize("O2")

struct sha256 {
    u32 state[8];
    u64 length;
    int has_instructions; /* whether the processor knows SHA-256 */
    u8 block[64];
};

static const u32 sha256_begin[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const u32 sha256_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline u32 turned(u32 value, int by)
{
    return value >> by | value << (32 - by);
}

#if defined(__x86_64__)

static int has_sha256_instructions(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1))
        return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

__attribute__((target("sha,sse4.1,ssse3"))) static void sha256_add_quickly(u32 state[8], const u8 *bytes, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    /* The instructions want the words a b e f and c d g h, the first one highest. */
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state), hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1), efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    for (; blocks; blocks--, bytes += 64) {
        __m128i w[4], abef_before = abef, cdgh_before = cdgh;
#pragma GCC unroll 4
        for (int at = 0; at < 4; at++)
            w[at] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * at)), big_endian);
#pragma GCC unroll 16
        for (int at = 0; at < 16; at++) {
            __m128i now = w[at & 3];
            __m128i words = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(const void *)(sha256_round + 4 * at)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0E));
            __m128i last = w[(at + 3) & 3], middle = _mm_alignr_epi8(last, w[(at + 2) & 3], 4);
            __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(at + 1) & 3]), middle);
            w[at & 3] = _mm_sha256msg2_epu32(next, last);
        }
        abef = _mm_add_epi32(abef, abef_before), cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#else

static int has_sha256_instructions(void)
{
    return (kernel_told(16) >> 6 & 1) != 0; /* AT_HWCAP, HWCAP_SHA2 */
}

__attribute__((target("+crypto"))) static void sha256_add_quickly(u32 state[8], const u8 *bytes, size_t blocks)
{
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; blocks; blocks--, bytes += 64) {
        uint32x4_t w[4], abcd_before = abcd, efgh_before = efgh;
#pragma GCC unroll 4
        for (int at = 0; at < 4; at++)
            w[at] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * at)));
#pragma GCC unroll 16
        for (int at = 0; at < 16; at++) {
            uint32x4_t words = vaddq_u32(w[at & 3], vld1q_u32(sha256_round + 4 * at)), before = abcd;
            abcd = vsha256hq_u32(abcd, efgh, words);
            efgh = vsha256h2q_u32(efgh, before, words);
            w[at & 3] = vsha256su1q_u32(vsha256su0q_u32(w[at & 3], w[(at + 1) & 3]), w[(at + 2) & 3], w[(at + 3) & 3]);
        }
        abcd = vaddq_u32(abcd, abcd_before), efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

#endif

static void sha256_add_block(struct sha256 *sum, const u8 *block)
{
    if (sum->has_instructions) {
        sha256_add_quickly(sum->state, block, 1);
        return;
    }
    u32 w[64], s[8];
    for (int at = 0; at < 16; at++) {
        u32 word;
        __builtin_memcpy(&word, block + 4 * at, 4);
        w[at] = __builtin_bswap32(word);
    }
    for (int at = 16; at < 64; at++) {
        u32 low = turned(w[at - 15], 7) ^ turned(w[at - 15], 18) ^ w[at - 15] >> 3;
        u32 high = turned(w[at - 2], 17) ^ turned(w[at - 2], 19) ^ w[at - 2] >> 10;
        w[at] = w[at - 16] + low + w[at - 7] + high;
    }
    memcpy(s, sum->state, sizeof s);
    for (int at = 0; at < 64; at++) {
        u32 e = turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25);
        u32 one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_round[at] + w[at];
        u32 a = turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22);
        u32 two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + one;
        s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = one + two;
    }
    for (int at = 0; at < 8; at++)
        sum->state[at] += s[at];
}

static void sha256_begin_sum(struct sha256 *sum)
{
    memcpy(sum->state, sha256_begin, sizeof sum->state);
    sum->length = 0;
    sum->has_instructions = has_sha256_instructions();
}

static void sha256_add(struct sha256 *sum, const u8 *bytes, size_t count)
{
    size_t held = sum->length & 63;
    sum->length += count;
    while (count) {
        if (!held && count >= 64 && sum->has_instructions) {
            sha256_add_quickly(sum->state, bytes, count / 64);
            bytes += count & ~(size_t)63, count &= 63;
            continue;
        }
        if (!held && count >= 64) {
            sha256_add_block(sum, bytes);
            bytes += 64, count -= 64;
            continue;
        }
        size_t some = 64 - held < count ? 64 - held : count;
        memcpy(sum->block + held, bytes, some);
        bytes += some, count -= some, held += some;
        if (held == 64) {
            sha256_add_block(sum, sum->block);
            held = 0;
        }
    }
}

/* The sum as 64 hex digits and a NUL. */
static void sha256_hex(struct sha256 *sum, char hex[65])
{
    static const u8 padding[64] = {0x80};
    u8 length[8];
    u64 bits = sum->length * 8;
    for (int at = 0; at < 8; at++)
        length[at] = (u8)(bits >> (56 - 8 * at));
    sha256_add(sum, padding, 1 + (119 - sum->length % 64) % 64);
    sha256_add(sum, length, 8);
    for (int at = 0; at < 64; at++)
        hex[at] = "0123456789abcdef"[sum->state[at / 8] >> (28 - at % 8 * 4) & 15];
    hex[64] = 0;
}

#pragma GCC pop_options

#endif

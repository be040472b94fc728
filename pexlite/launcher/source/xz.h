/* xz streams in memory, one behind the other (the .xz file format 1.2.1): LZMA2, and before it the filter for x86.

   Whoever reads them has compared the sha256 of all of it. Still the input may be anything: nothing is read or written
   outside of the buffers. No check of a stream is looked at, which would say less.
   More than 400 lines, since container, LZMA2 and filter are one reader of one format. */

#ifndef XZ_H
#define XZ_H

#include "system.h"

#pragma GCC push_options
#pragma GCC optimize("O2")

enum { XZ_SPARE = 64, /* bytes behind the input that a symbol may look at */
       XZ_MOST_STREAMS = 8, XZ_HEADER = 12, STATES = 12, POSITIONS = 16 };

struct stream {
    const u8 *block;  /* its only block */
    u64 size;         /* of the block, without its padding */
    u64 unpacked;
};

typedef uint16_t chance; /* that a bit is 0, in 2048ths */

struct lengths {
    chance choice[2], low[POSITIONS][8], mid[POSITIONS][8], high[256];
};

struct lzma {
    const u8 *in;
    u32 range, code;
    unsigned state, literal_shift, literal_mask, literal_bits, position_mask;
    u32 distances[4];
    int has_properties;
    /* From here on all are chances. */
    chance is_match[STATES][POSITIONS], is_repeated[STATES], is_second[STATES], is_third[STATES], is_fourth[STATES];
    chance is_long[STATES][POSITIONS], slot[4][64], special[128], align[16];
    struct lengths match_lengths, repeated_lengths;
    chance literals[16][0x300]; /* LZMA2 allows four bits of context in all */
};

/* A number of the format: seven bits a byte. */
static u64 xz_number(const u8 **at, const u8 *end)
{
    u64 value = 0;
    for (unsigned shift = 0; *at < end && shift < 63; shift += 7) {
        u8 byte = *(*at)++;
        value |= (u64)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
    *at = end + 1;
    return 0;
}

static u32 little_endian(const u8 *at)
{
    return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

/* Find the streams of `size` bytes at `input`, from the last to the first: how many, in order; 0 where they are none. */
static int xz_streams(const u8 *input, u64 size, struct stream *streams)
{
    int count = 0;
    while (size) {
        if (count == XZ_MOST_STREAMS || size < 2 * XZ_HEADER || memcmp(input + size - 2, "YZ", 2))
            return 0;
        u64 index_size = ((u64)little_endian(input + size - 8) + 1) * 4, index_end = size - XZ_HEADER;
        if (index_size > index_end - XZ_HEADER)
            return 0;
        const u8 *at = input + index_end - index_size, *end = input + index_end;
        const u8 *index = at;
        if (*at++ || xz_number(&at, end) != 1)
            return 0;
        u64 held = xz_number(&at, end), unpacked = xz_number(&at, end);
        u64 before = (u64)(index - input), padded = (held + 3) & ~(u64)3;
        if (at > end || held < 8 || padded > before || before - padded < XZ_HEADER)
            return 0;
        for (int later = count++; later > 0; later--)
            streams[later] = streams[later - 1];
        streams[0] = (struct stream){index - padded, held, unpacked};
        size = before - padded - XZ_HEADER;
        if (memcmp(input + size, "\3757zXZ\0\0", 7) || input[size + 7])
            return 0; /* one with a check, which would lie behind the block */
    }
    return count;
}

static void lzma_reset(struct lzma *lzma)
{
    lzma->state = 0;
    memset(lzma->distances, 0, sizeof lzma->distances);
    for (chance *at = &lzma->is_match[0][0]; at < &lzma->literals[0][0] + 16 * 0x300; at++)
        *at = 1024;
}

#define NORMALIZED()                                                                                                   \
    if (range < 1u << 24)                                                                                              \
    range <<= 8, code = code << 8 | *in++

/* The next bit, by `chance_of`, for `if`. */
#define ONE(chance_of)                                                                                                 \
    ({                                                                                                                 \
        chance *bit_at = (chance_of);                                                                                  \
        u32 bit_chance = *bit_at;                                                                                      \
        NORMALIZED();                                                                                                  \
        u32 bit_bound = (range >> 11) * bit_chance;                                                                    \
        int bit = code >= bit_bound;                                                                                   \
        if (bit)                                                                                                       \
            range -= bit_bound, code -= bit_bound, *bit_at = (chance)(bit_chance - (bit_chance >> 5));                 \
        else                                                                                                           \
            range = bit_bound, *bit_at = (chance)(bit_chance + ((2048 - bit_chance) >> 5));                            \
        bit;                                                                                                           \
    })

/* `symbol` with the next bit behind it, without a branch: bits of literals can hardly be foretold. */
#define PUSH(chances, symbol)                                                                                          \
    do {                                                                                                               \
        chance *push_at = (chances) + (symbol);                                                                        \
        u32 push_chance = *push_at;                                                                                    \
        NORMALIZED();                                                                                                  \
        u32 push_bound = (range >> 11) * push_chance;                                                                  \
        u32 is_zero = (u32)-(code < push_bound); /* all bits, or none */                                               \
        range = (is_zero & push_bound) | (~is_zero & (range - push_bound));                                            \
        code -= ~is_zero & push_bound;                                                                                 \
        *push_at = (chance)(push_chance - ((push_chance - (is_zero & 2017)) >> 5));                                      \
        (symbol) = ((symbol) << 1) + 1 + is_zero;                                                                      \
    } while (0)

/* A length from 0 on. */
#define LENGTH(lengths, place)                                                                                         \
    ({                                                                                                                 \
        u32 symbol = 1, base;                                                                                          \
        chance *tree;                                                                                                  \
        int bits = 3;                                                                                                  \
        if (!ONE(&(lengths)->choice[0]))                                                                               \
            tree = (lengths)->low[place], base = 0;                                                                    \
        else if (!ONE(&(lengths)->choice[1]))                                                                          \
            tree = (lengths)->mid[place], base = 8;                                                                    \
        else                                                                                                           \
            tree = (lengths)->high, base = 16, bits = 8;                                                               \
        u32 top = 1u << bits;                                                                                          \
        while (symbol < top)                                                                                           \
            PUSH(tree, symbol);                                                                                        \
        symbol - top + base;                                                                                           \
    })

/* Decode up to `out_end`, where the input has to be at `in_end`; `begin` is where the dictionary begins. */
static int lzma_decode(struct lzma *lzma, const u8 *in_end, const u8 *begin, u8 *out, u8 *out_end, u64 position)
{
    const u8 *in = lzma->in;
    u32 range = lzma->range, code = lzma->code;
    unsigned state = lzma->state;
    u32 one = lzma->distances[0], two = lzma->distances[1], three = lzma->distances[2], four = lzma->distances[3];
    u8 *const first = out;
    while (out < out_end) {
        u64 here = position + (u64)(out - first);
        unsigned place = (unsigned)here & lzma->position_mask;
        if (in > in_end)
            return 0;
        if (!ONE(&lzma->is_match[state][place])) {
            u32 before = out > begin ? out[-1] : 0;
            unsigned context = (((unsigned)here & lzma->literal_mask) << lzma->literal_bits) + (before >> lzma->literal_shift);
            chance *literal = lzma->literals[context];
            u32 symbol = 1;
            if (state >= 7) {
                if (one >= (u64)(out - begin))
                    return 0;
                u32 matched = out[-(i64)one - 1], offset = 0x100;
                do {
                    matched <<= 1;
                    chance *half = literal + offset + (matched & offset);
                    PUSH(half, symbol);
                    offset &= symbol & 1 ? matched : ~matched;
                } while (symbol < 0x100);
            } else {
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
                PUSH(literal, symbol);
            }
            *out++ = (u8)symbol;
            state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            continue;
        }
        u32 length;
        if (!ONE(&lzma->is_repeated[state])) {
            four = three, three = two, two = one;
            length = LENGTH(&lzma->match_lengths, place);
            chance *slots = lzma->slot[length < 4 ? length : 3];
            u32 slot = 1;
            PUSH(slots, slot);
            PUSH(slots, slot);
            PUSH(slots, slot);
            PUSH(slots, slot);
            PUSH(slots, slot);
            PUSH(slots, slot);
            slot -= 64;
            one = slot;
            if (slot >= 4) {
                unsigned bits = (slot >> 1) - 1;
                one = (2 | (slot & 1)) << bits;
                if (slot < 14) {
                    chance *tree = lzma->special + one - slot;
                    u32 symbol = 1;
                    for (unsigned at = 0; at < bits; at++) {
                        u32 bit = (u32)ONE(tree + symbol);
                        symbol = symbol << 1 | bit;
                        one += bit << at;
                    }
                } else {
                    u32 direct = 0;
                    for (unsigned left = bits - 4; left; left--) {
                        NORMALIZED();
                        range >>= 1;
                        u32 is_one = (u32)-(code >= range);
                        code -= range & is_one;
                        direct = direct << 1 | (is_one & 1);
                    }
                    one += direct << 4;
                    u32 symbol = 1;
                    for (unsigned at = 0; at < 4; at++) {
                        u32 bit = (u32)ONE(lzma->align + symbol);
                        symbol = symbol << 1 | bit;
                        one += bit << at;
                    }
                }
            }
            state = state < 7 ? 7 : 10;
        } else {
            if (!ONE(&lzma->is_second[state])) {
                if (!ONE(&lzma->is_long[state][place])) {
                    if (one >= (u64)(out - begin))
                        return 0;
                    *out = out[-(i64)one - 1];
                    out++;
                    state = state < 7 ? 9 : 11;
                    continue;
                }
            } else {
                u32 again = two;
                if (ONE(&lzma->is_third[state])) {
                    again = three;
                    if (ONE(&lzma->is_fourth[state])) {
                        again = four;
                        four = three;
                    }
                    three = two;
                }
                two = one;
                one = again;
            }
            length = LENGTH(&lzma->repeated_lengths, place);
            state = state < 7 ? 8 : 11;
        }
        length += 2;
        if (one >= (u64)(out - begin) || length > (u64)(out_end - out))
            return 0;
        const u8 *from = out - one - 1;
        if (one >= 15 && (u64)(out_end - out) >= (u64)length + 16) {
            /* Sixteen at a time, some of them too many: what follows is written over. */
            for (u8 *end = out + length; out < end; out += 16, from += 16)
                __builtin_memcpy(out, from, 16);
            out -= (u64)(-(i64)length & 15);
        } else {
            while (length--)
                *out++ = *from++;
        }
    }
    NORMALIZED();
    lzma->in = in;
    lzma->range = range, lzma->code = code;
    lzma->state = state;
    lzma->distances[0] = one, lzma->distances[1] = two, lzma->distances[2] = three, lzma->distances[3] = four;
    return in == in_end && !code;
}

static int lzma_properties(struct lzma *lzma, unsigned value)
{
    unsigned context = value % 9, rest = value / 9, position = rest % 5, places = rest / 5;
    if (places > 4 || context + position > 4)
        return 0;
    lzma->literal_bits = context;
    lzma->literal_shift = 8 - context;
    lzma->literal_mask = (1u << position) - 1;
    lzma->position_mask = (1u << places) - 1;
    lzma->has_properties = 1;
    return 1;
}

/* LZMA2 chunks from `in` into `out`, up to the mark of their end: whether they are exactly so many bytes. */
static int lzma2_decode(struct lzma *lzma, const u8 *in, const u8 *in_end, u8 *out, u64 size)
{
    const u8 *dictionary = out;
    u8 *const end = out + size;
    int has_begun = 0;
    u64 position = 0; /* since the last reset of the dictionary */
    lzma->has_properties = 0;
    for (;;) {
        if (in >= in_end)
            return 0;
        unsigned control = *in++;
        if (!control)
            return out == end && in <= in_end;
        if (control == 1 || control >= 0xE0) {
            dictionary = out;
            position = 0;
            has_begun = 1;
        } else if (!has_begun || (control > 2 && control < 0x80)) {
            return 0;
        }
        if (in_end - in < 3) /* and more may be looked at: see XZ_SPARE */
            return 0;
        u64 unpacked = (u64)in[0] << 8 | in[1];
        in += 2;
        if (control < 0x80) {
            if (++unpacked > (u64)(in_end - in) || unpacked > (u64)(end - out))
                return 0;
            memcpy(out, in, unpacked);
            in += unpacked, out += unpacked, position += unpacked;
            continue;
        }
        unpacked += ((u64)(control & 0x1F) << 16) + 1;
        u64 packed = ((u64)in[0] << 8 | in[1]) + 1;
        in += 2;
        if (control >= 0xC0 && !lzma_properties(lzma, *in++))
            return 0;
        if (!lzma->has_properties)
            return 0;
        if (control >= 0xA0)
            lzma_reset(lzma);
        if (packed > (u64)(in_end - in) || packed < 5 || unpacked > (u64)(end - out) || *in)
            return 0;
        lzma->range = 0xFFFFFFFF;
        lzma->code = (u32)in[1] << 24 | (u32)in[2] << 16 | (u32)in[3] << 8 | in[4];
        lzma->in = in + 5;
        in += packed;
        if (!lzma_decode(lzma, in, dictionary, out, out + unpacked, position))
            return 0;
        out += unpacked;
        position += unpacked;
    }
}

static int is_sign(u8 byte)
{
    return byte == 0 || byte == 0xFF;
}

/* Undo the filter for x86: the operands of calls and jumps are places again, not distances. */
static void x86_decode(u8 *bytes, u64 size)
{
    u32 seen = 0; /* of the five bytes before: bits for opcodes that were left alone, and for signs behind them */
    u64 last = (u64)-5;
    for (u64 at = 0; at + 5 <= size;) {
        if ((bytes[at] & 0xFE) != 0xE8) {
            at++;
            continue;
        }
        u64 apart = at - last;
        last = at;
        if (apart > 5)
            seen = 0;
        else
            while (apart--)
                seen = (seen & 0x77) << 1;
        u32 before = seen >> 1;
        int may_be = before < 0x10 && (0x17 >> (before & 7) & 1);
        if (!is_sign(bytes[at + 4]) || !may_be) {
            seen |= is_sign(bytes[at + 4]) ? 0x11 : 1;
            at++;
            continue;
        }
        u32 from = little_endian(bytes + at + 1), to;
        for (;;) {
            to = from - (u32)(at + 5);
            if (!seen)
                break;
            unsigned shift = 8 * (before >= 4 ? 3 : before >= 2 ? 2 : before);
            if (!is_sign((u8)(to >> (24 - shift))))
                break;
            from = to ^ ((1u << (32 - shift)) - 1);
        }
        bytes[at + 1] = (u8)to;
        bytes[at + 2] = (u8)(to >> 8);
        bytes[at + 3] = (u8)(to >> 16);
        bytes[at + 4] = (u8)-(to >> 24 & 1);
        at += 5;
        seen = 0;
    }
}

/* Decode the stream into `out`, which has room for it: whether it was one. */
static int xz_decode(struct lzma *lzma, const struct stream *stream, u8 *out)
{
    const u8 *block = stream->block, *end = block + stream->size;
    u64 header = ((u64)block[0] + 1) * 4;
    const u8 *at = block + 2, *filters_end = block + header - 4;
    if (!block[0] || header > stream->size || (block[1] & ~1u & 0xFF))
        return 0; /* sizes in the header, or more filters than these */
    int is_filtered = block[1] & 1;
    if (is_filtered && (xz_number(&at, filters_end) != 4 || xz_number(&at, filters_end) != 0))
        return 0;
    if (xz_number(&at, filters_end) != 0x21 || xz_number(&at, filters_end) != 1 || at >= filters_end)
        return 0;
    if (!lzma2_decode(lzma, block + header, end, out, stream->unpacked))
        return 0;
    if (is_filtered)
        x86_decode(out, stream->unpacked);
    return 1;
}

#pragma GCC pop_options
#endif

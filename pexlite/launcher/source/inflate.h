/* A gzip stream, inflated (RFC 1951, RFC 1952), its CRC-32 and length compared. The input may be anything. */

#ifndef INFLATE_H
#define INFLATE_H

#include "system.h"

/* The rest is compiled for size; this is where a first start spends its time. */
#pragma GCC push_options
#pragma GCC optimize("O2")

enum { WINDOW = 32768, HELD = WINDOW + 262144, QUICK = 10, MOST_BITS = 15 };
enum inflated { INFLATED, WRONG, CUT, STOPPED };

/* A Huffman code: symbols of codes up to QUICK bits by those bits, the rest by their place among their length. */
struct code {
    uint16_t quick[1 << QUICK]; /* symbol << 4 | bits; 0: a longer code, or none */
    uint16_t count[MOST_BITS + 1];
    uint16_t symbol[288];
};

struct inflater {
    u8 output[HELD]; /* in front, so that nothing of ours lies before it */
    /* Up to `room` bytes of the stream into `into`: how many there were, 0 at its end, or a negative number. */
    long (*more)(void *source, u8 *into, size_t room);
    /* Take what has been inflated; false stops. */
    int (*take)(void *sink, const u8 *bytes, size_t count);
    void *source, *sink;
    u64 bits;
    unsigned held_bits; /* of `bits` */
    int has_ended;      /* whether bits were asked for behind the stream's end */
    size_t at, end;     /* in `input` */
    size_t out, taken;  /* in `output` */
    u32 crc, length;
    struct code literals, distances;
    u8 input[65536];
};

static u32 crc_table[4][256];

static void prepare_crc(void)
{
    for (u32 at = 0; at < 256; at++) {
        u32 value = at;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
        crc_table[0][at] = value;
    }
    for (u32 at = 0; at < 256; at++)
        for (int more = 1; more < 4; more++)
            crc_table[more][at] = crc_table[more - 1][at] >> 8 ^ crc_table[0][crc_table[more - 1][at] & 255];
}

static u32 crc_of(u32 crc, const u8 *bytes, size_t count)
{
    crc = ~crc;
    for (; count >= 4; count -= 4, bytes += 4) {
        u32 four;
        memcpy(&four, bytes, 4);
        crc ^= four;
        crc = crc_table[3][crc & 255] ^ crc_table[2][crc >> 8 & 255] ^ crc_table[1][crc >> 16 & 255] ^
              crc_table[0][crc >> 24];
    }
    while (count--)
        crc = crc >> 8 ^ crc_table[0][(crc ^ *bytes++) & 255];
    return ~crc;
}

static void fill(struct inflater *in)
{
    while (in->held_bits <= 56) {
        if (in->at == in->end) {
            long got = in->has_ended ? 0 : in->more(in->source, in->input, sizeof in->input);
            if (got <= 0) {
                in->has_ended = 1;
                return;
            }
            in->at = 0;
            in->end = (size_t)got;
        }
        if (in->end - in->at >= 8) {
            u64 eight;
            memcpy(&eight, in->input + in->at, 8);
            in->bits |= eight << in->held_bits;
            in->at += (63 - in->held_bits) >> 3;
            in->held_bits |= 56;
            return;
        }
        in->bits |= (u64)in->input[in->at++] << in->held_bits;
        in->held_bits += 8;
    }
}

/* The next `count` bits, 32 at most; -1 behind the end of the stream. */
static i64 bits_of(struct inflater *in, unsigned count)
{
    if (in->held_bits < count)
        fill(in);
    if (in->held_bits < count)
        return -1;
    u64 value = in->bits & (((u64)1 << count) - 1);
    in->bits >>= count;
    in->held_bits -= count;
    return (i64)value;
}

/* Whether `lengths` are those of a code: none too many, and too few only where there is one symbol or none. */
static int build(struct code *code, const u8 *lengths, int symbols)
{
    unsigned place[MOST_BITS + 2], next[MOST_BITS + 1];
    memset(code, 0, sizeof *code);
    for (int symbol = 0; symbol < symbols; symbol++)
        code->count[lengths[symbol]]++;
    int used = symbols - code->count[0];
    code->count[0] = 0;
    int left = 1;
    unsigned value = 0;
    place[1] = 0;
    for (int bits = 1; bits <= MOST_BITS; bits++) {
        left = left * 2 - code->count[bits];
        if (left < 0)
            return 0;
        value = (value + code->count[bits - 1]) << 1;
        next[bits] = value;
        place[bits + 1] = place[bits] + code->count[bits];
    }
    if (left > 0 && used > 1)
        return 0;
    for (int symbol = 0; symbol < symbols; symbol++) {
        unsigned bits = lengths[symbol];
        if (!bits)
            continue;
        code->symbol[place[bits]++] = (uint16_t)symbol;
        unsigned forward = next[bits]++, reversed = 0;
        for (unsigned bit = 0; bit < bits; bit++)
            reversed |= (forward >> bit & 1) << (bits - 1 - bit);
        if (bits <= QUICK)
            for (; reversed < 1 << QUICK; reversed += 1u << bits)
                code->quick[reversed] = (uint16_t)((unsigned)symbol << 4 | bits);
    }
    return 1;
}

/* The next symbol; -1 where no code or no bits are left. */
static int symbol_of(struct inflater *in, const struct code *code)
{
    if (in->held_bits < MOST_BITS)
        fill(in);
    unsigned quick = code->quick[in->bits & ((1 << QUICK) - 1)];
    unsigned bits = quick & 15;
    if (quick && bits <= in->held_bits) {
        in->bits >>= bits;
        in->held_bits -= bits;
        return (int)(quick >> 4);
    }
    int value = 0, first = 0, index = 0;
    for (bits = 1; bits <= MOST_BITS && bits <= in->held_bits; bits++) {
        value |= (int)(in->bits >> (bits - 1) & 1);
        int count = code->count[bits];
        if (value - count < first) {
            in->bits >>= bits;
            in->held_bits -= bits;
            return code->symbol[index + (value - first)];
        }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    return -1;
}

/* Hand over what is new in `output`, and make room there. */
static int hand_over(struct inflater *in)
{
    size_t count = in->out - in->taken;
    const u8 *bytes = in->output + in->taken;
    in->crc = crc_of(in->crc, bytes, count);
    in->length += (u32)count;
    if (count && !in->take(in->sink, bytes, count))
        return 0;
    if (in->out > WINDOW) {
        memmove(in->output, in->output + in->out - WINDOW, WINDOW);
        in->out = WINDOW;
    }
    in->taken = in->out;
    return 1;
}

static enum inflated end_of(const struct inflater *in)
{
    return in->has_ended ? CUT : WRONG;
}

static enum inflated inflate_stored(struct inflater *in)
{
    in->bits >>= in->held_bits & 7;
    in->held_bits &= ~7u;
    i64 length = bits_of(in, 16), inverse = bits_of(in, 16);
    if (length < 0 || inverse < 0)
        return CUT;
    if (length != (inverse ^ 0xFFFF))
        return WRONG;
    while (length--) {
        i64 byte = bits_of(in, 8);
        if (byte < 0)
            return CUT;
        if (in->out == HELD && !hand_over(in))
            return STOPPED;
        in->output[in->out++] = (u8)byte;
    }
    return INFLATED;
}

static int fixed_codes(struct inflater *in)
{
    u8 lengths[288];
    for (int symbol = 0; symbol < 288; symbol++)
        lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    if (!build(&in->literals, lengths, 288))
        return 0;
    memset(lengths, 5, 32);
    return build(&in->distances, lengths, 32);
}

static enum inflated dynamic_codes(struct inflater *in)
{
    static const u8 order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    u8 lengths[320];
    i64 literals = bits_of(in, 5), distances = bits_of(in, 5), given = bits_of(in, 4);
    if (literals < 0 || distances < 0 || given < 0)
        return CUT;
    literals += 257, distances += 1, given += 4;
    if (literals > 286 || distances > 30)
        return WRONG;
    memset(lengths, 0, 19);
    for (int at = 0; at < given; at++) {
        i64 length = bits_of(in, 3);
        if (length < 0)
            return CUT;
        lengths[order[at]] = (u8)length;
    }
    if (!build(&in->distances, lengths, 19))
        return WRONG;
    for (i64 at = 0; at < literals + distances;) {
        int symbol = symbol_of(in, &in->distances);
        if (symbol < 0)
            return end_of(in);
        if (symbol < 16) {
            lengths[at++] = (u8)symbol;
            continue;
        }
        if (symbol == 16 && !at)
            return WRONG;
        u8 value = symbol == 16 ? lengths[at - 1] : 0;
        i64 times = symbol == 16 ? 3 + bits_of(in, 2) : symbol == 17 ? 3 + bits_of(in, 3) : 11 + bits_of(in, 7);
        if (at + times > literals + distances)
            return WRONG;
        while (times-- > 0)
            lengths[at++] = value;
    }
    if (!lengths[256])
        return WRONG;
    int fine = build(&in->distances, lengths + literals, (int)distances);
    return fine && build(&in->literals, lengths, (int)literals) ? INFLATED : WRONG;
}

static const uint16_t length_from[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                         31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const u8 length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_from[30] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                           193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

static enum inflated inflate_coded(struct inflater *in)
{
    for (;;) {
        if (in->out + 258 > HELD && !hand_over(in))
            return STOPPED;
        int symbol = symbol_of(in, &in->literals);
        if (symbol < 0)
            return end_of(in);
        if (symbol < 256) {
            in->output[in->out++] = (u8)symbol;
            continue;
        }
        if (symbol == 256)
            return INFLATED;
        if (symbol > 285)
            return WRONG;
        i64 more = bits_of(in, length_bits[symbol - 257]);
        int far = more < 0 ? -1 : symbol_of(in, &in->distances);
        if (far < 0)
            return end_of(in);
        if (far > 29)
            return WRONG;
        i64 further = bits_of(in, far < 4 ? 0 : (unsigned)(far / 2 - 1));
        if (further < 0)
            return CUT;
        size_t length = length_from[symbol - 257] + (size_t)more;
        size_t distance = distance_from[far] + (size_t)further;
        if (distance > in->out)
            return WRONG;
        u8 *to = in->output + in->out;
        in->out += length;
        if (distance >= length)
            memcpy(to, to - distance, length);
        else
            for (; length--; to++)
                *to = to[-(ptrdiff_t)distance];
    }
}

/* Skip a gzip header. */
static enum inflated gzip_header(struct inflater *in)
{
    i64 magic = bits_of(in, 16), method = bits_of(in, 8), flags = bits_of(in, 8);
    if (bits_of(in, 32) < 0 || bits_of(in, 16) < 0)
        return CUT;
    if (magic != 0x8B1F || method != 8 || flags & 0xE0)
        return WRONG;
    i64 skipped = flags & 4 ? bits_of(in, 16) : 0;
    while (skipped-- > 0)
        if (bits_of(in, 8) < 0)
            return CUT;
    for (int text = 8; text <= 16; text *= 2) /* a name, a comment */
        for (i64 byte = flags & text ? 1 : 0; byte;)
            if ((byte = bits_of(in, 8)) < 0)
                return CUT;
    return flags & 2 && bits_of(in, 16) < 0 ? CUT : INFLATED;
}

static void inflate_begin(struct inflater *in)
{
    memset((u8 *)in + HELD, 0, offsetof(struct inflater, input) - HELD);
}

/* Inflate one gzip member, all there is; `in` was begun, and has more, take, source and sink. */
static enum inflated inflate(struct inflater *in)
{
    if (!crc_table[0][1])
        prepare_crc();
    enum inflated done = gzip_header(in);
    for (i64 last = 0; done == INFLATED && !last;) {
        last = bits_of(in, 1);
        i64 kind = bits_of(in, 2);
        if (last < 0 || kind < 0)
            return CUT;
        if (kind == 3)
            return WRONG;
        if (kind == 0) {
            done = inflate_stored(in);
            continue;
        }
        done = kind == 2 ? dynamic_codes(in) : fixed_codes(in) ? INFLATED : WRONG;
        if (done == INFLATED)
            done = inflate_coded(in);
    }
    if (done != INFLATED)
        return done;
    if (!hand_over(in))
        return STOPPED;
    in->bits >>= in->held_bits & 7;
    in->held_bits &= ~7u;
    i64 crc = bits_of(in, 32), length = bits_of(in, 32);
    if (crc < 0 || length < 0)
        return CUT;
    return (u32)crc == in->crc && (u32)length == in->length ? INFLATED : WRONG;
}

#pragma GCC pop_options

#endif

/* A gzip stream, inflated (RFC 1951, RFC 1952), its length compared. The input may be anything.

   Its CRC-32 is not looked at: whoever inflates compares the sha256 of the stream itself, which says more.
   More than 400 lines, since the fast loop and the careful one at the ends are one reader of one format. */

#ifndef INFLATE_H
#define INFLATE_H

#include "system.h"

/* The rest is compiled for size; this is where a first start spends its time. */
#pragma GCC push_options
#pragma GCC optimize("O2")

enum { WINDOW = 32768, HELD = WINDOW + 262144, QUICK = 11, MOST_BITS = 15 };
enum { LONGEST_MATCH = 258, SPARE = 8, /* bytes that a copy may write behind its end */
       ONE_TURN = LONGEST_MATCH + 3,   /* bytes that a turn of `inflate_quickly` makes at most */
       AHEAD = 24 };                   /* bytes of the input that it may look at */
enum inflated { INFLATED, WRONG, CUT, STOPPED };

/* A Huffman code: symbols of codes up to QUICK bits by those bits, the rest by their place among their length. */
struct code {
    /* What a symbol stands for << 16 | bits that follow it << 8 | LITERAL | its own bits; 0: a longer code, none, or a
       symbol that only `symbol_of` knows, such as the end of a block. */
    u32 quick[1 << QUICK];
    uint16_t count[MOST_BITS + 1];
    uint16_t symbol[288];
};

enum { LITERAL = 0x80, OWN_BITS = 0x1F };
enum kind { LENGTHS, LITERALS, DISTANCES }; /* of codes: of the lengths of the two others */

struct inflater {
    u8 output[HELD + SPARE]; /* in front, so that nothing of ours lies before it */
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
    u32 length;
    struct code literals, distances;
    u8 input[65536];
};

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
            __builtin_memcpy(&eight, in->input + in->at, 8);
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

static const uint16_t length_from[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                         31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const u8 length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_from[30] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                           193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

/* An entry of `quick` for a symbol, but for its own bits. */
static u32 entry_of(enum kind kind, unsigned symbol)
{
    if (kind == DISTANCES)
        return symbol > 29 ? 0 : (u32)distance_from[symbol] << 16 | (symbol < 4 ? 0 : symbol / 2 - 1) << 8;
    if (symbol < 256 || kind == LENGTHS)
        return symbol << 16 | LITERAL;
    return symbol == 256 || symbol > 285 ? 0 : (u32)length_from[symbol - 257] << 16 | (u32)length_bits[symbol - 257] << 8;
}

/* Whether `lengths` are those of a code: none too many, and too few only where there is one symbol or none. */
static int build(struct code *code, enum kind kind, const u8 *lengths, int symbols)
{
    unsigned place[MOST_BITS + 2], next[MOST_BITS + 1];
    __builtin_memset(code, 0, sizeof *code);
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
        u32 entry = bits > QUICK ? 0 : entry_of(kind, (unsigned)symbol);
        if (!entry)
            continue;
        for (unsigned bit = 0; bit < bits; bit++)
            reversed |= (forward >> bit & 1) << (bits - 1 - bit);
        for (; reversed < 1 << QUICK; reversed += 1u << bits)
            code->quick[reversed] = entry | bits;
    }
    return 1;
}

/* The next symbol; -1 where no code or no bits are left. */
static int symbol_of(struct inflater *in, const struct code *code)
{
    if (in->held_bits < MOST_BITS)
        fill(in);
    int value = 0, first = 0, index = 0;
    for (unsigned bits = 1; bits <= MOST_BITS && bits <= in->held_bits; bits++) {
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
    in->length += (u32)count;
    if (count && !in->take(in->sink, bytes, count))
        return 0;
    if (in->out > WINDOW) {
        u8 *last = in->output + in->out - WINDOW;
        if (in->out >= 2 * WINDOW)
            memcpy(in->output, last, WINDOW);
        else
            memmove(in->output, last, WINDOW);
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
    if (!build(&in->literals, LITERALS, lengths, 288))
        return 0;
    memset(lengths, 5, 32);
    return build(&in->distances, DISTANCES, lengths, 32);
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
    if (!build(&in->distances, LENGTHS, lengths, 19))
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
    int fine = build(&in->distances, DISTANCES, lengths + literals, (int)distances);
    return fine && build(&in->literals, LITERALS, lengths, (int)literals) ? INFLATED : WRONG;
}

/* Copy a match of `length` bytes, eight at once where that can be: so up to SPARE more are written behind it. */
static inline void copy_match(u8 *to, size_t distance, size_t length)
{
    const u8 *from = to - distance, *end = to + length;
    if (distance >= 8)
        for (; to < end; to += 8, from += 8)
            __builtin_memcpy(to, from, 8);
    else
        while (to < end)
            *to++ = *from++;
}

/* Read the distance of a match, by any code, and copy it; there is room. */
static enum inflated inflate_match(struct inflater *in, size_t length)
{
    int far = symbol_of(in, &in->distances);
    if (far < 0)
        return end_of(in);
    if (far > 29)
        return WRONG;
    i64 further = bits_of(in, far < 4 ? 0 : (unsigned)(far / 2 - 1));
    if (further < 0)
        return CUT;
    size_t distance = distance_from[far] + (size_t)further;
    if (distance > in->out)
        return WRONG;
    copy_match(in->output + in->out, distance, length);
    in->out += length;
    return INFLATED;
}

#define REFILL (__builtin_memcpy(&eight, next, 8), bits |= eight << held, next += (63 - held) >> 3, held |= 56)
#define TAKE(count) (bits >>= (count), held -= (count))
#define LOOK(code) in->code.quick[bits & ((1 << QUICK) - 1)]
#define FURTHER(entry) (bits & ((1u << ((entry) >> 8 & 15)) - 1))

/* Inflate what the tables know, as long as there is room for more than one turn can need. */
static enum inflated inflate_quickly(struct inflater *in)
{
    if (in->end - in->at < AHEAD)
        return INFLATED;
    const u8 *next = in->input + in->at, *const last = in->input + in->end - AHEAD;
    u8 *to = in->output + in->out, *const full = in->output + HELD - ONE_TURN;
    u64 bits = in->bits, eight;
    unsigned held = in->held_bits;
    enum inflated done = INFLATED;
    while (next <= last && to <= full) {
        REFILL; /* 56 bits or more: enough for two literals and a length */
        u32 entry = LOOK(literals);
        if (entry & LITERAL) {
            TAKE(entry & OWN_BITS);
            *to++ = (u8)(entry >> 16);
            entry = LOOK(literals);
            if (entry & LITERAL) {
                TAKE(entry & OWN_BITS);
                *to++ = (u8)(entry >> 16);
                entry = LOOK(literals);
                if (entry & LITERAL) {
                    TAKE(entry & OWN_BITS);
                    *to++ = (u8)(entry >> 16);
                    continue;
                }
            }
        }
        if (!entry)
            break;
        TAKE(entry & OWN_BITS);
        size_t length = (entry >> 16) + FURTHER(entry);
        TAKE(entry >> 8 & 15);
        REFILL;
        entry = LOOK(distances);
        if (!entry) {
            in->bits = bits, in->held_bits = held, in->at = (size_t)(next - in->input), in->out = (size_t)(to - in->output);
            done = inflate_match(in, length);
            bits = in->bits, held = in->held_bits, next = in->input + in->at, to = in->output + in->out;
            if (done != INFLATED)
                break;
            continue;
        }
        TAKE(entry & OWN_BITS);
        size_t distance = (entry >> 16) + FURTHER(entry);
        TAKE(entry >> 8 & 15);
        if (distance > (size_t)(to - in->output)) {
            done = WRONG;
            break;
        }
        copy_match(to, distance, length);
        to += length;
    }
    in->bits = bits, in->held_bits = held, in->at = (size_t)(next - in->input), in->out = (size_t)(to - in->output);
    return done;
}

static enum inflated inflate_coded(struct inflater *in)
{
    for (;;) {
        if (in->out + ONE_TURN > HELD && !hand_over(in))
            return STOPPED;
        enum inflated done = inflate_quickly(in);
        if (done != INFLATED)
            return done;
        if (in->out + ONE_TURN > HELD)
            continue;
        /* One symbol that the tables do not know, or near the end of the input at hand. */
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
        if (more < 0)
            return end_of(in);
        done = inflate_match(in, length_from[symbol - 257] + (size_t)more);
        if (done != INFLATED)
            return done;
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
    memset((u8 *)in + sizeof in->output, 0, offsetof(struct inflater, input) - sizeof in->output);
}

/* Inflate one gzip member, all there is; `in` was begun, and has more, take, source and sink. */
static enum inflated inflate(struct inflater *in)
{
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
    i64 length = bits_of(in, 32) < 0 ? -1 : bits_of(in, 32);
    return length < 0 ? CUT : (u32)length == in->length ? INFLATED : WRONG;
}

#pragma GCC pop_options

#endif

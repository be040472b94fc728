/* The launcher's own inflating and digest: `inflate FILE CHUNK [software]` writes what is in a gzip file to stdout, read
   CHUNK bytes at a time, and the file's sha256 to stderr. Exits with what `inflate` says. */

#define HOSTED
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inflate.h"
#include "sha256.h"

static size_t chunk;
static struct sha256 sum;
static struct inflater inflater;

static long read_some(void *source, u8 *into, size_t room)
{
    size_t got = fread(into, 1, chunk < room ? chunk : room, source);
    sha256_add(&sum, into, got);
    return (long)got;
}

static int write_some(void *sink, const u8 *bytes, size_t count)
{
    return fwrite(bytes, 1, count, sink) == count;
}

int main(int count, char **words)
{
    struct inflater *in = &inflater;
    chunk = (size_t)atol(words[2]);
    sha256_begin_sum(&sum);
    if (count > 3)
        sum.has_instructions = 0;
    inflate_begin(in);
    in->more = read_some;
    in->source = fopen(words[1], "rb");
    in->take = write_some;
    in->sink = stdout;
    int done = inflate(in);
    char hex[65];
    while (read_some(in->source, in->input, sizeof in->input) > 0)
        ;
    fclose(in->source);
    sha256_hex(&sum, hex);
    fprintf(stderr, "%s\n", hex);
    return done;
}

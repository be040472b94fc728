/* The launcher's own reading of xz: `xz FILE` writes what is in it to stdout. Exits with 0 where it is whole. */

#define HOSTED
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "xz.h"

static struct lzma lzma;

int main(int count, char **words)
{
    FILE *file = fopen(words[count - 1], "rb");
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    u8 *input = calloc(1, size + XZ_SPARE);
    if (fread(input, 1, size, file) != size)
        return 3;
    fclose(file);
    struct stream streams[XZ_MOST_STREAMS];
    int found = xz_streams(input, size, streams), done = found > 0;
    for (int at = 0; done && at < found; at++) {
        if (streams[at].unpacked > 1 << 28)
            return 4;
        u8 *output = malloc(streams[at].unpacked + 1);
        done = xz_decode(&lzma, &streams[at], output);
        if (done)
            fwrite(output, 1, streams[at].unpacked, stdout);
        free(output);
    }
    free(input);
    return !done;
}

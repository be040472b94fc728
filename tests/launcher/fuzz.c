/* Archives that are anything, unpacked under the sanitizers.

   With libFuzzer (nox -s fuzz) it makes its own; else `fuzz TIMES SEED FILE...` changes the files given, so many times.
   The first byte of an input says whether it is compressed. Dies where something was written outside. */

#define HOSTED
#define WITHOUT_SUMS 1
#define _GNU_SOURCE
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inflate.h"
#include "sha256.h"
#include "tar.h"

enum { ROOM = 1 << 19 };

struct input { const u8 *bytes; size_t left; };

/* On the heap, where the sanitizers see a byte before and behind. */
static struct tar *tar;
static struct inflater *inflater;
static char place[64], inside[80];

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found, (void)kind;
    return where->level ? remove(path) : 0;
}

static long read_input(void *source, u8 *into, size_t room)
{
    struct input *input = source;
    size_t some = input->left < room ? input->left : room;
    if (some > 1000)
        some = 1000;
    memcpy(into, input->bytes, some);
    input->bytes += some;
    input->left -= some;
    return (long)some;
}

static void prepare(void)
{
    tar = malloc(sizeof *tar);
    inflater = malloc(sizeof *inflater);
    strcpy(place, "/dev/shm/fuzz-XXXXXX");
    if (!mkdtemp(place)) {
        strcpy(place, "/tmp/fuzz-XXXXXX");
        if (!mkdtemp(place))
            abort();
    }
    snprintf(inside, sizeof inside, "%s/inside", place);
}

static u64 bytes_written;

static int look_at(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    char target[5000];
    bytes_written += kind == FTW_F ? (u64)found->st_size : 0;
    if (kind != FTW_SL)
        return 0;
    target[readlink(path, target, sizeof target - 1)] = 0;
    int up = 0;
    for (char *at = target; (at = strstr(at, "..")); at += 2)
        up += (at == target || at[-1] == '/') && (!at[2] || at[2] == '/');
    if (*target == '/' || up >= where->level) /* more than there are directories above it */
        abort();
    return 0;
}

/* Die unless `place` has the one directory that was made in it, and that no more bytes than allowed. */
static void check(void)
{
    DIR *names = opendir(place);
    int count = 0;
    while (readdir(names))
        count++;
    closedir(names);
    bytes_written = 0;
    nftw(inside, look_at, 8, FTW_PHYS);
    if (count != 3 || bytes_written > ROOM)
        abort();
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t count);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t count)
{
    if (!count)
        return 0;
    if (!*place)
        prepare();
    if (mkdir(inside, 0700))
        abort();
    long root = call4(OPENAT, HERE, inside, O_DIRECTORY, 0);
    struct input input = {bytes + 1, count - 1};
    tar_begin(tar, (int)root, ROOM);
    if (*bytes & 1) {
        inflate_begin(inflater);
        inflater->more = read_input;
        inflater->source = &input;
        inflater->take = tar_take;
        inflater->sink = tar;
        inflate(inflater);
    } else {
        for (size_t some; input.left; input.bytes += some, input.left -= some) {
            some = input.left < 700 ? input.left : 700;
            if (!tar_take(tar, input.bytes, some))
                break;
        }
    }
    tar_close(tar);
    close((int)root);
    check();
    nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

#ifndef LIBFUZZER
static u64 chance = 88172645463325252u;

static u64 random_below(u64 most)
{
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
    return chance % most;
}

int main(int count, char **words)
{
    long times = atol(words[1]);
    chance ^= (u64)atol(words[2]) * 0x9E3779B97F4A7C15u;
    for (long turn = 0; turn < times; turn++) {
        static u8 bytes[1 << 18];
        FILE *file = fopen(words[3 + turn % (count - 3)], "rb");
        size_t length = fread(bytes, 1, 1 << 17, file);
        fclose(file);
        for (u64 change = random_below(8); change--;) {
            size_t at = 1 + random_below(length - 1);
            switch (random_below(4)) {
            case 0: bytes[at] ^= (u8)(1 << random_below(8)); break;
            case 1: bytes[at] = (u8)random_below(256); break;
            case 2: length = at + 1; break;
            default: memmove(bytes + at, bytes + 1 + random_below(length - at), random_below(length - at) / 2); break;
            }
        }
        LLVMFuzzerTestOneInput(bytes, length);
    }
    rmdir(place);
    return 0;
}
#endif

/* An archive of the file, unpacked into a new directory: gzip as it is read, xz by two processes at once. */

#ifndef UNPACKING_H
#define UNPACKING_H

#include "configuration.h"
#include "inflate.h"
#include "sha256.h"
#include "tar.h"
#include "xz.h"

enum { PROGRESS_AFTER = 1000 };

/* The file as it was called, and open. */
struct opened { const char *called; long descriptor; };

struct unpacking {
    const struct own_python *own;
    struct opened *file;
    u64 at, left;
    u64 shown_left, shown_of; /* of what progress is shown */
    struct sha256 sum;
    struct tar tar;
    double began;
    int shows_progress, has_shown, is_read_first;
};

static struct unpacking unpacking;
static struct inflater inflater;
static struct lzma lzma;
static long unpacking_child; /* 0 where there is none */

static int is_terminal(void)
{
    char settings[64];
    return strcmp(value("TERM"), "dumb") && !call3(IOCTL, 2, 0x5401, settings);
}

static void show_progress(struct unpacking *now)
{
    if (!now->shows_progress || milliseconds() - now->began < PROGRESS_AFTER)
        return;
    u64 done = (now->shown_of - now->shown_left) * 100 / (now->shown_of ? now->shown_of : 1);
    const char *line = joined("\r", program_name, ": unpacking for the first start, ", number(done), " %\x1b[K");
    call3(WRITE, 2, line, strlen(line));
    now->has_shown = 1;
}

static long read_archive(void *source, u8 *into, size_t room)
{
    struct unpacking *now = source;
    if (room > now->left)
        room = (size_t)now->left;
    long got = room ? call4(PREAD, now->file->descriptor, into, room, now->at) : 0;
    if (got <= 0)
        return 0;
    now->at += (u64)got;
    now->left -= (u64)got;
    sha256_add(&now->sum, into, (size_t)got);
    if (!now->is_read_first) {
        now->shown_left = now->left;
        show_progress(now);
    }
    return got;
}

static const char changed[] = "the Python in it has changed";

/* Write the files of a stream below `root`. */
static void take_stream(struct unpacking *now, const struct stream *stream, int root)
{
    enum { PIECE = 1 << 20 };
    tar_begin(&now->tar, root, now->own->unpacked);
    /* Headers and padding of some thousand files are no 64 MB. */
    u8 *content = stream->unpacked > now->own->unpacked + (64 << 20) ? 0 : memory(stream->unpacked + 1);
    if (!content || !xz_decode(&lzma, stream, content)) {
        now->tar.wrong = changed;
        return;
    }
    now->shown_of = now->shown_left = stream->unpacked;
    for (u64 at = 0; at < stream->unpacked; at += PIECE) {
        u64 some = stream->unpacked - at < PIECE ? stream->unpacked - at : PIECE;
        if (!tar_take(&now->tar, content + at, some))
            break;
        now->shown_left -= some;
        show_progress(now);
    }
    tar_close(&now->tar);
    if (!now->tar.failure && !now->tar.wrong && now->tar.part != AT_END && (now->tar.part != HEADER || now->tar.left != BLOCK))
        now->tar.wrong = changed;
}

/* What another process has to say of its stream: its addresses are those of this one. */
struct outcome { const char *wrong; long failure; };

/* Have a process of its own take the stream: where its outcome can be read; negative where there can be none. */
static long take_beside(struct unpacking *now, const struct stream *stream, int root)
{
    int ends_of_pipe[2];
    if (call2(PIPE2, ends_of_pipe, O_CLOEXEC))
        return -1;
    long child = call5(CLONE, 17, 0, 0, 0, 0);
    if (!child) {
        call2(PRCTL, 1, 9); /* ended with this one, however that ends */
        now->shows_progress = 0;
        take_stream(now, stream, root);
        struct outcome outcome = {now->tar.wrong, now->tar.failure};
        call3(WRITE, ends_of_pipe[1], &outcome, sizeof outcome);
        call1(EXIT_GROUP, 0);
    }
    call1(CLOSE, ends_of_pipe[1]);
    if (child < 0) {
        call1(CLOSE, ends_of_pipe[0]);
        return -1;
    }
    unpacking_child = child;
    return ends_of_pipe[0];
}

/* Wait for the process beside this one, and take over what went wrong there. */
static void join_beside(struct unpacking *now, long pipe)
{
    struct outcome outcome = {0, -EIO}; /* where it was killed */
    int status;
    long got;
    while ((got = call3(READ, pipe, &outcome, sizeof outcome)) == -EINTR)
        ;
    call1(CLOSE, pipe);
    while (call4(WAIT4, unpacking_child, &status, 0, 0) == -EINTR)
        ;
    unpacking_child = 0;
    if (!now->tar.wrong && !now->tar.failure) {
        now->tar.wrong = outcome.wrong;
        now->tar.failure = outcome.failure;
    }
}

/* Unpack an archive of xz: the whole of it is read and compared first, then its streams are taken, two at a time. */
static void unpack_xz(struct unpacking *now, int root)
{
    struct stream streams[XZ_MOST_STREAMS];
    u8 *input = memory(now->own->size + XZ_SPARE);
    char sum[65];
    now->is_read_first = 1;
    tar_begin(&now->tar, root, 0);
    for (u64 at = 0; now->left;) {
        long got = read_archive(now, input + at, now->left);
        if (got <= 0) {
            now->tar.wrong = "it is cut off";
            return;
        }
        at += (u64)got;
    }
    sha256_hex(&now->sum, sum);
    int count = strcmp(sum, now->own->sha256) ? 0 : xz_streams(input, now->own->size, streams);
    if (!count) {
        now->tar.wrong = changed;
        return;
    }
    long beside = count > 1 ? take_beside(now, &streams[count - 1], root) : -1;
    for (int at = 0; at < (beside < 0 ? count : count - 1) && !now->tar.wrong && !now->tar.failure; at++)
        take_stream(now, &streams[at], root);
    if (beside >= 0)
        join_beside(now, beside);
    if (now->tar.wrong && now->tar.wrong != changed)
        now->tar.wrong = joined("the Python in it has ", now->tar.wrong);
}

static void unpack_gzip(struct unpacking *now, int root)
{
    char sum[65];
    tar_begin(&now->tar, root, now->own->unpacked);
    inflate_begin(&inflater);
    inflater.more = read_archive;
    inflater.source = now;
    inflater.take = tar_take;
    inflater.sink = &now->tar;
    now->is_read_first = 0;
    now->shown_of = now->left;
    enum inflated done = inflate(&inflater);
    while (done == INFLATED && read_archive(now, inflater.input, sizeof inflater.input) > 0)
        ;
    tar_close(&now->tar);
    sha256_hex(&now->sum, sum);
    if (now->tar.failure)
        return;
    if (done == STOPPED)
        now->tar.wrong = joined("the Python in it has ", now->tar.wrong);
    else if (now->left && done != WRONG)
        now->tar.wrong = "it is cut off";
    else if (done != INFLATED || now->tar.part != AT_END || strcmp(sum, now->own->sha256))
        now->tar.wrong = changed;
}

/* Write the archive into the new directory `temporary`: 0, or the negative number of what failed. */
static long unpack_into(struct unpacking *now, const char *temporary)
{
    u8 magic[6];
    long made = call3(MKDIRAT, HERE, temporary, 0755);
    long root = made ? made : call4(OPENAT, HERE, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (root < 0)
        return root;
    now->at = now->own->offset;
    now->left = now->own->size;
    now->began = milliseconds();
    now->shows_progress = is_terminal();
    sha256_begin_sum(&now->sum);
    if (call4(PREAD, now->file->descriptor, magic, 6, now->at) == 6 && !memcmp(magic, "\3757zXZ\0", 6))
        unpack_xz(now, (int)root);
    else
        unpack_gzip(now, (int)root);
    if (now->has_shown)
        call3(WRITE, 2, "\r\x1b[K", 4);
    call1(CLOSE, root);
    return now->tar.failure ? now->tar.failure : now->tar.wrong ? -EINVAL : 0;
}

#endif

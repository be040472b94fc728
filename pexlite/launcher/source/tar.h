/* A tar stream written into a directory: ustar, with names from pax and GNU headers (POSIX.1-2008 pax).

   Only directories, plain files and relative links that stay inside are taken. Whatever the stream is, nothing is
   written outside the directory, and no more than `room` bytes into files. */

#ifndef TAR_H
#define TAR_H

#include "system.h"

#ifndef WITHOUT_SUMS /* 1 in a test that changes headers at random */
#define WITHOUT_SUMS 0
#endif

enum { BLOCK = 512, LONGEST = 4096, MOST_EXTRA = 65536 };
enum part { HEADER, CONTENT, EXTRA, PADDING, AT_END };

struct tar {
    int root;         /* the descriptor of the directory */
    u64 room;         /* bytes that may still be written */
    const char *wrong; /* what is wrong with the stream; 0 where nothing is */
    long failure;     /* of a system call, negative */
    u64 count;        /* of the members that were written */

    enum part part;
    u64 left;         /* bytes of this part */
    unsigned padding; /* bytes behind its content */
    int file, folder; /* open descriptors; -1 where there is none */
    char extra_kind;
    i64 time;
    size_t held; /* bytes in `block` or `extra` */
    char block[BLOCK];
    char name[LONGEST + 1], target[LONGEST + 1]; /* from extra headers, else empty */
    u64 size;
    int has_size;
    char inside[LONGEST + 1]; /* the folder that is open */
    char extra[MOST_EXTRA + 1];
};

static void tar_begin(struct tar *tar, int root, u64 room)
{
    tar->root = root;
    tar->room = room;
    tar->wrong = 0;
    tar->failure = 0;
    tar->count = 0;
    tar->part = HEADER;
    tar->left = BLOCK;
    tar->file = tar->folder = -1;
    tar->held = 0;
    tar->name[0] = tar->target[0] = tar->inside[0] = 0;
    tar->has_size = 0;
}

static void tar_close(struct tar *tar)
{
    if (tar->file >= 0)
        call1(CLOSE, tar->file);
    if (tar->folder >= 0)
        call1(CLOSE, tar->folder);
    tar->file = tar->folder = -1;
}

static int tar_wrong(struct tar *tar, const char *words)
{
    tar->wrong = words;
    return 0;
}

static int tar_failed(struct tar *tar, long failure)
{
    tar->failure = failure;
    return 0;
}

/* A number field: octal digits, or with the first bit set base 256; -1 where it is neither, or too large. */
static i64 tar_number(const char *field, int width)
{
    u64 value = 0;
    int at = 0;
    if (field[0] & 0x80) {
        for (at = 1; at < width; at++) {
            if (value >> 52)
                return -1;
            value = value << 8 | (u8)field[at];
        }
        return (u8)field[0] == 0x80 ? (i64)value : -1;
    }
    while (at < width && field[at] == ' ')
        at++;
    for (; at < width && field[at] >= '0' && field[at] <= '7'; at++)
        value = value << 3 | (u64)(field[at] - '0');
    return at == width || !field[at] || field[at] == ' ' ? (i64)value : -1;
}

/* A name without "." and doubled slashes, in place; 0 for one that leads elsewhere, or is none. */
static int tar_clean(char *name)
{
    char *to = name;
    if (*name == '/')
        return 0;
    for (const char *from = name; *from;) {
        size_t length = 0;
        while (from[length] && from[length] != '/')
            length++;
        if (length == 2 && from[0] == '.' && from[1] == '.')
            return 0;
        if (length > 255)
            return 0;
        if (length && !(length == 1 && from[0] == '.')) {
            if (to != name)
                *to++ = '/';
            memmove(to, from, length);
            to += length;
        }
        from += length;
        while (*from == '/')
            from++;
    }
    *to = 0;
    return 1;
}

/* Whether a link `name` -> `target` stays inside, whatever else is a link: no ".." but those in front. */
static int tar_stays_inside(const char *name, const char *target)
{
    int depth = 0, has_named = 0;
    for (const char *at = name; *at; at++)
        depth += *at == '/';
    if (!*target || *target == '/')
        return 0;
    for (const char *from = target; *from;) {
        size_t length = 0;
        while (from[length] && from[length] != '/')
            length++;
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            if (has_named || --depth < 0)
                return 0;
        } else if (length && !(length == 1 && from[0] == '.')) {
            has_named = 1;
        }
        from += length;
        while (*from == '/')
            from++;
    }
    return 1;
}

/* Make the directories of `path` below the root and open the last one, through no link. */
static long tar_folder(struct tar *tar, const char *path)
{
    if (tar->folder >= 0 && !strcmp(tar->inside, path))
        return tar->folder;
    if (tar->folder >= 0)
        call1(CLOSE, tar->folder);
    tar->folder = -1;
    long at = call4(OPENAT, tar->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    for (const char *from = path; at >= 0 && *from;) {
        char part[256];
        size_t length = 0;
        for (; from[length] && from[length] != '/'; length++)
            part[length] = from[length];
        part[length] = 0;
        from += length + (from[length] == '/');
        long made = call3(MKDIRAT, at, part, 0755);
        long next = made < 0 && made != -EEXIST ? made
                                                : call4(OPENAT, at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        call1(CLOSE, at);
        at = next;
    }
    if (at < 0)
        return at == -ENOTDIR || at == -ELOOP ? (tar->wrong = "a path leads through a file", at) : at;
    memcpy(tar->inside, path, strlen(path) + 1);
    tar->folder = (int)at;
    return at;
}

static int tar_make(struct tar *tar, char kind, char *name, const char *target, int is_program)
{
    if (kind == '5') {
        long folder = tar_folder(tar, name);
        return folder >= 0 ? 1 : tar->wrong ? 0 : tar_failed(tar, folder);
    }
    char *last = name + strlen(name);
    while (last > name && last[-1] != '/')
        last--;
    if (!*last)
        return tar_wrong(tar, "a file without a name");
    if (kind == '2' && !tar_stays_inside(name, target))
        return tar_wrong(tar, "a link that leads out of it");
    if (last > name)
        last[-1] = 0;
    long folder = tar_folder(tar, last > name ? name : "");
    if (folder < 0)
        return tar->wrong ? 0 : tar_failed(tar, folder);
    long made = kind == '2' ? call3(SYMLINKAT, target, folder, last)
                            : call4(OPENAT, folder, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                    is_program ? 0755 : 0644);
    if (made == -EEXIST)
        return tar_wrong(tar, "a name that comes twice");
    if (made < 0)
        return tar_failed(tar, made);
    if (kind != '2')
        tar->file = (int)made;
    return 1;
}

static int tar_text(char *to, const char *from, size_t width)
{
    size_t length = 0;
    while (length < width && from[length])
        length++;
    memcpy(to, from, length);
    to[length] = 0;
    return (int)length;
}

/* Take the header in `block`. */
static int tar_header(struct tar *tar)
{
    const char *block = tar->block;
    long sum = 0;
    int is_empty = 1;
    for (int at = 0; at < BLOCK; at++) {
        sum += at >= 148 && at < 156 ? ' ' : (u8)block[at];
        is_empty = is_empty && !block[at];
    }
    if (is_empty) {
        tar->part = AT_END;
        return 1;
    }
    i64 size = tar_number(block + 124, 12), time = tar_number(block + 136, 12), mode = tar_number(block + 100, 8);
    if (size < 0 || mode < 0 || (!WITHOUT_SUMS && sum != tar_number(block + 148, 8)))
        return tar_wrong(tar, "a header that is none");
    char kind = block[156];
    if (kind == 'x' || kind == 'g' || kind == 'L' || kind == 'K') {
        if (size > MOST_EXTRA)
            return tar_wrong(tar, "a name that is too long");
        tar->extra_kind = kind;
        tar->part = EXTRA;
        tar->held = 0;
        tar->left = (u64)size;
        tar->padding = (unsigned)(-size & (BLOCK - 1));
        return 1;
    }
    if (kind != '0' && kind != 0 && kind != '7' && kind != '5' && kind != '2')
        return tar_wrong(tar, "a member that is no file, directory or link");
    char name[LONGEST + 1], target[LONGEST + 1];
    if (tar->name[0]) {
        memcpy(name, tar->name, sizeof name);
    } else {
        int length = block[345] && !memcmp(block + 257, "ustar\0", 6) ? tar_text(name, block + 345, 155) : 0;
        if (length)
            name[length++] = '/';
        tar_text(name + length, block, 100);
    }
    if (tar->target[0])
        memcpy(target, tar->target, sizeof target);
    else
        tar_text(target, block + 157, 100);
    u64 bytes = kind == '5' || kind == '2' ? 0 : tar->has_size ? tar->size : (u64)size;
    size_t end = strlen(name);
    if (kind != '5' && kind != '2' && end && name[end - 1] == '/')
        return tar_wrong(tar, "a file with the name of a directory");
    tar->name[0] = tar->target[0] = 0;
    tar->has_size = 0;
    if (!tar_clean(name))
        return tar_wrong(tar, "a name that leads out of it");
    if (bytes > tar->room)
        return tar_wrong(tar, "more than it should hold");
    tar->room -= bytes;
    tar->count++;
    tar->time = time;
    if (!tar_make(tar, kind, name, target, (mode & 0111) != 0))
        return 0;
    tar->part = CONTENT;
    tar->left = bytes;
    tar->padding = (unsigned)(-bytes & (BLOCK - 1));
    return 1;
}

/* Take a value of a pax header. */
static int tar_value(struct tar *tar, const char *key, size_t key_length, const char *value, size_t length)
{
    char *to = key_length == 4 && !memcmp(key, "path", 4)       ? tar->name
               : key_length == 8 && !memcmp(key, "linkpath", 8) ? tar->target
                                                                : 0;
    if (to) {
        if (!length || length > LONGEST)
            return tar_wrong(tar, "a name that is too long");
        for (size_t at = 0; at < length; at++)
            if (!value[at])
                return tar_wrong(tar, "a name with a NUL");
        memcpy(to, value, length);
        to[length] = 0;
    } else if (key_length == 4 && !memcmp(key, "size", 4)) {
        tar->size = 0;
        for (size_t at = 0; at < length; at++) {
            if (value[at] < '0' || value[at] > '9' || tar->size >> 52)
                return tar_wrong(tar, "a size that is none");
            tar->size = tar->size * 10 + (u64)(value[at] - '0');
        }
        tar->has_size = 1;
    }
    return 1;
}

/* Take an extra header: of pax "25 path=some/long/name\n" and so on, of GNU tar a name. */
static int tar_extra(struct tar *tar)
{
    char *from = tar->extra, *end = from + tar->held;
    *end = 0;
    tar->part = PADDING;
    tar->left = tar->padding;
    if (tar->extra_kind == 'g')
        return 1;
    if (tar->extra_kind != 'x') {
        size_t length = strlen(from);
        if (!length || length > LONGEST)
            return tar_wrong(tar, "a name that is too long");
        memcpy(tar->extra_kind == 'L' ? tar->name : tar->target, from, length + 1);
        return 1;
    }
    while (from < end) {
        size_t length = 0;
        char *at = from;
        for (; *at >= '0' && *at <= '9' && length <= MOST_EXTRA; at++)
            length = length * 10 + (size_t)(*at - '0');
        if (at == from || *at != ' ' || length > (size_t)(end - from) || length < (size_t)(at - from) + 3)
            return tar_wrong(tar, "a header that is none");
        char *key = at + 1, *last = from + length - 1, *equals = key;
        while (equals < last && *equals != '=')
            equals++;
        if (*last != '\n' || equals == last)
            return tar_wrong(tar, "a header that is none");
        if (!tar_value(tar, key, (size_t)(equals - key), equals + 1, (size_t)(last - equals - 1)))
            return 0;
        from += length;
    }
    return 1;
}

/* Close the file that is complete, with its time: bytecode names the time of its source. */
static void tar_end_of_file(struct tar *tar)
{
    if (tar->file >= 0) {
        struct time_of_day times[2] = {{tar->time, 0}, {tar->time, 0}};
        call4(UTIMENSAT, tar->file, 0, times, 0);
        call1(CLOSE, tar->file);
        tar->file = -1;
    }
    tar->part = PADDING;
    tar->left = tar->padding;
}

static int tar_write(struct tar *tar, const u8 *bytes, size_t count)
{
    while (count) {
        long written = call3(WRITE, tar->file, bytes, count);
        if (written == -EINTR)
            continue;
        if (written <= 0)
            return tar_failed(tar, written ? written : -ENOSPC);
        bytes += written;
        count -= (size_t)written;
    }
    return 1;
}

/* Take the next bytes of the stream; false where something is wrong, or failed. */
static int tar_take(void *sink, const u8 *bytes, size_t count)
{
    struct tar *tar = sink;
    while (tar->part != AT_END) {
        size_t some = count < tar->left ? count : (size_t)tar->left;
        if (tar->part == HEADER)
            memcpy(tar->block + tar->held, bytes, some);
        else if (tar->part == EXTRA)
            memcpy(tar->extra + tar->held, bytes, some);
        else if (tar->part == CONTENT && some && !tar_write(tar, bytes, some))
            return 0;
        tar->held += some;
        tar->left -= some;
        bytes += some;
        count -= some;
        if (tar->left)
            return 1;
        if (tar->part == HEADER ? !tar_header(tar) : tar->part == EXTRA ? !tar_extra(tar) : 0)
            return 0;
        if (tar->part == CONTENT && !tar->left)
            tar_end_of_file(tar);
        if (tar->part == PADDING && !tar->left) {
            tar->part = HEADER;
            tar->left = BLOCK;
            tar->held = 0;
        }
    }
    return 1;
}

#endif

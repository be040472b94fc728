/* Text, variables, paths, and what is told to people. Memory is never given back: soon another program is run. */

#ifndef TEXT_H
#define TEXT_H

#include "system.h"

static char **environment;
static const char *program_name; /* of the file, for errors */

static void *memory(size_t size)
{
    static char *free_from;
    static size_t left;
    size = (size + 15) & ~(size_t)15;
    if (size > left) {
        size_t more = size > 1 << 18 ? size : 1 << 18;
        long got = call6(MMAP, 0, (long)more, 3, 0x22, -1, 0);
        if (got < 0 && got > -4096) {
            call3(WRITE, 2, "error: no memory\n", 17);
            call1(EXIT_GROUP, 1);
        }
        free_from = (char *)got;
        left = more;
    }
    left -= size;
    free_from += size;
    return free_from - size;
}

/* The texts one behind the other; the last argument is 0. */
static char *joined_texts(const char *first, ...)
{
    va_list rest;
    size_t length = 0;
    va_start(rest, first);
    for (const char *text = first; text; text = va_arg(rest, const char *))
        length += strlen(text);
    va_end(rest);
    char *all = memory(length + 1), *to = all;
    va_start(rest, first);
    for (const char *text = first; text; text = va_arg(rest, const char *)) {
        size_t some = strlen(text);
        memcpy(to, text, some);
        to += some;
    }
    va_end(rest);
    *to = 0;
    return all;
}
#define joined(...) joined_texts(__VA_ARGS__, (const char *)0)

static char *part_of(const char *text, size_t length)
{
    char *part = memory(length + 1);
    memcpy(part, text, length);
    part[length] = 0;
    return part;
}

static const char *number(u64 value)
{
    char *text = (char *)memory(24) + 23;
    *text = 0;
    do
        *--text = (char)('0' + value % 10);
    while (value /= 10);
    return text;
}

static const char *hexadecimal(u32 value)
{
    char *text = memory(9);
    for (int at = 0; at < 8; at++)
        text[at] = "0123456789abcdef"[value >> (28 - 4 * at) & 15];
    text[8] = 0;
    return text;
}

/* A count of bytes as "12.3 MB". */
static const char *megabytes(u64 bytes)
{
    u64 tenths = bytes / 100000 + (bytes % 100000 >= 50000);
    return joined(number(tenths / 10), ".", number(tenths % 10), " MB");
}

static int begins(const char *text, const char *with)
{
    while (*with)
        if (*text++ != *with++)
            return 0;
    return 1;
}

static int ends(const char *text, const char *with)
{
    size_t length = strlen(text), other = strlen(with);
    return length >= other && !memcmp(text + length - other, with, other);
}

static const char *found_in(const char *text, const char *part)
{
    for (; *text; text++)
        if (begins(text, part))
            return text;
    return 0;
}

/* Behind the last `mark`, or all of the text. */
static const char *behind_last(const char *text, char mark)
{
    const char *from = text;
    for (; *text; text++)
        if (*text == mark)
            from = text + 1;
    return from;
}

static u64 value_of_digits(const char *text)
{
    u64 value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (u64)(*text++ - '0');
    return value;
}

/* -- variables -- */

static const char *variable(const char *name)
{
    size_t length = strlen(name);
    for (char **at = environment; *at; at++)
        if (begins(*at, name) && (*at)[length] == '=')
            return *at + length + 1;
    return 0;
}

/* A variable's value, "" where it is not set. */
static const char *value(const char *name)
{
    const char *found = variable(name);
    return found ? found : "";
}

static void unset(const char *name)
{
    size_t length = strlen(name);
    char **to = environment;
    for (char **at = environment; *at; at++)
        if (!begins(*at, name) || (*at)[length] != '=')
            *to++ = *at;
    *to = 0;
}

static void set(const char *name, const char *to)
{
    unset(name);
    size_t count = 0;
    while (environment[count])
        count++;
    char **more = memory((count + 2) * sizeof *more);
    memcpy(more, environment, count * sizeof *more);
    more[count] = joined(name, "=", to);
    more[count + 1] = 0;
    environment = more;
}

/* -- what is told -- */

/* Write a text to stderr, control characters escaped: a file's name must not move the cursor or forge a line. */
static void tell(const char *before, const char *text)
{
    char *line = memory(strlen(before) + 4 * strlen(text) + 2), *to = line;
    while (*before)
        *to++ = *before++;
    for (; *text; text++) {
        u8 byte = (u8)*text;
        if (byte >= ' ' && byte != 127) {
            *to++ = *text;
            continue;
        }
        *to++ = '\\', *to++ = 'x', *to++ = "0123456789abcdef"[byte >> 4], *to++ = "0123456789abcdef"[byte & 15];
    }
    *to++ = '\n';
    call3(WRITE, 2, line, to - line);
}

static void notice(const char *words)
{
    tell("pexlite: ", words);
}

static void fail(const char *error, const char *hint) __attribute__((noreturn));
static void fail(const char *error, const char *hint)
{
    tell("error: ", error);
    tell("hint: ", hint);
    call1(EXIT_GROUP, 1);
    __builtin_unreachable();
}

static void fail_damaged(const char *how) __attribute__((noreturn));
static void fail_damaged(const char *how)
{
    fail(joined(program_name, " is damaged: ", how), "copy it here again");
}

static const char *reason(long failure)
{
    switch (-failure) {
    case EPERM: return "Operation not permitted";
    case ENOENT: return "No such file or directory";
    case ENOEXEC: return "Exec format error";
    case EACCES: return "Permission denied";
    case EEXIST: return "File exists";
    case ENOTDIR: return "Not a directory";
    case EFBIG: return "File too large";
    case ENOSPC: return "No space left on device";
    case EROFS: return "Read-only file system";
    case ENAMETOOLONG: return "File name too long";
    case ELOOP: return "Too many levels of symbolic links";
    case EDQUOT: return "Disk quota exceeded";
    default: return joined("error ", number((u64)-failure));
    }
}

/* -- paths -- */

static char *directory_of(const char *path)
{
    const char *last = behind_last(path, '/');
    return last == path ? part_of(".", 1) : last == path + 1 ? part_of("/", 1) : part_of(path, (size_t)(last - path - 1));
}

/* Have glibc find the libraries beside a program: it asks /proc where that lies, and without /proc this variable. */
static void tell_origin(const char *program)
{
    char target[4096];
    if (call4(READLINKAT, HERE, "/proc/self/exe", target, sizeof target) > 0)
        return;
    for (int links = 0; links < 40; links++) {
        long length = call4(READLINKAT, HERE, program, target, sizeof target - 1);
        if (length <= 0)
            break;
        target[length] = 0;
        program = *target == '/' ? part_of(target, (size_t)length) : joined(directory_of(program), "/", target);
    }
    set("LD_ORIGIN_PATH", directory_of(program));
}

/* The current directory as the shell has it: PWD, where that is right. */
static const char *current_directory(void)
{
    const char *named = value("PWD");
    struct file_status one, other;
    if (*named == '/' && !status_of(named, &one) && !status_of(".", &other) && one.device == other.device &&
        one.inode == other.inode)
        return named;
    char *found = memory(4096);
    return call2(GETCWD, found, 4096) > 0 && *found == '/' ? found : 0;
}

/* The path from the root directory, without ".", ".." and doubled slashes, as os.path.abspath makes it. */
static const char *absolute(const char *path)
{
    if (*path != '/') {
        char *here = memory(4096);
        if (call2(GETCWD, here, 4096) <= 0 || *here != '/')
            fail("the current directory is gone", joined("start ", program_name, " from another one"));
        path = joined(here, "/", path);
    }
    char *clean = memory(strlen(path) + 2), *to = clean;
    for (const char *from = path; *from;) {
        while (*from == '/')
            from++;
        size_t length = 0;
        while (from[length] && from[length] != '/')
            length++;
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            while (to > clean && *--to != '/')
                ;
        } else if (length && !(length == 1 && from[0] == '.')) {
            *to++ = '/';
            memcpy(to, from, length);
            to += length;
        }
        from += length;
    }
    if (to == clean)
        *to++ = '/';
    *to = 0;
    return clean;
}

/* The content of a small file; 0 where it cannot be read, or has no plain form. */
static char *content_of(const char *path, size_t most)
{
    long file = call4(OPENAT, HERE, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (file < 0)
        return 0;
    char *content = memory(most + 1);
    size_t length = 0;
    for (long got = 1; got > 0 && length < most; length += got > 0 ? (size_t)got : 0)
        got = call3(READ, file, content + length, most - length);
    call1(CLOSE, file);
    content[length] = 0;
    return content;
}

/* The next line of `*text`, which is moved behind it; 0 where no line with its end is left. */
static char *next_line(char **text)
{
    char *line = *text, *end = line;
    while (*end && *end != '\n')
        end++;
    if (!*end)
        return 0;
    *end = 0;
    *text = end + 1;
    return line;
}

/* The home directory that /etc/passwd has for an account, by name or number; 0 where it has none. */
static const char *home_of(const char *name, u64 account)
{
    char *accounts = content_of("/etc/passwd", 1 << 20), *line;
    while (accounts && (line = next_line(&accounts))) {
        char *fields[7];
        int count = 0;
        for (char *at = line; count < 7;) {
            fields[count++] = at;
            while (*at && *at != ':')
                at++;
            if (!*at)
                break;
            *at++ = 0;
        }
        if (count > 5 && (name ? !strcmp(fields[0], name) : *fields[2] && value_of_digits(fields[2]) == account))
            return fields[5];
    }
    return 0;
}

/* The path, a leading ~ or ~name replaced by a home directory. */
static const char *expanded(const char *path)
{
    if (*path != '~')
        return path;
    size_t length = 1;
    while (path[length] && path[length] != '/')
        length++;
    const char *home = length > 1 ? home_of(part_of(path + 1, length - 1), 0) : variable("HOME");
    if (length == 1 && !home)
        home = home_of(0, (u64)call1(GETUID, 0));
    if (!home)
        return path;
    size_t end = strlen(home);
    while (end && home[end - 1] == '/')
        end--;
    const char *whole = joined(part_of(home, end), path + length);
    return *whole ? whole : "/";
}

#endif

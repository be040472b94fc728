/* The Python that the file carries: chosen, unpacked once into the cache, found there. */

#ifndef INTERPRETER_H
#define INTERPRETER_H

#include "cache.h"
#include "unpacking.h"

enum { PRUNER = 10000, ANOTHER_START = 300000, WORD_AFTER = 5000 };

/* -- which one -- */

/* The version that a C library tells of itself, "stable release version 2.31", as 31; else the newest "GLIBC_2.N" among
   the names in it, since not every version has new ones; 0 where there is neither, or no such file. */
static u64 newest_glibc_in(const char *path)
{
    static const char told[] = " release version 2.";
    enum { LENGTH = sizeof told - 1, KEPT = 32 };
    static char buffer[65536 + KEPT + 1];
    long file = call4(OPENAT, HERE, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    u64 newest = 0, version = 0;
    size_t kept = 0;
    for (long got; file >= 0 && (got = call3(READ, file, buffer + kept, 65536)) > 0;) {
        size_t end = kept + (size_t)got;
        buffer[end] = 0;
        for (size_t at = 0; at + KEPT <= end; at++) {
            if (buffer[at] == ' ' && !memcmp(buffer + at, told, LENGTH))
                version = value_of_digits(buffer + at + LENGTH);
            if (buffer[at] == 'G' && !memcmp(buffer + at, "GLIBC_2.", 8) && value_of_digits(buffer + at + 8) > newest &&
                value_of_digits(buffer + at + 8) < 1000)
                newest = value_of_digits(buffer + at + 8);
        }
        kept = end < KEPT ? end : KEPT;
        memmove(buffer, buffer + end - kept, kept);
    }
    if (file >= 0)
        call1(CLOSE, file);
    return version ? version : newest;
}

/* The host's glibc, as N of 2.N, found beside its loader; 0 where that cannot be told. */
static u64 glibc_here(const char *loader)
{
    static const char *const places[] = {"/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib"};
    char target[4096];
    long length = call4(READLINKAT, HERE, loader, target, sizeof target - 1);
    u64 newest = newest_glibc_in(joined(directory_of(loader), "/libc.so.6"));
    if (!newest && length > 0) {
        target[length] = 0;
        const char *real = *target == '/' ? target : joined(directory_of(loader), "/", target);
        newest = newest_glibc_in(joined(directory_of(real), "/libc.so.6"));
    }
    for (int at = 0; at < 5 && !newest; at++)
        newest = newest_glibc_in(joined(places[at], "/libc.so.6"));
    return newest;
}

/* Why this Python cannot run here; 0 where it can. */
static const char *unfit(const struct own_python *own)
{
    struct file_status found;
    if (!*own->loader)
        return 0;
    if (status_of(own->loader, &found))
        return joined("there is no ", own->loader, " here");
    if (!begins(own->libc, "glibc 2."))
        return 0;
    u64 here = glibc_here(own->loader);
    if (!here || here >= value_of_digits(own->libc + 8))
        return 0;
    return joined("it needs ", own->libc, ", and this is glibc 2.", number(here));
}

static void fail_unfit(const char *why) __attribute__((noreturn));
static void fail_unfit(const char *why)
{
    fail(joined(program_name, " brings ", configured("brought"), ", and that does not run here: ", why),
         "name a Python with PEX_PYTHON=/path/to/python, or build for this machine with --python-from");
}

/* -- whether it starts -- */

/* The line of what a Python writes that tells why it does not start. */
static const char *told_by(char *words)
{
    const char *missing = found_in(words, "GLIBC_");
    if (missing && found_in(missing, "not found")) {
        size_t length = 6;
        while (missing[length] == '.' || (missing[length] >= '0' && missing[length] <= '9'))
            length++;
        return joined("it needs glibc ", part_of(missing + 6, length - 6));
    }
    size_t length = strlen(words);
    while (length && words[length - 1] == '\n')
        words[--length] = 0;
    if (begins(words, "Traceback"))
        return behind_last(words, '\n');
    for (size_t at = 0; at < length; at++)
        if (words[at] == '\n')
            words[at] = 0;
    return words;
}

/* Why the Python at `place` does not start, or has not the files that it should; 0 where all is well. Of a new one it
   is written down which files those are. */
static const char *complaint_of(const struct own_python *own, const char *place, int is_new)
{
    const char *program = joined(place, "/", own->program);
    int ends_of_pipe[2], status = -1;
    if (call2(PIPE2, ends_of_pipe, O_CLOEXEC))
        return 0;
    long child = call5(CLONE, 17, 0, 0, 0, 0);
    if (!child) {
        const char *words[] = {program, "-I", "-B", "-c", configured("trial"), place, is_new ? "new" : 0, 0};
        long nothing = call4(OPENAT, HERE, "/dev/null", O_RDWR, 0);
        call3(DUP3, nothing < 0 ? ends_of_pipe[0] : nothing, 0, 0);
        call3(DUP3, ends_of_pipe[1], 1, 0);
        call3(DUP3, ends_of_pipe[1], 2, 0);
        unset("PYTHONHOME");
        tell_origin(program);
        long failure = call3(EXECVE, program, words, environment);
        const char *why = reason(failure);
        call3(WRITE, 2, why, strlen(why));
        call1(EXIT_GROUP, 127);
    }
    call1(CLOSE, ends_of_pipe[1]);
    char *words = memory(4097);
    size_t length = 0;
    for (long got; (got = call3(READ, ends_of_pipe[0], words + length, 4096 - length)) > 0 || got == -EINTR;)
        length += got > 0 ? (size_t)got : 0;
    call1(CLOSE, ends_of_pipe[0]);
    while (child > 0 && call4(WAIT4, child, &status, 0, 0) == -EINTR)
        ;
    if (child < 0 || !status)
        return 0;
    words[length] = 0;
    const char *told = told_by(words);
    return *told ? told : joined(own->program, " does not start");
}

/* -- put in its place -- */

/* The disk that `path` is on, or would be; zeros where that cannot be told. */
static struct disk disk_of(const char *path)
{
    struct disk disk;
    memset(&disk, 0, sizeof disk);
    call2(STATFS, nearest_directory(path), &disk);
    return disk;
}

static void fail_without_room(const char *root, u64 needed, long failure, struct disk disk) __attribute__((noreturn));
static void fail_without_room(const char *root, u64 needed, long failure, struct disk disk)
{
    u64 free = disk.available * (u64)disk.block;
    const char *why = joined(megabytes(needed), " needed, ", megabytes(free), " free");
    if (failure == -EFBIG)
        why = joined(why, ", and files may not be as large (ulimit -f)");
    else if (failure == -EDQUOT)
        why = joined(why, ", and the quota is used up");
    else if (disk.files && disk.files_free < 10)
        why = joined(number(disk.files_free), " more files can be made (inodes)");
    fail(joined("no room to unpack into ", layout_of(root), ": ", why),
         "make room, or set PEX_ROOT to a directory on another disk");
}

/* Rename what is in one directory to its place in another, file by file; READY stays. The bytecode that Python has added
   may be cut off too: it is compiled again. */
static void add_all(const char *from, const char *to, int is_top)
{
    struct file_status found;
    const char *bytecode = joined(to, "/__pycache__");
    for (const char **name = names_in(bytecode, "", ".pyc"); *name; name++)
        call3(UNLINKAT, HERE, joined(bytecode, "/", *name), 0);
    for (const char **name = names_in(from, "", ""); *name; name++) {
        const char *one = joined(from, "/", *name), *place = joined(to, "/", *name);
        if (is_top && !strcmp(*name, "READY"))
            continue;
        if (call4(FSTATAT, HERE, one, &found, AT_SYMLINK_NOFOLLOW))
            continue;
        if ((found.mode & KIND) == DIRECTORY) {
            call3(MKDIRAT, HERE, place, 0755);
            add_all(one, place, 0);
        } else {
            call4(RENAMEAT, HERE, one, HERE, place);
        }
    }
}

/* Rename the complete directory to its place. Where one is there that was left unfinished, add what it lacks. */
static long put_in_place(const char *temporary, const char *place)
{
    long renamed = call4(RENAMEAT, HERE, temporary, HERE, place);
    if (renamed != -ENOTEMPTY && renamed != -EEXIST)
        return renamed;
    add_all(temporary, place, 1);
    renamed = call4(RENAMEAT, HERE, joined(temporary, "/READY"), HERE, joined(place, "/READY"));
    if (!renamed)
        call3(UNLINKAT, HERE, joined(place, "/DAMAGED"), 0);
    return renamed;
}

static const char *place_of(const struct own_python *own, const char *root)
{
    return joined(layout_of(root), "/interpreters/", own->name);
}

/* Whether it was put there whole, and no start has found since that files of it are missing or cut. */
static int is_ready(const char *place)
{
    struct file_status found;
    return !status_of(joined(place, "/READY"), &found) && found.size > 0 && status_of(joined(place, "/DAMAGED"), &found);
}

/* Whether it is there and starts. Its time is set, in turn with a pruner that may have found it unused. */
static int is_there(const struct own_python *own, const char *root)
{
    struct file_status found;
    const char *place = place_of(own, root);
    if (!is_ready(place))
        return 0;
    if (!status_of(place, &found) && found.owner == user()) {
        long pruner = lock_file(joined(layout_of(root), "/locks/prune"));
        if (pruner >= 0)
            lock_within(pruner, LOCK_SHARED, PRUNER);
        call4(UTIMENSAT, HERE, joined(place, "/READY"), 0, 0);
        if (pruner >= 0)
            call1(CLOSE, pruner);
    }
    return is_ready(place) && !complaint_of(own, place, 0);
}

/* Wait for another start that unpacks the same; 0 once this one holds the lock, or there is none to hold. */
static void wait_for_turn(long lock, const char *place)
{
    double began = milliseconds();
    int has_told = 0;
    for (long pause = 2; lock >= 0; pause = pause < 25 ? 2 * pause : 50) {
        long locked = call2(FLOCK, lock, LOCK_ALONE | LOCK_AT_ONCE);
        if (locked != -EAGAIN && locked != -EINTR && locked != -EACCES)
            return;
        if (is_ready(place))
            return;
        if (milliseconds() - began > ANOTHER_START) {
            notice(joined("waited long enough for the other start of ", program_name));
            return;
        }
        if (milliseconds() - began > WORD_AFTER && !has_told++)
            notice(joined("waiting while another start unpacks ", program_name));
        wait_for(pause);
    }
}

/* What is being unpacked, for a start that is interrupted meanwhile; the process that unpacks it. */
static const char *unfinished;
static long unpacker;

static void interrupted(int number)
{
    int status;
    if (call1(GETPID, 0) == unpacker) {
        if (unpacking_child > 0 && !call2(KILL, unpacking_child, 9))
            call4(WAIT4, unpacking_child, &status, 0, 0);
        remove_tree(unfinished);
    }
    call2(KILL, call1(GETPID, 0), number); /* which ends it: what it does is what it did before */
    call1(EXIT_GROUP, 128 + number);
}

/* Have Ctrl-C, and what else ends a process by default, remove what is being unpacked; signals that are ignored stay so. */
static void heed_interruptions(const char *temporary)
{
    static const int numbers[] = {1, 2, 15}; /* SIGHUP, SIGINT, SIGTERM */
    struct action action = {interrupted, RESET_HAND | NO_DEFER | RESTORER, interrupted, 0}, before;
    unfinished = temporary;
    unpacker = call1(GETPID, 0);
    for (int at = 0; at < 3; at++)
        if (!call4(SIGACTION, numbers[at], 0, &before, 8) && before.handler == DEFAULT)
            call4(SIGACTION, numbers[at], &action, 0, 8);
}

/* Have signals do again what they did by default. */
static void heed_no_more(void)
{
    static const int numbers[] = {1, 2, 15};
    struct action action = {DEFAULT, 0, 0, 0}, before;
    for (int at = 0; at < 3; at++)
        if (!call4(SIGACTION, numbers[at], 0, &before, 8) && before.handler == interrupted)
            call4(SIGACTION, numbers[at], &action, 0, 8);
}

/* Unpack beside the place, start it once, and put it there: 0, or the negative number of what failed. */
static long unpack(const struct own_python *own, struct opened *file, const char *root)
{
    struct disk disk = disk_of(layout_of(root));
    const char *place = place_of(own, root), *temporary = beside(place);
    struct file_status found;
    int is_again = !status_of(joined(place, "/READY"), &found) && found.size > 0;
    if (disk.blocks && disk.available * (u64)disk.block < own->unpacked)
        fail_without_room(root, own->unpacked, -ENOSPC, disk);
    unpacking.own = own;
    unpacking.file = file;
    heed_interruptions(temporary);
    long made = unpack_into(&unpacking, temporary);
    const char *why = made ? 0 : complaint_of(own, temporary, 1);
    if (why && (begins(why, "[Errno 27]") || begins(why, "[Errno 28]") || begins(why, "[Errno 122]"))) {
        made = -(long)value_of_digits(why + 7);
        why = 0;
    }
    if (!made && !why)
        made = write_new(joined(temporary, "/READY"), joined("pexlite interpreter ", own->sha256, "\n"));
    if (made == -EEXIST)
        unpacking.tar.wrong = "the Python in it has a READY of its own";
    if (!made && !why)
        made = put_in_place(temporary, place);
    disk = disk_of(layout_of(root)); /* before it is given back */
    remove_tree(temporary);
    heed_no_more();
    if (why)
        fail_unfit(why);
    if (unpacking.tar.wrong)
        fail_damaged(unpacking.tar.wrong);
    if (made == -ENOSPC || made == -EDQUOT || made == -EFBIG)
        fail_without_room(root, own->unpacked, made, disk);
    if (!made && is_again)
        notice(joined("the unpacked Python of ", program_name, " was damaged: it has been unpacked again"));
    return made;
}

/* Have this Python below `root`: 0, or the negative number of what failed. */
static long provide(const struct own_python *own, struct opened *file, const char *root)
{
    const char *locks = joined(layout_of(root), "/locks/");
    long made = make_root(root);
    if (made == -ENOSPC || made == -EDQUOT)
        fail_without_room(root, own->unpacked, made, disk_of(root));
    if (made)
        return made;
    long pruner = lock_file(joined(locks, "prune")), turn = lock_file(joined(locks, own->name));
    if (pruner >= 0)
        lock_within(pruner, LOCK_SHARED, PRUNER);
    wait_for_turn(turn, place_of(own, root));
    if (!is_there(own, root)) /* another start may have done everything meanwhile */
        made = unpack(own, file, root);
    if (turn >= 0)
        call1(CLOSE, turn);
    if (pruner >= 0)
        call1(CLOSE, pruner);
    return made;
}

/* Why it cannot be below this root; 0 once it is there. */
static const char *refusal_of(const char *root, const struct own_python *own, struct opened *file)
{
    const char *why = begins(root, NOBODYS) ? "there is no home directory" : distrust(root, place_of(own, root));
    if (why)
        return why;
    if (refuses_programs(root))
        return joined(root, " is mounted noexec");
    if (is_there(own, root))
        return 0;
    long failure = may_be_made(place_of(own, root)) ? provide(own, file, root) : -EACCES;
    if (!failure)
        return 0;
    why = joined(root, " cannot be written");
    return failure == -EACCES || failure == -EROFS ? why : joined(why, ": ", reason(failure));
}

/* The program of this Python, ready to be run. */
static const char *program_of(const struct own_python *own, struct opened *file)
{
    const char *root = cache_root(), *why = refusal_of(root, own, file);
    if (why) {
        root = private_root();
        if (!root)
            fail(why, "set PEX_ROOT to a directory that can be written, and from which programs may be run");
        if (*value("PEX_VERBOSE") || (!ends(why, " cannot be written") && strcmp(why, "there is no home directory")))
            notice(joined(why, ": using ", root));
        why = refusal_of(root, own, file);
        if (why)
            fail(why, "set PEX_ROOT to a directory that can be written, and from which programs may be run");
    }
    return joined(place_of(own, root), "/", own->program);
}

#endif

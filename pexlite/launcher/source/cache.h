/* Roots, private ones, locks and temporary names, by the protocol in runtime/__init__.py. */

#ifndef CACHE_H
#define CACHE_H

#include "configuration.h"
#include "inflate.h"

static const char CACHE_TAG[] = "Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n";

/* -- directories -- */

/* The names in an open directory, one after the other: `next_name` fills the buffer as it goes. */
struct listing { long directory; long end, at; char buffer[4096] __attribute__((aligned(8))); };

static const char *next_name(struct listing *names)
{
    for (;;) {
        if (names->at >= names->end) {
            names->end = call3(GETDENTS, names->directory, names->buffer, sizeof names->buffer);
            names->at = 0;
            if (names->end <= 0)
                return 0;
        }
        struct entry *entry = (struct entry *)(void *)(names->buffer + names->at);
        names->at += entry->length;
        if (strcmp(entry->name, ".") && strcmp(entry->name, ".."))
            return entry->name;
    }
}

/* The names in `path` that begin and end so, sorted; the last is 0. */
static const char **names_in(const char *path, const char *beginning, const char *end)
{
    const char **found = memory(sizeof *found);
    size_t count = 0, room = 0;
    struct listing names = {.directory = call4(OPENAT, HERE, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
    for (const char *name; names.directory >= 0 && (name = next_name(&names));) {
        if (!begins(name, beginning) || !ends(name, end))
            continue;
        if (count == room) {
            const char **more = memory((room = 2 * room + 8) * sizeof *more + sizeof *more);
            memcpy(more, found, count * sizeof *more);
            found = more;
        }
        size_t at = count++;
        for (; at && strcmp(found[at - 1], name) > 0; at--)
            found[at] = found[at - 1];
        found[at] = part_of(name, strlen(name));
    }
    if (names.directory >= 0)
        call1(CLOSE, names.directory);
    found[count] = 0;
    return found;
}

/* Make the directory and its missing parents, writable by this user alone whatever the umask. */
static long make_directories(const char *path)
{
    struct file_status found;
    long made = call3(MKDIRAT, HERE, path, 0755);
    if (made == -ENOENT && strcmp(path, "/") && strcmp(path, ".")) {
        made = make_directories(directory_of(path));
        if (!made)
            made = call3(MKDIRAT, HERE, path, 0755);
    }
    if (!made)
        return 0;
    long looked = status_of(path, &found);
    return !looked && (found.mode & KIND) == DIRECTORY ? 0 : made;
}

/* Remove what this process made: by descriptors, through no link, on one device. Whether it is gone. */
static int remove_in(long parent, const char *name, u64 device)
{
    struct file_status found;
    if (call4(FSTATAT, parent, name, &found, AT_SYMLINK_NOFOLLOW))
        return 0;
    if ((found.mode & KIND) != DIRECTORY)
        return !call3(UNLINKAT, parent, name, 0);
    if (found.device != device)
        return 0;
    /* Again, since a listing may leave names out while others are removed. */
    for (int more = 1; more && call3(UNLINKAT, parent, name, AT_REMOVEDIR);) {
        struct listing names = {.directory = call4(OPENAT, parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)};
        if (names.directory < 0)
            return 0;
        more = 0;
        for (const char *child; (child = next_name(&names));)
            more |= remove_in(names.directory, child, device);
        call1(CLOSE, names.directory);
    }
    return call4(FSTATAT, parent, name, &found, AT_SYMLINK_NOFOLLOW) != 0;
}

static void remove_tree(const char *path)
{
    struct file_status found;
    long parent = call4(OPENAT, HERE, directory_of(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (parent < 0)
        return;
    if (!call2(FSTAT, parent, &found))
        remove_in(parent, behind_last(path, '/'), found.device);
    call1(CLOSE, parent);
}

/* The CRC-32 of zlib. */
static u32 crc_of(const u8 *bytes, size_t count)
{
    u32 crc = ~0u;
    while (count--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* A temporary name beside `place`, which the pruner knows: .<name>-<process>-<microseconds>-<host>. */
static const char *beside(const char *place)
{
    struct names host;
    call1(UNAME, &host);
    u32 digest = crc_of((const u8 *)host.node, strlen(host.node));
    const char *name = behind_last(place, '/');
    return joined(directory_of(place), "/.", name, "-", number((u64)call1(GETPID, 0)), "-", number(microseconds()), "-",
                  hexadecimal(digest));
}

static long write_new(const char *path, const char *content)
{
    long file = call4(OPENAT, HERE, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0)
        return file;
    size_t length = strlen(content);
    long written = call3(WRITE, file, content, length);
    call1(CLOSE, file);
    return written < 0 ? written : (size_t)written < length ? -ENOSPC : 0;
}

/* -- whose it is -- */

static u32 user(void)
{
    return (u32)call1(GETEUID, 0);
}

/* Whether this user or root owns what was found, and nobody else may write to it. */
static int is_own(const struct file_status *found)
{
    return !(found->mode & 022) && (found->owner == 0 || found->owner == user());
}

static const char *nearest_directory(const char *path)
{
    struct file_status found;
    while ((status_of(path, &found) || (found.mode & KIND) != DIRECTORY) && strcmp(path, "/"))
        path = directory_of(path);
    return path;
}

static const char *octal(u32 mode)
{
    char *text = (char *)memory(8) + 7;
    *text = 0;
    do
        *--text = (char)('0' + (mode & 7));
    while (mode >>= 3);
    return text;
}

static const char *whose(const char *path, const struct file_status *found)
{
    if (found->owner != 0 && found->owner != user())
        return joined(path, " belongs to another account (", number(found->owner), ")");
    return joined(path, " may be written by others (mode ", octal(found->mode & 07777), ")");
}

/* Why what is at `place` below `root` must not be used; 0 where it may be (the protocol's rule 6). */
static const char *distrust(const char *root, const char *place)
{
    struct file_status found;
    for (const char *path = place; strlen(path) >= strlen(root); path = directory_of(path)) {
        if (!status_of(path, &found) && !is_own(&found))
            return whose(path, &found);
        if (!path[1])
            break;
    }
    const char *above = nearest_directory(root);
    return status_of(above, &found) || found.owner == 0 || found.owner == user() ? 0 : whose(above, &found);
}

/* Whether this process may make `path`, or write into it. */
static int may_be_made(const char *path)
{
    struct file_status found;
    while (call4(FSTATAT, HERE, path, &found, AT_SYMLINK_NOFOLLOW) && strcmp(path, "/"))
        path = directory_of(path);
    return !status_of(path, &found) && (found.mode & KIND) == DIRECTORY &&
           !call3(FACCESSAT, HERE, path, WRITABLE | EXECUTABLE);
}

static int refuses_programs(const char *path)
{
    struct disk disk;
    memset(&disk, 0, sizeof disk);
    return !call2(STATFS, nearest_directory(path), &disk) && disk.flags & NOEXEC;
}

/* -- locks -- */

/* Take the lock on an open file, waiting at most so many milliseconds: 0, or a negative number. */
static long lock_within(long file, int how, double most)
{
    double began = milliseconds();
    for (long pause = 2;; pause = pause < 25 ? 2 * pause : 50) {
        long locked = call2(FLOCK, file, how | LOCK_AT_ONCE);
        if (!locked || (locked != -EAGAIN && locked != -EINTR && locked != -EACCES) || milliseconds() - began >= most)
            return locked;
        wait_for(pause);
    }
}

/* The open file of the lock `path`; -1 where another account could open it too, and hold it for ever. */
static long lock_file(const char *path)
{
    struct file_status found;
    long file = call4(OPENAT, HERE, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0 && (call2(FSTAT, file, &found) || found.owner != user() || found.mode & 077)) {
        call1(CLOSE, file);
        return -1;
    }
    return file;
}

/* -- roots -- */

static const char NOBODYS[] = "/dev/null"; /* as the runtime has it for an account without a home */

/* $PEX_ROOT, else what is sealed, else ~/.pex, as in runtime/start.py. */
static const char *cache_root(void)
{
    const char *root = value("PEX_ROOT");
    if (!*root)
        root = configured("root");
    if (*root)
        return absolute(expanded(root));
    const char *home = value("HOME");
    if (!*home)
        home = home_of(0, (u64)call1(GETUID, 0));
    return home ? absolute(joined(home, "/.pex")) : joined(NOBODYS, "/.pex");
}

static const char *layout_of(const char *root)
{
    return joined(root, "/", configured("layout"));
}

/* Make the cache's directories below `root`, and their marks. */
static long make_root(const char *root)
{
    static const char *const parts[] = {"apps", "wheels", "interpreters", "locks"};
    const char *layout = layout_of(root);
    for (int at = 0; at < 4; at++) {
        struct file_status found;
        long made = make_directories(layout);
        if (made)
            return made;
        const char *path = joined(layout, "/", parts[at]);
        made = call3(MKDIRAT, HERE, path, at == 3 ? 0700 : 0755);
        if (made && (made != -EEXIST || status_of(path, &found) || (found.mode & KIND) != DIRECTORY))
            return made;
    }
    if (call3(FACCESSAT, HERE, joined(layout, "/interpreters"), WRITABLE | EXECUTABLE))
        return -EACCES;
    const char *const tagged[] = {layout, root};
    for (int at = 0; at < 2; at++) {
        struct file_status found;
        const char *tag = joined(tagged[at], "/CACHEDIR.TAG"), *temporary = beside(tag);
        if (!status_of(tag, &found) && found.size) /* else emptied by a power cut */
            continue;
        long written = write_new(temporary, CACHE_TAG);
        if (!written)
            call4(RENAMEAT, HERE, temporary, HERE, tag);
        else
            call3(UNLINKAT, HERE, temporary, 0);
        if (written == -ENOSPC || written == -EDQUOT)
            return written;
    }
    return 0;
}

/* Whether other accounts, except root, cannot replace an entry of this directory, and programs may be run there. */
static int may_hold_private(const char *place)
{
    struct file_status found;
    return !status_of(place, &found) && (found.mode & KIND) == DIRECTORY &&
           (found.owner == 0 || found.owner == user()) && (!(found.mode & 022) || found.mode & STICKY) &&
           !call3(FACCESSAT, HERE, place, READABLE | WRITABLE | EXECUTABLE) && !refuses_programs(place);
}

static const char *found_private(const char *place, const char *prefix)
{
    struct file_status found;
    for (const char **name = names_in(place, prefix, ""); *name; name++) {
        const char *path = joined(place, "/", *name);
        if (!call4(FSTATAT, HERE, path, &found, AT_SYMLINK_NOFOLLOW) && (found.mode & KIND) == DIRECTORY &&
            found.owner == user() && (found.mode & 0777) == 0700)
            return path;
    }
    return 0;
}

/* A new directory with a name that nobody can guess; 0 where it cannot be made. */
static const char *new_private(const char *place, const char *prefix)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    for (int tries = 0; tries < 100; tries++) {
        u8 chance[8];
        char suffix[9];
        if (call3(GETRANDOM, chance, sizeof chance, 0) != sizeof chance) {
            u64 other = microseconds() * 0x9E3779B97F4A7C15u ^ (u64)call1(GETPID, 0);
            memcpy(chance, &other, sizeof chance);
        }
        for (int at = 0; at < 8; at++)
            suffix[at] = letters[chance[at] & 31];
        suffix[8] = 0;
        const char *path = joined(place, "/", prefix, suffix);
        long made = call3(MKDIRAT, HERE, path, 0700);
        if (made != -EEXIST)
            return made ? 0 : path;
    }
    return 0;
}

/* The private root of this user, made where there is none yet; 0 where there can be none. */
static const char *private_root(void)
{
    const char *temporary = value("TMPDIR");
    const char *const places[] = {*temporary ? absolute(temporary) : "/var/tmp", "/var/tmp", "/tmp", "/dev/shm"};
    const char *prefix = joined("pexlite-", number(user()), "-"), *found = 0;
    for (int at = 0; at < 4 && !found; at++)
        found = may_hold_private(places[at]) ? found_private(places[at], prefix) : 0;
    for (int at = 0; at < 4 && !found; at++) {
        if (!may_hold_private(places[at]))
            continue;
        /* Many first starts at once make one directory: in turn, for two seconds at most, as anyone may hold this. */
        long turn = call4(OPENAT, HERE, places[at], O_RDONLY | O_CLOEXEC, 0);
        if (turn >= 0)
            lock_within(turn, LOCK_ALONE, 2000);
        found = found_private(places[at], prefix);
        if (!found)
            found = new_private(places[at], prefix);
        if (turn >= 0)
            call1(CLOSE, turn);
    }
    return found;
}

#endif

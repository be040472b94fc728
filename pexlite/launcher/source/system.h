/* Linux without a C library: types, system calls of x86-64 and arm64, and the four functions that compilers call. */

#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, MMAP = 9, IOCTL = 16, PREAD = 17, NANOSLEEP = 35, GETPID = 39, EXECVE = 59,
       CLONE = 56, WAIT4 = 61, UNAME = 63, FLOCK = 73, GETCWD = 79, GETUID = 102, GETEUID = 107, GETPPID = 110,
       STATFS = 137, GETDENTS = 217, CLOCK_GETTIME = 228, EXIT_GROUP = 231, OPENAT = 257, MKDIRAT = 258, FSTATAT = 262,
       UNLINKAT = 263, RENAMEAT = 264, SYMLINKAT = 266, READLINKAT = 267, FACCESSAT = 269, UTIMENSAT = 280,
       DUP3 = 292, PIPE2 = 293, GETRANDOM = 318, FSTAT = 5, SIGACTION = 13, KILL = 62,
       PRCTL = 157 };
enum { O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000 };
struct file_status { u64 device, inode, links; u32 mode, owner, group, padding; u64 special; i64 size, blocks[2], read[2], changed[2],
                     rest[5]; };

static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, MMAP = 222, IOCTL = 29, PREAD = 67, NANOSLEEP = 101, GETPID = 172,
       EXECVE = 221, CLONE = 220, WAIT4 = 260, UNAME = 160, FLOCK = 32, GETCWD = 17, GETUID = 174, GETEUID = 175,
       GETPPID = 173, STATFS = 43, GETDENTS = 61, CLOCK_GETTIME = 113, EXIT_GROUP = 94, OPENAT = 56, MKDIRAT = 34,
       FSTATAT = 79, UNLINKAT = 35, RENAMEAT = 38, SYMLINKAT = 36, READLINKAT = 78, FACCESSAT = 48, UTIMENSAT = 88,
       DUP3 = 24, PIPE2 = 59, GETRANDOM = 278, FSTAT = 80, SIGACTION = 134, KILL = 129,
       PRCTL = 167 };
enum { O_DIRECTORY = 040000, O_NOFOLLOW = 0100000 };
struct file_status { u64 device, inode; u32 mode, links, owner, group; u64 special, padding; i64 size, blocks[2], read[2], changed[2],
                     rest[3]; };

static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
#error "the launcher is for x86-64 and arm64"
#endif

#define call1(n, a) call6(n, (long)(a), 0, 0, 0, 0, 0)
#define call2(n, a, b) call6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define call5(n, a, b, c, d, e) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

enum { HERE = -100, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_NONBLOCK = 04000,
       O_CLOEXEC = 02000000, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EMPTY_PATH = 0x1000 };
enum { KIND = 0170000, DIRECTORY = 0040000, REGULAR = 0100000, STICKY = 01000 };
enum { READABLE = 4, WRITABLE = 2, EXECUTABLE = 1 };
enum { EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENOEXEC = 8, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EINVAL = 22, EFBIG = 27,
       ENOSPC = 28, EROFS = 30, ENAMETOOLONG = 36, ELOOP = 40, ENOTEMPTY = 39, EDQUOT = 122 };
enum { LOCK_SHARED = 1, LOCK_ALONE = 2, LOCK_AT_ONCE = 4 };
enum { NOEXEC = 8 };

#define RESET_HAND 0x80000000ul
#define NO_DEFER 0x40000000ul
#define RESTORER 0x04000000ul
struct action { void (*handler)(int); unsigned long flags; void (*restorer)(int); u64 mask; };
#define DEFAULT ((void (*)(int))0)

struct time_of_day { i64 seconds, nanoseconds; };
struct disk { long type, block; u64 blocks, free, available, files, files_free; int id[2];
              long longest_name, fragment, flags, spare[4]; };
struct names { char system[65], node[65], release[65], version[65], machine[65], domain[65]; };
struct entry { u64 inode; i64 offset; unsigned short length; unsigned char kind; char name[]; };

static inline long status_of(const char *path, struct file_status *found)
{
    return call4(FSTATAT, HERE, path, found, 0);
}

static inline double milliseconds(void)
{
    struct time_of_day now = {0, 0};
    call2(CLOCK_GETTIME, 1, &now);
    return (double)now.seconds * 1e3 + (double)now.nanoseconds / 1e6;
}

static inline u64 microseconds(void)
{
    struct time_of_day now = {0, 0};
    call2(CLOCK_GETTIME, 0, &now);
    return (u64)now.seconds * 1000000 + (u64)now.nanoseconds / 1000;
}

static inline void wait_for(long thousandths)
{
    struct time_of_day pause = {thousandths / 1000, thousandths % 1000 * 1000000};
    call2(NANOSLEEP, &pause, 0);
}

/* What the kernel tells a program, behind its environment: pairs of a type and a value. */
static const u64 *told_by_kernel;

static inline void find_what_kernel_told(char **environment)
{
    while (*environment)
        environment++;
    told_by_kernel = (const u64 *)(environment + 1);
}

/* The value of this type (AT_HWCAP and the like); 0 where there is none. */
static inline u64 kernel_told(u64 type)
{
    for (const u64 *at = told_by_kernel; at && *at; at += 2)
        if (*at == type)
            return at[1];
    return 0;
}

#ifdef HOSTED /* in a program of tests, which has a C library */
#include <string.h>
#else
/* Loops that the compiler must not take for the functions that they are. */
void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    u8 *out = to;
    const u8 *in = from;
    for (; count >= 8; count -= 8, out += 8, in += 8)
        __builtin_memcpy(out, in, 8);
    while (count--)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    u8 *out = to;
    const u8 *in = from;
    if (out <= in || out >= in + count)
        for (size_t at = 0; at < count; at++)
            out[at] = in[at];
    else
        while (count--)
            out[count] = in[count];
    return to;
}

void *memset(void *to, int value, size_t count)
{
    for (u8 *out = to; count--;)
        *out++ = (u8)value;
    return to;
}

int memcmp(const void *one, const void *other, size_t count)
{
    const u8 *a = one, *b = other;
    for (; count; count--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

static size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static int strcmp(const char *one, const char *other)
{
    while (*one && *one == *other)
        one++, other++;
    return (u8)*one - (u8)*other;
}
#endif

#endif

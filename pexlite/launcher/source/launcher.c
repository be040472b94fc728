/* The first bytes of a file that `--launcher elf` made: it becomes the app, or the file's own Python.

       [this program][configuration][zip]

   Static, without any library: for hosts that have no shell, no tar, no C library, perhaps no /proc. What it decides
   is what the sh header decides (pexlite/archive/header.py), in the same order. One unit, read in this order:

       system         types and system calls
       text           texts, variables, paths, and what is told
       configuration  what is sealed into the file
       inflate, xz, sha256, tar
       unpacking      an archive of the file, by these
       cache          roots, locks, names, by the protocol in runtime/__init__.py
       interpreter    the file's own Python, unpacked once
       start          the warm way, the first start */

#include "start.h"

struct elf { u8 magic[16]; uint16_t type, machine; u32 version; u64 entry, programs, sections; u32 flags;
             uint16_t size, program_size, program_count; };
struct program { u32 type, flags; u64 offset, address, physical, file_size, memory_size, alignment; };

extern const struct elf __ehdr_start __attribute__((visibility("hidden")));

/* The bytes of this program in the file: up to the end of its last part. */
static u64 own_size(void)
{
    const struct program *programs = (const void *)((const char *)&__ehdr_start + __ehdr_start.programs);
    u64 end = 0;
    for (int at = 0; at < __ehdr_start.program_count; at++)
        if (programs[at].file_size && programs[at].offset + programs[at].file_size > end)
            end = programs[at].offset + programs[at].file_size;
    return end;
}

/* The name by which the kernel was asked for this file: for a script it would be $0. */
static const char *name_called(char **arguments)
{
    const char *called = (const char *)kernel_told(31); /* AT_EXECFN */
    return called ? called : arguments[0] ? arguments[0] : "";
}

static const char *path_of(const char *called)
{
    if (*called == '/')
        return called;
    const char *here = current_directory();
    return here ? joined(here, "/", begins(called, "./") ? called + 2 : called) : absolute(called);
}

/* The file, open; where its name leads to another one, as in a process started by descriptor, by what /proc says. */
static long open_self(const char **called)
{
    u8 magic[4];
    long file = call4(OPENAT, HERE, *called, O_RDONLY | O_CLOEXEC, 0);
    if (file >= 0 && !begins(*called, "/dev/fd/") && !begins(*called, "/proc/self/fd/") &&
        call4(PREAD, file, magic, 4, 0) == 4 && !memcmp(magic, __ehdr_start.magic, 4))
        return file;
    char *real = memory(4096);
    long length = call4(READLINKAT, HERE, "/proc/self/exe", real, 4095);
    if (length > 0) {
        real[length] = 0;
        long other = call4(OPENAT, HERE, real, O_RDONLY | O_CLOEXEC, 0);
        if (other >= 0) {
            *called = real;
            return other;
        }
    }
    if (file < 0)
        fail(joined(*called, " cannot be read: ", reason(file)), "let this account read it: chmod +r");
    return file;
}

/* Fail unless the file has its end, which Python reads first: the end record of a zip without a comment. */
static void check_end(long file)
{
    struct file_status found;
    u8 end[22];
    if (call2(FSTAT, file, &found) || call4(PREAD, file, end, 22, found.size - 22) != 22 || memcmp(end, "PK\5\6", 4) ||
        end[20] || end[21])
        fail_damaged("it is cut off");
}

__attribute__((used, noreturn)) void begin(u64 *stack)
{
    char **arguments = (char **)(stack + 1);
    environment = arguments + stack[0] + 1;
    find_what_kernel_told(environment);
    struct opened file = {name_called(arguments), -1};
    program_name = behind_last(file.called, '/');
    file.descriptor = open_self(&file.called);
    program_name = behind_last(file.called, '/');
    read_configuration(file.descriptor, own_size());
    arguments += stack[0] > 0;
    enum spark spark = asked_by_spark(file.called, arguments);
    start_warm(file.called, path_of(file.called), spark, arguments);
    check_end(file.descriptor);
    start_by_host(file.called, arguments);
    start_own(&file, arguments);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl begin\n");
#endif

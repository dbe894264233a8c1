/* Lets operations on the files below a folder fail, as those of a disk do that has become read-only, full or bad.

   Loaded before the C library (LD_PRELOAD), so that SQLite's operations fail as well as Python's. Reads
   FAILING_ROOT (the folder) and FAILING_CONTROL (a file of two bytes, which may change at any time: the error
   number, 0 for none; and what fails: 1 all that changes something, 2 syncs only). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CHANGES = 1, SYNCS = 2 };

static const volatile unsigned char *control;
static char root[PATH_MAX];

__attribute__((constructor)) static void start(void) {
    int descriptor = open(getenv("FAILING_CONTROL"), O_RDONLY);
    control = mmap(NULL, 2, PROT_READ, MAP_SHARED, descriptor, 0);
    strcpy(root, getenv("FAILING_ROOT"));
}

static int is_below(const char *path) { return !strncmp(path, root, strlen(root)); }

/* Whether an operation is to fail; sets errno. */
static int fails(int kind, const char *path) {
    if (!control || !control[0] || control[1] != kind || !is_below(path)) return 0;
    errno = control[0];
    return 1;
}

static int descriptor_fails(int kind, int descriptor) {
    char link[64], path[PATH_MAX];
    if (!control || !control[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(kind, path);
}

#define REPLACED(result, name, kind, failing, parameters, arguments) \
    result name parameters { \
        static result(*real) parameters; \
        if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name); \
        return failing ? -1 : real arguments; \
    }
#define ON_FILE(result, name, kind, parameters, arguments) \
    REPLACED(result, name, kind, descriptor_fails(kind, file), parameters, arguments)
#define ON_PATH(result, name, parameters, arguments) \
    REPLACED(result, name, CHANGES, fails(CHANGES, path), parameters, arguments)

ON_FILE(ssize_t, write, CHANGES, (int file, const void *data, size_t size), (file, data, size))
ON_FILE(ssize_t, pwrite, CHANGES, (int file, const void *data, size_t size, off_t at), (file, data, size, at))
ON_FILE(ssize_t, pwrite64, CHANGES, (int file, const void *data, size_t size, off64_t at), (file, data, size, at))
ON_FILE(int, ftruncate, CHANGES, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, CHANGES, (int file, off64_t size), (file, size))
ON_FILE(int, fsync, SYNCS, (int file), (file))
ON_FILE(int, fdatasync, SYNCS, (int file), (file))
ON_PATH(int, rename, (const char *path, const char *target), (path, target))
ON_PATH(int, unlink, (const char *path), (path))
ON_PATH(int, mkdir, (const char *path, mode_t mode), (path, mode))

#define OPENED(name) \
    int name(const char *path, int flags, ...) { \
        static int (*real)(const char *, int, ...); \
        va_list values; \
        va_start(values, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(values, mode_t) : 0; \
        va_end(values); \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        if (flags & (O_WRONLY | O_RDWR | O_CREAT) && fails(CHANGES, path)) return -1; \
        return real(path, flags, mode); \
    }

OPENED(open)
OPENED(open64)

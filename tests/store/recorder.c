/* Records what a process does to the files below a folder, in the order in which it happened.

   Loaded before the C library (LD_PRELOAD), so that it sees SQLite's operations as well as Python's. Reads
   RECORDER_ROOT (only paths below it are recorded) and RECORDER_LOG (where to). Each event is a line, with the
   bytes of a write behind it:

     create PATH FILE      write FILE OFFSET LENGTH      truncate FILE SIZE      mkdir PATH
     rename PATH PATH2     unlink PATH                   begin SYNC FILE|PATH    end SYNC
     say LENGTH            (a write to standard output)

   FILE is a number that an open file has for ever; paths are relative to the root, and have no spaces. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4096

typedef struct { long file; char folder[PATH_MAX]; } Open;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Open opened[MOST_DESCRIPTORS]; /* file: its inode; folder: its path when it is one */
static int log_descriptor = -1;
static char root[PATH_MAX];
static long syncs;

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("RECORDER_LOG");
    strcpy(root, getenv("RECORDER_ROOT"));
    log_descriptor = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static void put(const void *data, size_t length) {
    const char *at = data;
    while (length) {
        long done = syscall(SYS_write, log_descriptor, at, length);
        if (done <= 0) abort();
        at += done;
        length -= done;
    }
}

static void note(const char *format, ...) {
    char line[3 * PATH_MAX];
    va_list values;
    va_start(values, format);
    put(line, vsnprintf(line, sizeof line, format, values));
    va_end(values);
}

/* The path below the root, or NULL. */
static const char *inside(const char *path) {
    size_t length = strlen(root);
    if (strncmp(path, root, length)) return NULL;
    if (!path[length]) return ".";
    return path[length] == '/' ? path + length + 1 : NULL;
}

static long file_of(int descriptor) {
    return descriptor >= 0 && descriptor < MOST_DESCRIPTORS ? opened[descriptor].file : 0;
}

#define REAL(name, result, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int open_recorded(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    const char *name = inside(path);
    struct stat before, now;
    if (!name) return real(path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = !stat(path, &before);
    int descriptor = real(path, flags, mode);
    if (descriptor >= 0 && descriptor < MOST_DESCRIPTORS && !fstat(descriptor, &now)) {
        Open *open = &opened[descriptor];
        open->file = now.st_ino;
        strcpy(open->folder, S_ISDIR(now.st_mode) ? name : "");
        if (!existed) note("create %s %ld\n", name, open->file);
        else if (flags & O_TRUNC) note("truncate %ld 0\n", open->file);
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

#define DEFINE_OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(#name, int, const char *, int, ...); \
        va_list values; \
        va_start(values, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(values, mode_t) : 0; \
        va_end(values); \
        return open_recorded(real, path, flags, mode); \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

int close(int descriptor) {
    REAL("close", int, int);
    pthread_mutex_lock(&lock);
    if (file_of(descriptor)) opened[descriptor].file = 0;
    pthread_mutex_unlock(&lock);
    return real(descriptor);
}

static ssize_t write_recorded(int descriptor, const void *data, size_t length, off_t offset, int at_offset) {
    if (!file_of(descriptor) && descriptor != 1) {
        return at_offset ? syscall(SYS_pwrite64, descriptor, data, length, offset)
                         : syscall(SYS_write, descriptor, data, length);
    }
    pthread_mutex_lock(&lock);
    if (descriptor != 1 && !at_offset) offset = lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = at_offset ? syscall(SYS_pwrite64, descriptor, data, length, offset)
                             : syscall(SYS_write, descriptor, data, length);
    if (done > 0) {
        if (descriptor == 1) note("say %zd\n", done);
        else note("write %ld %ld %zd\n", file_of(descriptor), (long)offset, done);
        put(data, done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int descriptor, const void *data, size_t length) {
    return write_recorded(descriptor, data, length, 0, 0);
}
ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
    return write_recorded(descriptor, data, length, offset, 1);
}
ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset) {
    return write_recorded(descriptor, data, length, offset, 1);
}

static int truncate_recorded(int descriptor, off_t size) {
    if (!file_of(descriptor)) return syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_ftruncate, descriptor, size);
    if (!result) note("truncate %ld %ld\n", file_of(descriptor), (long)size);
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate(int descriptor, off_t size) { return truncate_recorded(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return truncate_recorded(descriptor, size); }

/* What is written while a sync runs may or may not be in it, so it is no single moment. Nothing here waits for
   the disk: the states after a power failure are built from the log. */
static int sync_recorded(int descriptor) {
    if (!file_of(descriptor)) return 0;
    pthread_mutex_lock(&lock);
    long number = ++syncs;
    if (opened[descriptor].folder[0]) note("begin %ld %s\n", number, opened[descriptor].folder);
    else note("begin %ld %ld\n", number, file_of(descriptor));
    pthread_mutex_unlock(&lock);
    usleep(500);
    pthread_mutex_lock(&lock);
    note("end %ld\n", number);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int descriptor) { return sync_recorded(descriptor); }
int fdatasync(int descriptor) { return sync_recorded(descriptor); }

int rename(const char *source, const char *target) {
    REAL("rename", int, const char *, const char *);
    pthread_mutex_lock(&lock);
    int result = real(source, target);
    if (!result && inside(source)) note("rename %s %s\n", inside(source), inside(target));
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    REAL("unlink", int, const char *);
    pthread_mutex_lock(&lock);
    int result = real(path);
    if (!result && inside(path)) note("unlink %s\n", inside(path));
    pthread_mutex_unlock(&lock);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    REAL("mkdir", int, const char *, mode_t);
    pthread_mutex_lock(&lock);
    int result = real(path, mode);
    if (!result && inside(path)) note("mkdir %s\n", inside(path));
    pthread_mutex_unlock(&lock);
    return result;
}

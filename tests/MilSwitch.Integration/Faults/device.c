/*
 * A bad device for one process: loaded with LD_PRELOAD, it stands between a program and the files below one folder.
 *
 *   DEVICE_FOLDER  the folder; its path must be absolute and resolved
 *   DEVICE_ORDER   a file with one line "ACTION CALL MILLISECONDS PART", read at every call; absent: everything passes.
 *                  ACTION is fail (EIO), delay (then as usual), hold (before the call, until the order changes) or
 *                  hold-after (when the call was done). CALL is sync, write, rename or unlink. PART is a part of the
 *                  path below the folder, or - for all.
 *   DEVICE_EVENTS  a file that gets one line for each sync and for each call that was interfered with
 *   DEVICE_RECORD  optional: a file that gets everything that changes the folder, in order, for the simulation of power
 *                  cuts; and what is said on standard output, so that promises have their place in that order
 *
 * System calls are made directly, so that nothing here depends on the order of libraries.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *folder, *order_file, *events_file;
static size_t folder_length;
static int events = -1, record = -1;
static struct stat said;
static uint64_t syncs;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

struct order { char action[16], call[16], part[256]; long milliseconds; };

static int open_append(const char *path)
{
    return path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

/* A copy: some programs write their title over their environment. */
static const char *named(const char *name)
{
    const char *value = getenv(name);
    return value ? strdup(value) : NULL;
}

__attribute__((constructor)) static void begin(void)
{
    folder = named("DEVICE_FOLDER");
    order_file = named("DEVICE_ORDER");
    events_file = named("DEVICE_EVENTS");
    folder_length = folder ? strlen(folder) : 0;
    events = open_append(events_file);
    record = open_append(getenv("DEVICE_RECORD"));
    fstat(1, &said);
}

/* The path below the folder, or null. */
static const char *below(const char *path)
{
    if (!folder || !path || strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == 0) return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *of_descriptor(int fd, char *path)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = folder ? syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1) : -1;
    if (length <= 0 || path[0] != '/') return NULL;
    path[length] = 0;
    return strstr(path, " (deleted)") ? NULL : below(path);
}

/* Names come absolute or relative to the working directory; the programs under test use no others. */
static const char *of_name(const char *name, char *path)
{
    if (!folder || !name) return NULL;
    if (name[0] == '/') snprintf(path, PATH_MAX, "%s", name);
    else
    {
        if (!getcwd(path, PATH_MAX)) return NULL;
        size_t length = strlen(path);
        snprintf(path + length, PATH_MAX - length, "/%s", name);
    }

    return below(path);
}

static void tell(const char *what, const char *call, const char *path)
{
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s %s\n", what, call, path);
    if (events >= 0) (void)!syscall(SYS_write, events, line, (size_t)length);
}

static int read_order(struct order *found)
{
    char line[320];
    int fd = order_file ? (int)syscall(SYS_openat, AT_FDCWD, order_file, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0) return 0;
    long length = syscall(SYS_read, fd, line, sizeof line - 1);
    syscall(SYS_close, fd);
    if (length <= 0) return 0;
    line[length] = 0;
    return sscanf(line, "%15s %15s %ld %255s", found->action, found->call, &found->milliseconds, found->part) == 4;
}

static int ordered(struct order *found, const char *action, const char *call, const char *path)
{
    return read_order(found) && strcmp(found->action, action) == 0 && strcmp(found->call, call) == 0
        && (strcmp(found->part, "-") == 0 || strstr(path, found->part));
}

static void pause_for(long milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    while (nanosleep(&time, &time) != 0 && errno == EINTR) { }
}

static void hold(const char *action, const char *call, const char *path)
{
    struct order found;
    if (!ordered(&found, action, call, path)) return;
    tell("held", call, path);
    while (ordered(&found, action, call, path)) pause_for(5);
}

/* Before a call: 0, or -1 with errno when it has to fail. */
static int meet(const char *call, const char *path)
{
    struct order found;
    if (ordered(&found, "fail", call, path))
    {
        tell("failed", call, path);
        errno = EIO;
        return -1;
    }

    if (ordered(&found, "delay", call, path))
    {
        tell("delayed", call, path);
        pause_for(found.milliseconds);
    }

    hold("hold", call, path);
    return 0;
}

/* type, path, number, octets; lengths in the machine's order. With the gate held. */
static void write_down(char type, const char *path, uint64_t number, const void *data, size_t length)
{
    if (record < 0) return;
    uint32_t path_length = (uint32_t)strlen(path), data_length = (uint32_t)length;
    struct iovec parts[] = {
        { &type, 1 }, { &path_length, 4 }, { (void *)path, path_length }, { &number, 8 }, { &data_length, 4 }, { (void *)data, length } };
    (void)!syscall(SYS_writev, record, parts, 6);
}

static int synced(int fd, long number)
{
    char buffer[PATH_MAX];
    const char *path = of_descriptor(fd, buffer);
    if (!path) return (int)syscall(number, fd);
    /* What is written while a sync is under way need not be covered by it. */
    pthread_mutex_lock(&gate);
    uint64_t token = ++syncs;
    write_down('B', path, token, NULL, 0);
    pthread_mutex_unlock(&gate);
    if (meet("sync", path) != 0) return -1;
    int result = (int)syscall(number, fd);
    if (result != 0) return result;
    pthread_mutex_lock(&gate);
    write_down('E', path, token, NULL, 0);
    pthread_mutex_unlock(&gate);
    tell("done", "sync", path);
    hold("hold-after", "sync", path);
    return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }

int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    char buffer[PATH_MAX];
    const char *path = of_descriptor(fd, buffer);
    if (!path) return syscall(SYS_pwrite64, fd, data, length, offset);
    if (meet("write", path) != 0) return -1;
    pthread_mutex_lock(&gate);
    ssize_t result = syscall(SYS_pwrite64, fd, data, length, offset);
    int error = errno;
    if (result > 0) write_down('W', path, (uint64_t)offset, data, (size_t)result);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length)
{
    struct stat status;
    if (record < 0 || fstat(fd, &status) != 0) return syscall(SYS_write, fd, data, length);
    if (status.st_dev == said.st_dev && status.st_ino == said.st_ino)
    {
        /* A promise counts from the moment before anybody can hear it. */
        pthread_mutex_lock(&gate);
        write_down('K', "", 0, data, length);
        pthread_mutex_unlock(&gate);
        return syscall(SYS_write, fd, data, length);
    }

    char buffer[PATH_MAX];
    const char *path = S_ISREG(status.st_mode) ? of_descriptor(fd, buffer) : NULL;
    if (!path) return syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&gate);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t result = syscall(SYS_write, fd, data, length);
    int error = errno;
    if (result > 0) write_down('W', path, (uint64_t)offset, data, (size_t)result);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int ftruncate64(int fd, off64_t length)
{
    char buffer[PATH_MAX];
    const char *path = of_descriptor(fd, buffer);
    if (!path) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&gate);
    int result = (int)syscall(SYS_ftruncate, fd, length);
    int error = errno;
    if (result == 0) write_down('T', path, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int moved(const char *from, const char *to, int keep)
{
    char first[PATH_MAX], second[PATH_MAX];
    const char *old = of_name(from, first), *new = of_name(to, second);
    if (new && meet("rename", new) != 0) return -1;
    pthread_mutex_lock(&gate);
    int result = (int)(keep ? syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0) : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
    int error = errno;
    if (result == 0 && old && new) write_down(keep ? 'L' : 'R', old, 0, new, strlen(new));
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) { return moved(from, to, 0); }

int link(const char *from, const char *to) { return moved(from, to, 1); }

int unlink(const char *name)
{
    char buffer[PATH_MAX];
    const char *path = of_name(name, buffer);
    if (path && meet("unlink", path) != 0) return -1;
    pthread_mutex_lock(&gate);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
    int error = errno;
    if (result == 0 && path) write_down('U', path, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int mkdir(const char *name, mode_t mode)
{
    char buffer[PATH_MAX];
    const char *path = of_name(name, buffer);
    pthread_mutex_lock(&gate);
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
    int error = errno;
    if (result == 0 && path) write_down('D', path, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int open64(const char *name, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE))
    {
        va_list rest;
        va_start(rest, flags);
        mode = (mode_t)va_arg(rest, int);
        va_end(rest);
    }

    char buffer[PATH_MAX];
    const char *path = flags & (O_CREAT | O_TRUNC) ? of_name(name, buffer) : NULL;
    if (!path) return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
    pthread_mutex_lock(&gate);
    struct stat status;
    int existed = stat(name, &status) == 0;
    int result = (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
    int error = errno;
    if (result >= 0 && !existed) write_down('C', path, 0, NULL, 0);
    else if (result >= 0 && flags & O_TRUNC) write_down('T', path, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE))
    {
        va_list rest;
        va_start(rest, flags);
        mode = (mode_t)va_arg(rest, int);
        va_end(rest);
    }

    return open64(name, flags, mode);
}

/* .NET's P/Invoke looks its functions up in libc itself and would go round everything above. */
void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    if (!real)
    {
        static const char *versions[] = { "GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17" };
        for (size_t i = 0; !real && i < sizeof versions / sizeof *versions; i++)
            real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    }

    if (handle != RTLD_NEXT && strcmp(name, "fsync") == 0) return (void *)fsync;
    if (handle != RTLD_NEXT && strcmp(name, "open") == 0) return (void *)open;
    return real(handle, name);
}

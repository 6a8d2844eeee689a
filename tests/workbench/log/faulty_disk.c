/* A disk that fails: preloaded into a process, makes writes or syncs of the audit log return an error.
   FAULT_CALL: write or sync; FAULT_AFTER: how many succeed first; FAULT_ERRNO; FAULT_TIMES: how many fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int seen, failed;

static int is_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "audit.duckdb") != NULL;
}

static int fails(const char *call, int fd) {
    const char *wanted = getenv("FAULT_CALL");
    if (!wanted || strcmp(wanted, call) || !is_log(fd)) return 0;
    if (seen++ < atoi(getenv("FAULT_AFTER")) || failed >= atoi(getenv("FAULT_TIMES"))) return 0;
    failed++;
    errno = atoi(getenv("FAULT_ERRNO"));
    return 1;
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))
ssize_t write(int fd, const void *data, size_t size) {
    return fails("write", fd) ? -1 : REAL(ssize_t, write, int, const void *, size_t)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return fails("write", fd) ? -1 : REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails("write", fd) ? -1 : REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(fd, data, size, at);
}
int fsync(int fd) { return fails("sync", fd) ? -1 : REAL(int, fsync, int)(fd); }
int fdatasync(int fd) { return fails("sync", fd) ? -1 : REAL(int, fdatasync, int)(fd); }

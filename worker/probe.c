/* One function for each thing that a script with a foothold in the process would try next. None of
 * them checks what came of it: an act that the kernel does not answer with SIGSYS has failed the
 * test, whether it succeeded or not. */
#include "worker/probe.h"

#include "lib/job.h"
#include "worker/jail.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define X32_BIT 0x40000000

static void try_none(void)
{
}

static void try_open(void)
{
    (void)!open("/etc/passwd", O_RDONLY);
}

static void try_socket(void)
{
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void try_unix_socket(void)
{
    (void)!socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void try_clone3(void)
{
    (void)!syscall(SYS_clone3, NULL, 0);
}

static void try_execve(void)
{
    char *const argv[] = {"sh", NULL}, *const envp[] = {NULL};
    execve("/bin/sh", argv, envp);
}

static void try_kill_parent(void)
{
    kill(getppid(), 0);
}

static void try_ptrace(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_read_memory(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    process_vm_readv(1, &here, 1, &there, 1, 0);
}

static void try_write_stderr(void)
{
    (void)!write(STDERR_FILENO, "", 0);
}

static void try_read_stdin(void)
{
    char byte;
    (void)!read(STDIN_FILENO, &byte, 1);
}

static void try_mmap_exec(void)
{
    (void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_mmap_file(void)
{
    (void)!mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, JAIL_SOCKET, 0);
}

static void try_mprotect_exec(void)
{
    uintptr_t page = (uintptr_t)&try_none & ~(uintptr_t)4095;
    mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void try_io_uring(void)
{
    (void)!syscall(SYS_io_uring_setup, 1, NULL);
}

static void try_unshare(void)
{
    (void)!unshare(CLONE_NEWUSER);
}

static void try_memfd(void)
{
    (void)!memfd_create("x", 0);
}

static void try_prctl(void)
{
    (void)!syscall(SYS_prctl, 0, 0, 0, 0, 0);
}

static void try_x32(void)
{
    (void)!syscall(X32_BIT | SYS_getpid);
}

struct probe {
    const char *name;
    void (*try)(void);
};

static const struct probe probes[] = {
    {"none", try_none},
    {"open", try_open},
    {"socket", try_socket},
    {"unix_socket", try_unix_socket},
    {"fork", try_fork},
    {"clone3", try_clone3},
    {"execve", try_execve},
    {"kill_parent", try_kill_parent},
    {"ptrace", try_ptrace},
    {"read_memory", try_read_memory},
    {"write_stderr", try_write_stderr},
    {"read_stdin", try_read_stdin},
    {"mmap_exec", try_mmap_exec},
    {"mmap_file", try_mmap_file},
    {"mprotect_exec", try_mprotect_exec},
    {"io_uring", try_io_uring},
    {"unshare", try_unshare},
    {"memfd", try_memfd},
    {"prctl", try_prctl},
    {"x32", try_x32},
};

int probe_run(const char *name)
{
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        if (strcmp(probes[i].name, name))
            continue;
        if (!jail_enter(getppid()))
            return JOB_EXIT_NO_JAIL;
        probes[i].try();
        if (probes[i].try == try_none)
            return 0;
        return ASSAY_JAIL_LEVEL ? PROBE_EXIT_SURVIVED : JOB_EXIT_JAIL_LEFT_OUT;
    }
    return PROBE_EXIT_UNKNOWN;
}

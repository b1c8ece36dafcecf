/* A list of what a script with a foothold in the process would try next. Hardly any of it checks
 * what came of it: an act that the kernel does not answer with SIGSYS has failed the test, whether
 * it succeeded or not. docs/jail.md names them all. */
#include "worker/probe.h"

#include "lib/job.h"
#include "worker/jail.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define X32_BIT 0x40000000
#define REFUSED_BYTES (1u << 30)

static void try_none(void)
{
}

static void try_open(void)
{
    (void)!open("/etc/passwd", O_RDONLY);
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

static void try_write_stdout(void)
{
    (void)!write(STDOUT_FILENO, "", 0);
}

static void try_write_stderr(void)
{
    (void)!write(STDERR_FILENO, "", 0);
}

static void try_write_page(void)
{
    (void)!write(JOB_PAGE_FD, "", 0);
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

static void try_madvise_other(void)
{
    (void)syscall(SYS_madvise, NULL, 0, MADV_WILLNEED);
}

/* The call itself: the vDSO's would not ask the kernel. */
static void try_wall_clock(void)
{
    struct timespec now;
    (void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
}

static void try_memfd(void)
{
    (void)!memfd_create("x", 0);
}

static void try_unshare(void)
{
    (void)!unshare(CLONE_NEWUSER);
}

static void try_x32(void)
{
    (void)!syscall(X32_BIT | SYS_getpid);
}

/* More memory than the limit leaves is refused, which is no crime. */
static bool is_memory_refused(void)
{
    return mmap(NULL, REFUSED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}

/* One of: an act, a system call without arguments, a request that must be refused. */
struct probe {
    const char *name;
    void (*try)(void);
    long call;
    bool (*is_refused)(void);
};

static const struct probe probes[] = {
    {"none", .try = try_none},
    /* files */
    {"open", .try = try_open},
    {"openat", .call = SYS_openat},
    {"stat", .call = SYS_newfstatat},
    {"getdents", .call = SYS_getdents64},
    {"memfd", .try = try_memfd},
    {"mount", .call = SYS_mount},
    {"chroot", .call = SYS_chroot},
    {"inotify", .call = SYS_inotify_init1},
    /* the descriptors that are there, and others */
    {"read_stdin", .try = try_read_stdin},
    {"write_stdout", .try = try_write_stdout},
    {"write_stderr", .try = try_write_stderr},
    {"write_page", .try = try_write_page},
    {"dup", .call = SYS_dup},
    {"pipe", .call = SYS_pipe2},
    {"ioctl", .call = SYS_ioctl},
    {"fcntl", .call = SYS_fcntl},
    {"sendmsg", .call = SYS_sendmsg},
    {"recvmsg", .call = SYS_recvmsg},
    {"epoll", .call = SYS_epoll_create1},
    /* the network */
    {"socket", .call = SYS_socket},
    {"unix_socket", .try = try_unix_socket},
    {"connect", .call = SYS_connect},
    {"bind", .call = SYS_bind},
    {"accept", .call = SYS_accept4},
    {"sendto", .call = SYS_sendto},
    /* other processes */
    {"fork", .try = try_fork},
    {"clone3", .call = SYS_clone3},
    {"execve", .try = try_execve},
    {"execveat", .call = SYS_execveat},
    {"kill_parent", .try = try_kill_parent},
    {"tgkill", .call = SYS_tgkill},
    {"ptrace", .try = try_ptrace},
    {"read_memory", .try = try_read_memory},
    {"write_memory", .call = SYS_process_vm_writev},
    {"pidfd_open", .call = SYS_pidfd_open},
    {"shmget", .call = SYS_shmget},
    {"setpriority", .call = SYS_setpriority},
    {"affinity", .call = SYS_sched_setaffinity},
    /* memory */
    {"mmap_exec", .try = try_mmap_exec},
    {"mmap_file", .try = try_mmap_file},
    {"mprotect_exec", .try = try_mprotect_exec},
    {"mremap", .call = SYS_mremap},
    {"mlock", .call = SYS_mlock},
    {"madvise_other", .try = try_madvise_other},
    {"userfaultfd", .call = SYS_userfaultfd},
    {"address_space", .is_refused = is_memory_refused},
    /* the jail itself, and the deadline */
    {"prctl", .call = SYS_prctl},
    {"seccomp", .call = SYS_seccomp},
    {"setrlimit", .call = SYS_prlimit64},
    {"setuid", .call = SYS_setuid},
    {"sigaction", .call = SYS_rt_sigaction},
    {"sigprocmask", .call = SYS_rt_sigprocmask},
    {"unshare", .try = try_unshare},
    {"setns", .call = SYS_setns},
    {"io_uring", .call = SYS_io_uring_setup},
    {"bpf", .call = SYS_bpf},
    {"perf", .call = SYS_perf_event_open},
    {"keyctl", .call = SYS_keyctl},
    {"x32", .try = try_x32},
    /* time and chance, which scores must not depend on */
    {"nanosleep", .call = SYS_nanosleep},
    {"futex", .call = SYS_futex},
    {"wall_clock", .try = try_wall_clock},
    {"getrandom", .call = SYS_getrandom},
};

static int survived(void)
{
    return ASSAY_JAIL_LEVEL ? PROBE_EXIT_SURVIVED : JOB_EXIT_JAIL_LEFT_OUT;
}

static int act(const struct probe *probe)
{
    if (probe->try == try_none)
        return 0;
    if (probe->is_refused)
        return probe->is_refused() ? PROBE_EXIT_REFUSED : survived();
    if (probe->try)
        probe->try();
    else
        (void)syscall(probe->call, 0, 0, 0, 0, 0, 0);
    return survived();
}

int probe_run(const char *name)
{
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
        if (!strcmp(probes[i].name, name))
            return jail_enter(getppid()) ? act(&probes[i]) : JOB_EXIT_NO_JAIL;
    return PROBE_EXIT_UNKNOWN;
}

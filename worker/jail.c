/* The order matters: resources that need a privilege or a file first, then the identity, then
 * no_new_privs, Landlock, and seccomp last. A change of uid clears the parent-death signal and the
 * dumpable flag, so both are set after it. Landlock is a second wall and best effort: an older
 * kernel lacks it. seccomp is not: without it nothing runs. */
#include "worker/jail.h"

#include "worker/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
#define NICE_LEVEL 5
#define ADDRESS_SPACE_BYTES (ARENA_BYTES + (96u << 20)) /* the heap, two frames, the program */
#define STACK_BYTES (8u << 20)
#define CPU_SECONDS 120

struct limit {
    int resource;
    rlim_t value;
};

/* Descriptors come later: making the Landlock ruleset takes one. */
static const struct limit limits[] = {
    {RLIMIT_CORE, 0},          {RLIMIT_FSIZE, 0},
    {RLIMIT_NPROC, 0},         {RLIMIT_MEMLOCK, 0},
    {RLIMIT_MSGQUEUE, 0},      {RLIMIT_STACK, STACK_BYTES},
    {RLIMIT_CPU, CPU_SECONDS}, {RLIMIT_AS, ADDRESS_SPACE_BYTES},
};

static bool set_limit(int resource, rlim_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now))
        return false;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
        value = now.rlim_max; /* an administrator's lower limit stands */
    return !setrlimit(resource, &(struct rlimit){value, value});
}

static bool set_limits(void)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (!set_limit(limits[i].resource, limits[i].value))
            return false;
    return true;
}

/* The first to go when the machine runs out of memory, not in the daemon's way. Nice to have. */
static void step_back(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!write(file, "1000", 4);
        close(file);
    }
    (void)setpriority(PRIO_PROCESS, 0, NICE_LEVEL);
}

static bool drop_identity(void)
{
    if (geteuid() != 0 && getuid() != 0)
        return true;
    return !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
           !setresuid(NOBODY, NOBODY, NOBODY);
}

static bool tie_to_parent(pid_t parent)
{
    return !prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent;
}

/* The ruleset as newer kernels know it; Debian 12's header ends at the first field. Kernels take as
 * much as they know. */
struct landlock_rules {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4: bind, connect over TCP */
    uint64_t scoped;             /* ABI 6: abstract sockets, signals */
};

static struct landlock_rules landlock_rules_of(long abi)
{
    /* by ABI: how many file rights it knows, from bit 0 on */
    static const unsigned fs_rights[] = {0, 13, 14, 15, 15, 16};
    unsigned rights = fs_rights[abi > 5 ? 5 : abi];
    return (struct landlock_rules){
        .handled_access_fs = (UINT64_C(1) << rights) - 1,
        .handled_access_net = abi >= 4 ? 3 : 0,
        .scoped = abi >= 6 ? 3 : 0,
    };
}

/* Handles every right that the kernel knows and allows none. */
static void restrict_by_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return;
    struct landlock_rules denied = landlock_rules_of(abi);
    size_t size = sizeof(denied);
    if (abi < 6)
        size = abi < 4 ? sizeof(uint64_t) : offsetof(struct landlock_rules, scoped);
    long ruleset = syscall(SYS_landlock_create_ruleset, &denied, size, 0);
    if (ruleset < 0)
        return;
    (void)syscall(SYS_landlock_restrict_self, ruleset, 0);
    close((int)ruleset);
}

struct rule {
    int call;
    unsigned arg_count;
    struct scmp_arg_cmp args[2];
};

/* All that may still be called: the name, and how many arguments are held to {which, how, value or
 * mask, masked value}. Memory comes by mmap and brk, anonymous and never executable. A row is timed
 * by the vDSO, which asks the kernel only where the machine's clock leaves it no other way. */
static const struct rule rules[] = {
    {SCMP_SYS(read), 1, {{0, SCMP_CMP_EQ, JAIL_SOCKET, 0}}},
    {SCMP_SYS(write), 1, {{0, SCMP_CMP_EQ, JAIL_SOCKET, 0}}},
    {SCMP_SYS(mmap),
     2,
     {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
      {3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS}}},
    {SCMP_SYS(madvise), 1, {{2, SCMP_CMP_EQ, MADV_DONTNEED, 0}}},
    {SCMP_SYS(munmap), 0, {{0}}},
    {SCMP_SYS(brk), 0, {{0}}},
    {SCMP_SYS(clock_gettime), 1, {{0, SCMP_CMP_EQ, CLOCK_MONOTONIC, 0}}},
    {SCMP_SYS(rt_sigreturn), 0, {{0}}},
    {SCMP_SYS(restart_syscall), 0, {{0}}},
    {SCMP_SYS(exit_group), 0, {{0}}},
};

static bool restrict_by_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; !rc && i < sizeof(rules) / sizeof(rules[0]); i++)
        rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, rules[i].arg_count,
                                    rules[i].args);
    return !rc && !seccomp_load(filter); /* never released: that may need what it now forbids */
}

bool jail_enter(pid_t parent)
{
    if (!ASSAY_JAIL_LEVEL)
        return tie_to_parent(parent);
    if (!tie_to_parent(parent))
        return false;
    step_back();
    if (close_range(JAIL_SOCKET + 1, ~0U, 0) || !set_limits() || !drop_identity() ||
        !tie_to_parent(parent) || prctl(PR_SET_DUMPABLE, 0) ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return false;
    restrict_by_landlock();
    return set_limit(RLIMIT_NOFILE, JAIL_SOCKET + 1) && restrict_by_seccomp();
}

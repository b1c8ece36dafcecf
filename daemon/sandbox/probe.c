/* The probe: does the jail hold on this machine? A worker is told to open a file and must die of
 * it.
 *
 * It says "holds" for one outcome only, death by SIGSYS. Anything else, a clean exit too, means
 * that plugins are not safe here. A worker built without its jail (sanitizer builds) says so by its
 * exit status. */
#include "daemon/sandbox/pool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROBE_DEADLINE_MS 5000u

struct sandbox_probe {
    struct sandbox_probe *next;
    struct sandbox *sandbox;
    struct child *child;
    int fd;
    struct loop_timer *timer; /* its deadline; also carries a spawn that failed to the next turn */
    int spawn_rc;
    sandbox_probe_fn done;
    void *ctx;
};

static void end_probe(struct sandbox_probe *probe, int rc, const char *what)
{
    struct sandbox_probe **at = &probe->sandbox->probes;
    while (*at != probe)
        at = &(*at)->next;
    *at = probe->next;
    if (probe->fd >= 0)
        close(probe->fd);
    child_free(probe->child);
    loop_timer_free(probe->timer);
    probe->done(probe->ctx, rc, what);
    free(probe);
}

static void on_probe_exit(void *ctx, const struct child_exit *how)
{
    char what[160];
    if (how->signum == SIGSYS) {
        end_probe(ctx, 0, "the jail holds");
    } else if (how->exit_code == JOB_EXIT_JAIL_LEFT_OUT) {
        end_probe(ctx, AS_ESTATE, "jail not built in");
    } else if (how->exit_code == JOB_EXIT_NO_JAIL) {
        end_probe(ctx, AS_EDENIED,
                  "the worker could not set its jail up: does this kernel have seccomp?");
    } else {
        snprintf(what, sizeof(what),
                 "the jail does not hold: a worker that opened a file ended with %s %d",
                 how->signum ? "signal" : "exit status",
                 how->signum ? how->signum : how->exit_code);
        end_probe(ctx, AS_EDENIED, what);
    }
}

static void on_probe_timer(void *ctx)
{
    struct sandbox_probe *probe = ctx;
    if (probe->spawn_rc)
        end_probe(probe, probe->spawn_rc, "cannot start the worker program");
    else
        end_probe(probe, AS_ETIMEOUT,
                  "the jail does not hold: a worker that opened a file lives on");
}

void sandbox_probe(struct sandbox *s, sandbox_probe_fn done, void *ctx)
{
    char name[] = "assay-worker", option[] = "--probe", call[] = "open";
    char *argv[] = {name, option, call, NULL};
    struct sandbox_probe *probe = as_xcalloc(1, sizeof(*probe));
    *probe =
        (struct sandbox_probe){.next = s->probes, .sandbox = s, .fd = -1, .done = done, .ctx = ctx};
    probe->timer = loop_timer_new(s->loop, on_probe_timer, probe);
    probe->spawn_rc =
        child_spawn(s->loop, s->worker_exec, argv, on_probe_exit, probe, &probe->child, &probe->fd);
    loop_timer_start(probe->timer, probe->spawn_rc ? 0 : PROBE_DEADLINE_MS);
    s->probes = probe;
}

void probe_free_all(struct sandbox *s)
{
    while (s->probes)
        end_probe(s->probes, AS_ECANCELED, "shutting down");
}

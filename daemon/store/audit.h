/* The audit log: who changed what, when, and why. It is only ever added to.
 *
 * An entry stands for something that a person did to a run group or to the daemon (start, pause,
 * cancel, a limit), or that the daemon did by itself and that a person has to know of. What an
 * entry belongs with (a new state) is committed together with it. Conventions, threads and errors
 * are those of store.h. */
#ifndef DAEMON_STORE_AUDIT_H
#define DAEMON_STORE_AUDIT_H

#include "daemon/store/events.h"
#include "daemon/store/schedules.h"

#define AUDIT_TARGET_BYTES 64

struct audit_entry {
    int64_t id; /* in the order of writing */
    int64_t at_ms;
    const char *who;         /* "uid 1000"; "assayd" for the daemon itself */
    const char *action;      /* "run.pause": the method's name where there is one */
    const char *target;      /* "run 7" */
    const char *why;         /* what the person said; NULL: nothing */
    const char *detail_json; /* an object: what it was before, how much; NULL: nothing to tell */
};

/* The target of a run group's entries. */
void audit_target_of_run(int64_t run, char ret_target[AUDIT_TARGET_BYTES]);

int store_audit_add(struct store *store, const struct audit_entry *entry) AS_MUST_USE;
/* The last limit entries with an id below before_id (0 = the newest), the oldest of them first;
 * target NULL = all. */
int store_audit_page(struct store *store, const char *target, int64_t before_id, uint32_t limit,
                     struct as_arena *arena, struct audit_entry **ret_entries,
                     size_t *ret_count) AS_MUST_USE;

/* The newest entry of this action for each target. */
int store_audit_latest(struct store *store, const char *action, struct as_arena *arena,
                       struct audit_entry **ret_entries, size_t *ret_count) AS_MUST_USE;

/* What a group comes to be with, in one transaction. */
struct group_birth {
    const struct group_record *group;
    /* case_count positions in the dataset version, in the order in which the group takes them, and
     * it gets a list of cases of its own; NULL: the first ones of the dataset, or of the list. */
    const int64_t *case_seqs;
    const struct audit_entry *entry;  /* its target is set to the new group */
    const struct schedule_slot *slot; /* the time that it starts for; NULL: none */
    const struct event *event;        /* its run is set to the new group; NULL: none */
};
/* AS_EEXIST: that time is not owed a run. */
int store_group_start(struct store *store, const struct group_birth *birth,
                      int64_t *ret_id) AS_MUST_USE;
int store_group_change_state(struct store *store, int64_t id, enum group_state state,
                             const struct audit_entry *entry) AS_MUST_USE;

#endif

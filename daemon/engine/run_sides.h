/* Which members of one run group, or of two, are looked at side by side, and on which metric: what
 * run.compare and run.flips have in common.
 *
 * Within a run each candidate stands beside the baseline; across runs, members of the same name; or
 * those that are named. Two groups may be looked at together only when what the metric's scores
 * mean is the same in both (pins_compare.h); else the refusal names what differs, unless it is
 * forced: then the differences that matter are there to be told. Runs on a pool thread. */
#ifndef DAEMON_ENGINE_RUN_SIDES_H
#define DAEMON_ENGINE_RUN_SIDES_H

#include "daemon/engine/pinned_report.h"
#include "daemon/engine/pins_compare.h"
#include "daemon/report/flips.h"

struct run_side { /* a run group that has ended */
    struct group_record group;
    const char *label; /* "run 3" */
    struct pins *pins;
    struct pinned_report report; /* borrows from pins */
    size_t metric;
};

/* AS_ENOENT: no such run. AS_ESTATE: it has not ended, so its scores may still change. Record and
 * label lie in the arena. */
int run_side_open(struct store *store, int64_t run, struct as_arena *arena, struct run_side *side,
                  struct as_err *err) AS_MUST_USE;
void run_side_done(struct run_side *side);
/* NULL: the primary one. AS_EINVAL names what there is. */
int run_side_find_metric(struct run_side *side, const char *name, struct as_err *err) AS_MUST_USE;
/* In an A/A run two members share a name: the one of that role goes before the other. AS_EINVAL
 * names the option, and what there is. */
int run_side_find_member(const struct run_side *side, const char *name, const char *option,
                         bool is_baseline, size_t *ret_member, struct as_err *err) AS_MUST_USE;

struct flip_source run_side_source(const struct run_side *side, size_t member);

struct sides_request { /* borrowed */
    int64_t run;
    int64_t other;                    /* 0, or the run itself: within the run */
    const char *metric;               /* NULL: the primary one of run */
    const char *baseline, *candidate; /* members of run and of other; NULL: see above */
    bool is_forced;
};
/* Of the parameters that run.compare and run.flips share; borrows from them. */
struct sides_request sides_request_of(const struct as_json *params);

struct run_couple { /* members of a and of b, by index */
    size_t baseline, candidate;
};

struct run_sides {
    struct run_side sides[2];
    struct run_side *a, *b; /* the same one within a run: the struct is not moved */
    struct run_couple couples[PINS_MAX_MEMBERS];
    size_t couple_count;
    struct pins_differences differences; /* those that matter first */
    struct as_arena arena;
};

void run_sides_init(struct run_sides *sides); /* empty, a and b the same */
void run_sides_done(struct run_sides *sides);
/* The runs as run_side_open does. run.compare may fill in a side of its own instead. */
int run_sides_open(struct store *store, const struct sides_request *request,
                   struct run_sides *sides, struct as_err *err) AS_MUST_USE;
/* Then metric and couples. AS_EINVAL: no such member or metric; AS_ESTATE: the runs differ in what
 * matters. */
int run_sides_choose(struct run_sides *sides, const struct sides_request *request,
                     struct as_err *err) AS_MUST_USE;
bool run_sides_are_apart(const struct run_sides *sides); /* two groups */
/* The differences from..end-1 as an array of sentences. */
struct as_json *run_sides_json(const struct run_sides *sides, size_t from, size_t end);

#endif

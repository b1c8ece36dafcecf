/* Whose a drift is: the model's, or the judge's that scores it. Pure.
 *
 * What tells them apart is an anchor (engine/anchor.h): answers that never change and are judged
 * anew. While the anchor drifts too, the yardstick has changed, and what of a difference is the
 * model's is not told. The same holds when the judge moves clearly more of the anchor's cases, up
 * or down, than it did in the runs before: a judge that errs more in both directions leaves the
 * mean of good and bad answers where it was, and not that of good ones.
 *
 * While the anchor holds, a difference is the model's only if the anchor was judged during the run
 * or after it, and if it is more than the judge's shift on the anchor may be: the difference of the
 * two, whose errors add up as those of independent runs, must be off 0 by its 95 % interval. A
 * judge that became stricter takes points from good answers alone, one that became kinder gives
 * them to bad ones: where the eval has more of these than the anchor, its shift counts so many
 * times. Before it is known how much of the anchor the judge moves by chance, all that it moved in
 * that direction must be ruled out (the upper end of Wilson's interval). Else the cause is unknown,
 * for an anchor of few cases holds because it can notice nothing. So it is while the newest run has
 * no clear difference itself, for a drift is over only after some such runs. */
#ifndef DAEMON_REPORT_CAUSE_H
#define DAEMON_REPORT_CAUSE_H

#include "daemon/report/drift.h"
#include "lib/arena.h"
#include "lib/json.h"

enum drift_cause { CAUSE_UNKNOWN, CAUSE_MODEL, CAUSE_JUDGE };
const char *cause_name(enum drift_cause cause); /* "unknown", "model", "judge" */

struct shift { /* of scores since the reference, as a share of 1; NaN: not told */
    double diff, low, high;
};
/* What a drift is seen by: the newest run's difference or, of a slow one, that of the newest
 * DRIFT_NEWEST runs from the chart's mean. */
struct shift cause_shift(const struct drift_point *points, size_t count, const struct drift *drift);

/* How many of an anchor's cases a run of it scores higher and lower than its reference did. */
struct judge_moves {
    int64_t n, up, down;
};
struct judge_churn {
    double before; /* the share that moved in the runs before; NaN: there is none */
    bool is_more;  /* than before, with p below DRIFT_P */
};
/* Of the newest run, which is the last. Runs that moved more are not what later ones are held
 * against. */
struct judge_churn cause_churn(const struct judge_moves *runs, size_t count);

struct judge_word {         /* what an anchor says of the judge; texts are somebody else's */
    bool is_judged;         /* else no judge makes the metric, and nothing below is there */
    const char *anchor;     /* the eval's name; NULL: none is named */
    const char *reason;     /* why it says nothing; NULL: it does */
    const char *model;      /* "recorded": whose answers are judged */
    const char *metric;     /* of the anchor */
    int64_t run, reference; /* that were compared; 0: none */
    double mean;            /* of that reference; NaN: not told */
    struct judge_moves moves;
    struct judge_churn churn;
    struct shift shift;
    int64_t since_run; /* that it drifts; 0: it holds */
    const char *lag;   /* why it cannot clear the judge: the run was after it; NULL: it can */
};

struct cause {
    enum drift_cause kind;
    const char *why;  /* a sentence's part, in the arena */
    struct shift net; /* the difference without the judge's shift; NaN where none is told */
    double times;     /* so many times that shift; NaN likewise */
};
struct cause_subject { /* whose drift it is */
    struct shift shift;
    double mean;      /* of the eval's reference; NaN: not told */
    bool is_recorded; /* its answers do not change */
};
struct cause cause_of(const struct cause_subject *subject, const struct judge_word *judge,
                      struct as_arena *arena);
/* "the judge gives the anchor 'x' -0.4 points, 95% CI -1.2 to 0.4, n=200, 1 up and 3 down (run 9
 * against run 7)". */
const char *cause_judge_text(const struct judge_word *judge, struct as_arena *arena);

/* {anchor, reason, lag, model, metric, run, reference, mean, n, up, down, moved_before, moves_more,
 * diff, ci, since_run}: null where there is none; NULL when no judge makes the metric. */
struct as_json *cause_judge_json(const struct judge_word *judge);
/* cause, cause_why, net_diff, net_ci and net_times, into an object. */
void cause_set_json(struct as_json *json, const struct cause *cause);

#endif

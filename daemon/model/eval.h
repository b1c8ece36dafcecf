/* An eval as its YAML file defines it: plain data, checked, names not yet resolved to plugin
 * versions. Owned by the config snapshot that it came from; strings live as long as that does. */
#ifndef DAEMON_MODEL_EVAL_H
#define DAEMON_MODEL_EVAL_H

#include "daemon/model/budget_rules.h"
#include "daemon/model/gate_rules.h"
#include "daemon/model/journal_rules.h"
#include "daemon/model/notify_rules.h"
#include "daemon/model/rank_rules.h"
#include "daemon/model/schedule_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVAL_MAX_CANDIDATES 15 /* with the baseline: 16 members */
#define EVAL_MAX_METRICS 32    /* scorers, and the rubric as one more */

/* A scorer or the rubric, with its arguments. */
struct eval_plugin {
    const char *selector;    /* "exact_match", "exact_match@1" */
    const char *name;        /* the metric's name: `as:` in the file, else the plugin's */
    const char *params_json; /* canonical JSON object, {} when none */
    const char *place;       /* "evals/x.yaml:7:5: scorers[0]", for messages */
};

/* Looks at the primary metric that may end a run group before all its cases are run. */
struct eval_early_stop {
    uint32_t looks; /* 2..5; 0 = none: every case is run */
};
#define EVAL_LOOKS_MIN 2
#define EVAL_LOOKS_MAX 5
#define EVAL_LOOK_CASES_MIN 2 /* of each look */

/* The eval that tells whether the judge drifts (daemon/engine/anchor.h): the same rubric and judge,
 * over answers that are recorded. */
struct eval_drift {
    const char *anchor; /* its name; NULL: none */
    const char *place;  /* of the name: "evals/x.yaml:9:18: drift.anchor" */
    int64_t max_gap_ms; /* by which its reference may be younger than this eval's */
};
#define EVAL_DRIFT_MAX_GAP "7d"

struct eval_def {
    const char *name;
    const char *description; /* "" when none */
    const char *path;        /* of the file */
    const char *source;      /* its text, kept as evidence */
    const char *dataset;     /* NAME, NAME@2 or NAME@HASHPREFIX */
    const char *baseline;    /* a model's name, or one of recording.h; candidates likewise */
    const char *candidates[EVAL_MAX_CANDIDATES];
    size_t candidate_count;
    struct eval_plugin scorers[EVAL_MAX_METRICS - 1];
    size_t scorer_count;
    bool has_rubric;
    struct eval_plugin rubric;
    const char *judge; /* model's name; NULL without a rubric */
    /* Metrics that must pass, else the judge is not asked. */
    const char *judge_requires[EVAL_MAX_METRICS];
    size_t judge_requires_count;
    const char *primary; /* the metric that decides: a name from above */
    const char *system;  /* put before every case's messages as a system message; NULL = none */
    uint32_t samples;    /* answers per case and member */
    uint32_t max_cases;  /* 0 = all */
    struct eval_early_stop early_stop;
    struct budget_rules budget;
    struct gate_rules gate;
    struct journal_rules journal;
    struct rank_rules rank;
    struct eval_drift drift;
    int64_t baseline_max_age_ms; /* of the run that is pinned; 0: it may have any age */
    struct schedule_rules schedules[SCHEDULES_MAX];
    size_t schedule_count;
    struct notify_rules notify;
};

#endif

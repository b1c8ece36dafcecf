/* `run show --by, --detailed, --hist`: one question asked of a run's result. */
#ifndef CTL_PRINT_VIEWS_H
#define CTL_PRINT_VIEWS_H

#include "ctl/command.h"

struct run_view {
    const char *by; /* "scorer", "tag" or "model"; NULL: all in one */
    bool detailed;  /* every column */
    bool hist;      /* and how the scores lie */
};

/* AS_EUSAGE: by is no such word. */
int run_view_check(const struct run_view *view, struct as_err *err) AS_MUST_USE;
void print_run_view(struct ctl *ctl, const struct as_json *result, const struct run_view *view);

#endif

/* How far a run is, on stderr: a bar that redraws itself on a terminal, a line every ten percent
 * elsewhere. Errors are lines of their own, each when it first comes and whenever there are ten
 * times as many of it. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include "ctl/output.h"

#define PROGRESS_ERRORS_MAX 32

struct progress {
    const struct output *out;
    bool is_drawn;   /* a bar stands on the terminal's last line */
    int last_decile; /* of the last line that was printed elsewhere */
    struct {
        char *text;
        int64_t told; /* its count when it was printed last */
    } errors[PROGRESS_ERRORS_MAX];
    size_t error_count, error_next; /* error_next is overwritten when all are in use */
};

void progress_init(struct progress *progress, const struct output *out);
/* state: the params of a run.progress notice, or the result of run.watch. */
void progress_show(struct progress *progress, const struct as_json *state);
/* The same for bytes of a file that is sent. */
void progress_show_bytes(struct progress *progress, const char *file, uint64_t done,
                         uint64_t total);
void progress_done(struct progress *progress); /* leaves the bar's line; may be called again */

#endif

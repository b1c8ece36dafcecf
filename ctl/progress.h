/* How far a run is, on stderr: a bar that redraws itself on a terminal, a line every ten percent
 * elsewhere. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include "ctl/output.h"

struct progress {
    const struct output *out;
    bool is_drawn;   /* a bar stands on the terminal's last line */
    int last_decile; /* of the last line that was printed elsewhere */
};

void progress_init(struct progress *progress, const struct output *out);
/* state: the params of a run.progress notice, or the result of run.watch. */
void progress_show(struct progress *progress, const struct as_json *state);
/* The same for bytes of a file that is sent. */
void progress_show_bytes(struct progress *progress, const char *file, uint64_t done,
                         uint64_t total);
void progress_done(struct progress *progress); /* leaves the bar's line; may be called again */

#endif

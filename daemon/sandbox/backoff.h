/* When a plugin whose worker died gets the next one, and when it gets none any more.
 *
 * Private to daemon/sandbox, pure: deaths and answered rows go in, a delay or a quarantine comes
 * out. {0} is the state of a plugin that has done nothing yet. A quarantine is never lifted here:
 * new bytes are a new plugin. */
#ifndef DAEMON_SANDBOX_BACKOFF_H
#define DAEMON_SANDBOX_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FREE_DEATHS 3       /* so many in a row are followed by a new worker at once */
#define BACKOFF_FIRST_DELAY_MS 100u /* then this, doubling */
#define BACKOFF_MAX_DELAY_MS 5000u
/* Quarantine: so many deaths in a row, or so many deadly ones among the last rows. */
#define BACKOFF_DEATHS_IN_A_ROW 5
#define BACKOFF_WINDOW_ROWS 100
#define BACKOFF_DEATHS_IN_WINDOW 20

struct backoff {
    uint32_t in_a_row;
    uint32_t in_window;
    uint32_t position;
    bool was_deadly[BACKOFF_WINDOW_ROWS];
};

/* A row was answered and the worker lives on. */
void backoff_note_row(struct backoff *backoff);
/* A worker died, of the row it was working on, or (is_of_row false) while loading or idle. */
void backoff_note_death(struct backoff *backoff, bool is_of_row);
bool backoff_is_hopeless(const struct backoff *backoff);
uint32_t backoff_delay_ms(const struct backoff *backoff); /* until the next worker may start */

#endif

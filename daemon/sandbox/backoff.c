/* Two counts of deaths: in a row, which any answered row ends, and among the last hundred rows,
 * which catches the script that kills a worker on every fifth row. */
#include "daemon/sandbox/backoff.h"

static void note(struct backoff *backoff, bool was_deadly)
{
    bool *slot = &backoff->was_deadly[backoff->position];
    backoff->in_window += was_deadly;
    backoff->in_window -= *slot;
    *slot = was_deadly;
    backoff->position = (backoff->position + 1) % BACKOFF_WINDOW_ROWS;
}

void backoff_note_row(struct backoff *backoff)
{
    note(backoff, false);
    backoff->in_a_row = 0;
}

void backoff_note_death(struct backoff *backoff, bool is_of_row)
{
    if (is_of_row)
        note(backoff, true);
    backoff->in_a_row++;
}

bool backoff_is_hopeless(const struct backoff *backoff)
{
    return backoff->in_a_row >= BACKOFF_DEATHS_IN_A_ROW ||
           backoff->in_window >= BACKOFF_DEATHS_IN_WINDOW;
}

uint32_t backoff_delay_ms(const struct backoff *backoff)
{
    if (backoff->in_a_row <= BACKOFF_FREE_DEATHS)
        return 0;
    uint32_t doublings = backoff->in_a_row - BACKOFF_FREE_DEATHS - 1;
    if (doublings > 6) /* 100 ms x 2^6 is past the maximum */
        return BACKOFF_MAX_DELAY_MS;
    uint32_t delay = BACKOFF_FIRST_DELAY_MS << doublings;
    return delay < BACKOFF_MAX_DELAY_MS ? delay : BACKOFF_MAX_DELAY_MS;
}

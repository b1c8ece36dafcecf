/* Pins as they were stored, with every plugin version adopted from its stored source, whatever the
 * folders hold now: what a restart and a replay begin with. Private to daemon/engine.
 *
 * Embedded: zeros, adopt_load on a pool thread, adopt_start on the loop, adopt_done. */
#ifndef DAEMON_ENGINE_ADOPT_H
#define DAEMON_ENGINE_ADOPT_H

#include "daemon/engine/pins.h"

struct adoption;

struct adopt {
    struct pins *pins; /* the caller may take them once adopt_start has called back */
    struct adoption *list;
    size_t count, left;
    void (*done)(void *ctx);
    void *ctx;
    int rc; /* of the first step that failed, with err */
    struct as_err err;
    struct as_arena arena;
};

/* Sets and returns adopt->rc. */
int adopt_load(struct adopt *adopt, struct store *store, const char *pins_json);
/* Only after a load that succeeded. done fires once, on a later turn; adopt->rc says how it went.
 * The struct may not move until then. */
void adopt_start(struct adopt *adopt, struct registry *registry, void (*done)(void *ctx),
                 void *ctx);
void adopt_done(struct adopt *adopt); /* frees the pins that nobody took */

#endif

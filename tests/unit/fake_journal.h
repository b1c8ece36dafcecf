/* A journal in memory for the tests of transport: answers on a later turn, keeps copies of what it
 * was given, and can be told to hold its answers back, to know a request, or to fail. */
#ifndef TESTS_UNIT_FAKE_JOURNAL_H
#define TESTS_UNIT_FAKE_JOURNAL_H

#include "daemon/core/loop.h"
#include "daemon/transport/journal.h"

#define FAKE_JOURNAL_MAX 256

struct fake_journal_call;

struct fake_journal {
    struct journal journal; /* give this to transport */
    struct loop *loop;
    const struct exchange *known; /* what find finds; NULL: nothing */
    int append_rc, intent_rc;
    /* of what comes from now on, these are answered by fake_journal_release only */
    bool is_holding; /* appends and finds */
    bool is_holding_intents;
    unsigned intent_ms; /* how long an intent takes */
    unsigned finds, intents, withdrawals, appends;
    unsigned due;                           /* answers that come on the next turn */
    struct exchange kept[FAKE_JOURNAL_MAX]; /* strings are copies */
    struct fake_journal_call *held;
};

void fake_journal_init(struct fake_journal *fake, struct loop *loop);
void fake_journal_release(struct fake_journal *fake); /* answers what was held; holds no longer */
void fake_journal_done(struct fake_journal *fake);

#endif

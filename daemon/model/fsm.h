/* The life of a row and of a group as pure state machines: an event goes in, the next state and one
 * action come out.
 *
 * No I/O, no clock, no allocation: the engine performs the actions and turns what comes back into
 * the next event. Every pair of state and event is either a permitted transition or AS_ESTATE,
 * which is a bug of the engine, never of a peer. tests/unit/test_fsm.c checks them all. */
#ifndef DAEMON_MODEL_FSM_H
#define DAEMON_MODEL_FSM_H

#include "daemon/model/row.h"
#include "lib/err.h"

/* ---- a row ---- */

enum row_state {
    ROW_AT_START,
    ROW_AT_REQUEST,       /* the provider's worker builds the request */
    ROW_AT_SEND,          /* transport has it: journal, limiter, wire */
    ROW_AT_PARSE,         /* the provider's worker reads the reply */
    ROW_AT_SCORE,         /* scorers, side by side */
    ROW_AT_ASK,           /* the rubric words its question */
    ROW_AT_JUDGE_REQUEST, /* and the same three turns for the judge */
    ROW_AT_JUDGE_SEND,
    ROW_AT_JUDGE_PARSE,
    ROW_AT_GRADE,  /* the rubric reads the judge's answer */
    ROW_AT_COMMIT, /* the store's batch has it */
    ROW_AT_END,
    ROW_STATE_COUNT
};
const char *row_state_name(enum row_state state);

enum row_event {
    ROW_EV_CALL,         /* begin: the member is a model */
    ROW_EV_RECORDED,     /* begin: the member is the recorded answer, and the case has one */
    ROW_EV_NOT_RECORDED, /* begin: the case has none */
    ROW_EV_BUILT,        /* a request was built */
    ROW_EV_REPLIED,      /* a whole HTTP reply is in the journal */
    ROW_EV_NO_REPLY,     /* transport gave up: connection, broken reply, too large */
    ROW_EV_TIMED_OUT,    /* transport gave up: deadlines */
    ROW_EV_OUTPUT,       /* the reply was read: there is an output */
    ROW_EV_API_ERROR,    /* the reply was read: it says that the call failed */
    ROW_EV_REFUSED,      /* the reply was read: the model refused */
    ROW_EV_SCORED,       /* one scorer is done, or does not apply */
    ROW_EV_QUESTION,     /* the rubric has a question */
    ROW_EV_NO_QUESTION,  /* the rubric does not apply to this case */
    ROW_EV_GRADED,
    ROW_EV_UNREADABLE,    /* the judge's answer does not parse */
    ROW_EV_PLUGIN_FAILED, /* a plugin failed at its job; one of the scorers: its score is missing */
    ROW_EV_OVER_BUDGET,   /* nothing more may be sent */
    ROW_EV_COMMITTED,
    ROW_EV_CANCEL,
    ROW_EVENT_COUNT
};

enum row_action {
    ROW_DO_NOTHING, /* wait for the other scorers */
    ROW_DO_REQUEST,
    ROW_DO_SEND,
    ROW_DO_PARSE,
    ROW_DO_SCORE, /* submit to every scorer */
    ROW_DO_ASK,
    ROW_DO_JUDGE_REQUEST,
    ROW_DO_JUDGE_SEND,
    ROW_DO_JUDGE_PARSE,
    ROW_DO_GRADE,
    ROW_DO_COMMIT,
    ROW_DO_END
};

struct row_fsm {
    enum row_state state;
    enum row_status status; /* how it will end; meaningful from ROW_AT_COMMIT on */
    uint32_t scorers_total; /* set before the first event */
    uint32_t scorers_left;
    uint32_t scorers_failed; /* any: the row goes on, and ends as scorer_error */
    bool has_rubric;         /* set before the first event */
    uint32_t judge_turn;     /* 0; 1 when asked once more */
    /* Set by the engine before the scorer's event: a required one did not pass, or failed. */
    bool is_judge_skipped;
};

/* Moves the row. AS_ESTATE and no change when the event is not permitted in its state. */
int row_step(struct row_fsm *row, enum row_event event, enum row_action *ret_action) AS_MUST_USE;

/* ---- a group ---- */

enum group_event {
    GROUP_EV_START,
    GROUP_EV_ALL_ROWS_DONE, /* nothing left to start and nothing in flight */
    GROUP_EV_REPORTED,      /* the verdict is stored */
    GROUP_EV_CANCEL,
    GROUP_EV_PAUSE,   /* begin no further row */
    GROUP_EV_HOLD,    /* send nothing more at all */
    GROUP_EV_RESUME,  /* after either */
    GROUP_EV_REOPEN,  /* it had ended: some of its rows are done again */
    GROUP_EV_FAULT,   /* the store failed: the group cannot go on until that is mended */
    GROUP_EV_GIVE_UP, /* it cannot go on, and never will */
    GROUP_EVENT_COUNT
};

/* AS_ESTATE and no change when the event is not permitted. */
int group_step(enum group_state *state, enum group_event event) AS_MUST_USE;

#endif

/* The transition tables. What depends on the row's own counters (scorers left, a second question to
 * the judge) is in the few functions below; all else is data. */
#include "daemon/model/fsm.h"

static const char *const row_state_names[ROW_STATE_COUNT] = {
    [ROW_AT_START] = "start",
    [ROW_AT_REQUEST] = "request",
    [ROW_AT_SEND] = "send",
    [ROW_AT_PARSE] = "parse",
    [ROW_AT_SCORE] = "score",
    [ROW_AT_ASK] = "ask",
    [ROW_AT_JUDGE_REQUEST] = "judge_request",
    [ROW_AT_JUDGE_SEND] = "judge_send",
    [ROW_AT_JUDGE_PARSE] = "judge_parse",
    [ROW_AT_GRADE] = "grade",
    [ROW_AT_COMMIT] = "commit",
    [ROW_AT_END] = "end",
};

/* What a permitted pair leads to. */
enum row_turn {
    NO = 0,       /* not permitted */
    MOVE,         /* to .to, with .action */
    END_WITH,     /* to commit, with .status */
    ENTER_SCORE,  /* there is an output: score it */
    SCORE_DONE,   /* one scorer less */
    SCORE_FAILED, /* one scorer less, and its score is missing */
    ASK_AGAIN     /* the judge once more, then judge_error */
};

struct row_rule {
    enum row_turn turn;
    enum row_state to;
    enum row_action action;
    enum row_status status;
};

/* clang-format off */
#define TO(state, do_it) {MOVE, state, do_it, ROW_OK}
#define ENDS(row_status) {END_WITH, ROW_AT_COMMIT, ROW_DO_COMMIT, row_status}
#define SPECIAL(kind) {kind, ROW_AT_COMMIT, ROW_DO_NOTHING, ROW_OK}

static const struct row_rule row_rules[ROW_STATE_COUNT][ROW_EVENT_COUNT] = {
    [ROW_AT_START] = {
        [ROW_EV_CALL] = TO(ROW_AT_REQUEST, ROW_DO_REQUEST),
        [ROW_EV_RECORDED] = SPECIAL(ENTER_SCORE),
        [ROW_EV_NOT_RECORDED] = ENDS(ROW_SKIPPED),
        [ROW_EV_OVER_BUDGET] = ENDS(ROW_SKIPPED),
    },
    [ROW_AT_REQUEST] = {
        [ROW_EV_BUILT] = TO(ROW_AT_SEND, ROW_DO_SEND),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_SEND] = {
        [ROW_EV_REPLIED] = TO(ROW_AT_PARSE, ROW_DO_PARSE),
        [ROW_EV_NO_REPLY] = ENDS(ROW_MODEL_ERROR),
        [ROW_EV_TIMED_OUT] = ENDS(ROW_TIMEOUT),
        [ROW_EV_OVER_BUDGET] = ENDS(ROW_SKIPPED),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_PARSE] = {
        [ROW_EV_OUTPUT] = SPECIAL(ENTER_SCORE),
        [ROW_EV_API_ERROR] = ENDS(ROW_MODEL_ERROR),
        [ROW_EV_REFUSED] = ENDS(ROW_REFUSED),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_SCORE] = {
        [ROW_EV_SCORED] = SPECIAL(SCORE_DONE),
        [ROW_EV_PLUGIN_FAILED] = SPECIAL(SCORE_FAILED),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_ASK] = {
        [ROW_EV_QUESTION] = TO(ROW_AT_JUDGE_REQUEST, ROW_DO_JUDGE_REQUEST),
        [ROW_EV_NO_QUESTION] = ENDS(ROW_OK),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_JUDGE_REQUEST] = {
        [ROW_EV_BUILT] = TO(ROW_AT_JUDGE_SEND, ROW_DO_JUDGE_SEND),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_JUDGE_SEND] = {
        [ROW_EV_REPLIED] = TO(ROW_AT_JUDGE_PARSE, ROW_DO_JUDGE_PARSE),
        [ROW_EV_NO_REPLY] = ENDS(ROW_JUDGE_ERROR),
        [ROW_EV_TIMED_OUT] = ENDS(ROW_JUDGE_ERROR),
        [ROW_EV_OVER_BUDGET] = ENDS(ROW_SKIPPED),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_JUDGE_PARSE] = {
        [ROW_EV_OUTPUT] = TO(ROW_AT_GRADE, ROW_DO_GRADE),
        [ROW_EV_API_ERROR] = ENDS(ROW_JUDGE_ERROR),
        [ROW_EV_REFUSED] = ENDS(ROW_JUDGE_ERROR),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_GRADE] = {
        [ROW_EV_GRADED] = ENDS(ROW_OK),
        [ROW_EV_UNREADABLE] = SPECIAL(ASK_AGAIN),
        [ROW_EV_PLUGIN_FAILED] = ENDS(ROW_SCORER_ERROR),
        [ROW_EV_CANCEL] = ENDS(ROW_CANCELLED),
    },
    [ROW_AT_COMMIT] = {
        [ROW_EV_COMMITTED] = TO(ROW_AT_END, ROW_DO_END),
    },
};
/* clang-format on */

const char *row_state_name(enum row_state state)
{
    return row_state_names[state];
}

/* A scorer's failure stays the row's, however the judge fared after it. */
static enum row_action end_with(struct row_fsm *row, enum row_status status)
{
    bool is_ours = row->scorers_failed && status != ROW_CANCELLED;
    row->state = ROW_AT_COMMIT;
    row->status = is_ours ? ROW_SCORER_ERROR : status;
    return ROW_DO_COMMIT;
}

static enum row_action after_scores(struct row_fsm *row)
{
    if (!row->has_rubric || row->is_judge_skipped)
        return end_with(row, ROW_OK);
    row->state = ROW_AT_ASK;
    return ROW_DO_ASK;
}

static enum row_action enter_score(struct row_fsm *row)
{
    row->scorers_left = row->scorers_total;
    if (!row->scorers_left)
        return after_scores(row);
    row->state = ROW_AT_SCORE;
    return ROW_DO_SCORE;
}

static enum row_action score_done(struct row_fsm *row)
{
    row->scorers_left--;
    return row->scorers_left ? ROW_DO_NOTHING : after_scores(row);
}

static enum row_action score_failed(struct row_fsm *row)
{
    row->scorers_failed++;
    return score_done(row);
}

static enum row_action ask_again(struct row_fsm *row)
{
    if (row->judge_turn > 0)
        return end_with(row, ROW_JUDGE_ERROR);
    row->judge_turn++;
    row->state = ROW_AT_JUDGE_REQUEST;
    return ROW_DO_JUDGE_REQUEST;
}

static enum row_action move_to(struct row_fsm *row, const struct row_rule *rule)
{
    row->state = rule->to;
    return rule->action;
}

int row_step(struct row_fsm *row, enum row_event event, enum row_action *ret_action)
{
    const struct row_rule *rule = &row_rules[row->state][event];
    switch (rule->turn) {
    case NO: return AS_ESTATE;
    case MOVE: *ret_action = move_to(row, rule); return 0;
    case END_WITH: *ret_action = end_with(row, rule->status); return 0;
    case ENTER_SCORE: *ret_action = enter_score(row); return 0;
    case SCORE_DONE: *ret_action = score_done(row); return 0;
    case SCORE_FAILED: *ret_action = score_failed(row); return 0;
    case ASK_AGAIN: *ret_action = ask_again(row); return 0;
    }
    return AS_ESTATE;
}

/* No permitted event leads to pending, so 0 can mean "not permitted". */
/* clang-format off */
static const enum group_state group_rules[GROUP_STATE_COUNT][GROUP_EVENT_COUNT] = {
    [GROUP_PENDING] = {
        [GROUP_EV_START] = GROUP_RUNNING,
        [GROUP_EV_CANCEL] = GROUP_CANCELLED,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
    [GROUP_RUNNING] = {
        [GROUP_EV_ALL_ROWS_DONE] = GROUP_FINISHING,
        [GROUP_EV_CANCEL] = GROUP_CANCELLING,
        [GROUP_EV_PAUSE] = GROUP_PAUSED,
        [GROUP_EV_HOLD] = GROUP_HELD,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
    [GROUP_PAUSED] = {
        [GROUP_EV_CANCEL] = GROUP_CANCELLING,
        [GROUP_EV_HOLD] = GROUP_HELD,
        [GROUP_EV_RESUME] = GROUP_RUNNING,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
    [GROUP_HELD] = {
        [GROUP_EV_CANCEL] = GROUP_CANCELLING,
        [GROUP_EV_PAUSE] = GROUP_PAUSED,
        [GROUP_EV_RESUME] = GROUP_RUNNING,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
    [GROUP_FAULTED] = {[GROUP_EV_RESUME] = GROUP_RUNNING},
    [GROUP_DONE] = {[GROUP_EV_REOPEN] = GROUP_RUNNING},
    [GROUP_CANCELLED] = {[GROUP_EV_REOPEN] = GROUP_RUNNING},
    [GROUP_FINISHING] = {
        [GROUP_EV_REPORTED] = GROUP_DONE,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
    [GROUP_CANCELLING] = {
        [GROUP_EV_ALL_ROWS_DONE] = GROUP_CANCELLED,
        [GROUP_EV_FAULT] = GROUP_FAULTED,
        [GROUP_EV_GIVE_UP] = GROUP_FAILED,
    },
};
/* clang-format on */

int group_step(enum group_state *state, enum group_event event)
{
    enum group_state next = group_rules[*state][event];
    if (next == GROUP_PENDING)
        return AS_ESTATE;
    *state = next;
    return 0;
}

/* One check after the other; the first that fails is the reason. */
#include "daemon/engine/anchor.h"

#include "daemon/engine/pins_compare.h"
#include "daemon/model/recording.h"
#include "daemon/report/series.h"
#include "daemon/store/baselines.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MS_PER_HOUR 3600000.
#define TRIES_MAX 8

struct asking {
    struct store *store;
    const struct eval_drift *drift;
    struct group_record run, reference; /* of the eval; reference.id 0: none */
    struct pins *pins, *anchor_pins;    /* of the eval's run, and of the anchor's */
    struct series series;               /* the anchor's runs */
    const struct series_run *speaker;   /* of these */
    struct as_arena *arena;
    struct judge_word *word;
    struct as_err *err;
};

static int read_run(struct asking *on, int64_t run, struct group_record *ret_group)
{
    int rc = store_group_get(on->store, run, on->arena, ret_group);
    return rc ? as_err_set(on->err, rc, "run %" PRId64 ": %s", run, store_error(on->store)) : 0;
}

/* NULL: they are of an assayd that we cannot read. */
static struct pins *pins_of(const struct group_record *group)
{
    struct pins *pins = NULL;
    return pins_from_json(group->pins_json, &pins, NULL) ? NULL : pins;
}

static const char *why_unreadable(const struct asking *on, int64_t run)
{
    return as_arena_printf(on->arena, "what run %" PRId64 " was made of cannot be read", run);
}

/* ---- which of its runs ---- */

static const struct series_run *find_run(const struct series *series, int64_t run)
{
    for (size_t i = 0; i < series->count; i++)
        if (series->runs[i].run == run)
            return &series->runs[i];
    return NULL;
}

static double hours(int64_t ms)
{
    return (double)ms / MS_PER_HOUR;
}

/* Of its reference. */
static const char *why_not_in_time(const struct asking *on)
{
    const struct series_run *first = find_run(&on->series, on->word->reference);
    const char *anchor = on->drift->anchor;
    if (!first || first == &on->series.runs[on->series.count - 1])
        return as_arena_printf(on->arena,
                               "the anchor '%s' has not been judged again since run %" PRId64
                               ", its reference: `assayctl run start %s`",
                               anchor, on->word->reference, anchor);
    if (on->reference.id && first->created_ms > on->reference.ended_ms + on->drift->max_gap_ms)
        return as_arena_printf(on->arena,
                               "the reference of the anchor '%s', run %" PRId64
                               ", is %.1f hours younger than run %" PRId64
                               ", the reference here, and drift.max_gap is %.1f hours: pin a run "
                               "that is not older with `assayctl baseline set`, or raise max_gap",
                               anchor, first->run,
                               hours(first->created_ms - on->reference.ended_ms), on->reference.id,
                               hours(on->drift->max_gap_ms));
    return NULL;
}

static const char *why_too_old(const struct asking *on)
{
    const char *anchor = on->drift->anchor;
    if (!on->reference.id || on->speaker->ended_ms >= on->reference.created_ms)
        return NULL;
    return as_arena_printf(on->arena,
                           "the anchor '%s' has not been judged since run %" PRId64
                           ", the reference here: `assayctl run start %s`",
                           anchor, on->reference.id, anchor);
}

static const char *lag_of(const struct asking *on)
{
    int64_t lag_ms = on->run.created_ms - on->speaker->ended_ms;
    if (lag_ms <= 0)
        return NULL;
    return as_arena_printf(on->arena,
                           "that was %.1f hours before run %" PRId64
                           ", and the judge may have changed since: `assayctl run start %s`",
                           hours(lag_ms), on->run.id, on->drift->anchor);
}

/* ---- was it the same judge, and was it asked ---- */

static const char *why_not_the_same(const struct asking *on)
{
    const struct pins *pins = on->anchor_pins;
    const char *anchor = on->drift->anchor;
    struct pins_differences found;
    if (!pins)
        return why_unreadable(on, on->speaker->run);
    if (pins->rubric == PINS_NO_RUBRIC)
        return as_arena_printf(on->arena, "run %" PRId64 " of the anchor '%s' had no judge",
                               on->speaker->run, anchor);
    if (pins->journal.policy != JOURNAL_LIVE)
        return as_arena_printf(on->arena,
                               "in run %" PRId64 " of the anchor '%s' old replies may have stood "
                               "in for the judge (journal policy %s): `assayctl run start %s` "
                               "without --cache",
                               on->speaker->run, anchor, journal_policy_name(pins->journal.policy),
                               anchor);
    pins_compare_judge(pins, on->pins, on->arena, &found);
    if (!found.count)
        return NULL;
    const struct pins_difference *first = &found.items[0];
    return as_arena_printf(on->arena,
                           "run %" PRId64 " of the anchor '%s' is not comparable with run %" PRId64
                           ": %s is %s there and %s here: %s",
                           on->speaker->run, anchor, on->run.id, first->part, first->a, first->b,
                           first->remedy);
}

/* ---- what it says ---- */

/* How many of its runs tell what the judge was like when the eval's reference was judged: up to the
 * first that came after it, unless that is the one that speaks. */
static size_t end_at_reference(const struct asking *on)
{
    const struct series_run *runs = on->series.runs;
    size_t end = 0;
    while (end < on->series.count && runs[end].ended_ms < on->reference.created_ms)
        end++;
    return &runs[end] < on->speaker ? end + 1 : end;
}

/* What it moved in those of its first end runs that were compared. To be freed. */
static struct judge_moves *moves_of(const struct asking *on, const char *model, size_t end,
                                    size_t *ret_count)
{
    const struct judge_word *word = on->word;
    struct judge_moves *runs = as_xcalloc(end + 1, sizeof(*runs));
    size_t count = 0;
    for (size_t i = 0; i < end; i++) {
        const struct series_run *run = &on->series.runs[i];
        const struct as_json *comparison =
            series_comparison(series_versus(run->body, word->metric), model);
        if (run->run > word->reference && run->reference == word->reference && comparison)
            runs[count++] = (struct judge_moves){as_json_get_int(comparison, "n_pairs", 0),
                                                 as_json_get_int(comparison, "wins", 0),
                                                 as_json_get_int(comparison, "losses", 0)};
    }
    *ret_count = count;
    return runs;
}

static int weight_of(const struct judge_word *word)
{
    return !word->model ? 0 : word->since_run ? 3 : word->churn.is_more ? 2 : 1;
}

/* Of a member whose answers are recorded: what it says, if that weighs more than what was heard. */
static void hear(struct asking *on, const char *model)
{
    struct judge_word word = *on->word;
    size_t end = (size_t)(on->speaker - on->series.runs) + 1, count, moved;
    const struct series_line line = {&on->series, word.reference, model, word.metric};
    AS_CLEANUP_FREE struct drift_point *points = series_points(&line, end, &count);
    AS_CLEANUP_FREE struct judge_moves *moves = moves_of(on, model, end, &moved);
    if (!count || points[count - 1].run != on->speaker->run)
        return;
    struct drift drift = drift_of(points, count);
    word.model = as_arena_strdup(on->arena, model);
    word.since_run = drift.is_drifting ? drift.since_run : 0;
    word.shift = cause_shift(points, count, &drift);
    word.mean = series_mean(&line);
    word.moves = moved ? moves[moved - 1] : (struct judge_moves){0};
    word.churn = cause_churn(moves, moved);
    if (weight_of(&word) > weight_of(on->word))
        *on->word = word;
}

/* The judge had changed before the eval's reference was judged: then that is no difference of
 * since.
 */
static const char *why_not_since(const struct asking *on)
{
    const struct judge_word *word = on->word;
    size_t end = end_at_reference(on), count;
    AS_CLEANUP_FREE struct judge_moves *runs = moves_of(on, word->model, end, &count);
    const struct series_line line = {&on->series, word->reference, word->model, word->metric};
    struct drift drift = series_drift(&line, end);
    if (!drift.is_drifting && !cause_churn(runs, count).is_more)
        return NULL;
    return as_arena_printf(
        on->arena,
        "the judge had changed already, by the anchor '%s', when run %" PRId64
        ", the reference here, was judged: `assayctl baseline set %s %" PRId64 "`",
        on->drift->anchor, on->reference.id, on->drift->anchor, on->series.runs[end - 1].run);
}

/* Where there are several, the first that drifts speaks, or else the first that moves more. */
static const char *listen(struct asking *on)
{
    const struct as_json *members = as_json_get(on->speaker->body, "members");
    const struct as_json *versus = series_versus(on->speaker->body, on->word->metric);
    const char *refusal = as_json_get_cstr(versus, "error");
    if (on->speaker->reference != on->word->reference)
        return as_arena_printf(on->arena,
                               "run %" PRId64 " of the anchor '%s' is not compared with its new "
                               "reference yet",
                               on->speaker->run, on->drift->anchor);
    for (size_t i = 0; i < as_json_len(members); i++) {
        const char *model = as_json_get_cstr_or(as_json_at(members, i), "model", "");
        if (recording_of(model))
            hear(on, model);
    }
    if (on->word->model)
        return NULL;
    return as_arena_printf(on->arena, "run %" PRId64 " of the anchor '%s' says nothing: %s",
                           on->speaker->run, on->drift->anchor,
                           refusal ? refusal : "no recorded answer has a score in both its runs");
}

/* ---- all of it ---- */

static int find_reference(struct asking *on)
{
    struct baseline_pin pin;
    const char *anchor = on->drift->anchor;
    int rc = store_baseline_run(on->store, anchor, on->arena, &pin);
    if (rc && rc != AS_ENOENT)
        return as_err_set(on->err, rc, "the baseline: %s", store_error(on->store));
    if (rc)
        on->word->reason = as_arena_printf(on->arena,
                                           "the anchor '%s' has no reference: `assayctl run start "
                                           "%s --wait`, then `assayctl baseline set %s last`",
                                           anchor, anchor, anchor);
    else
        on->word->reference = pin.run;
    return 0;
}

static int hear_out(struct asking *on)
{
    struct judge_word *word = on->word;
    struct group_record group;
    pins_free(on->anchor_pins);
    on->anchor_pins = NULL;
    word->reason = why_too_old(on);
    if (word->reason)
        return 0;
    int rc = read_run(on, on->speaker->run, &group);
    if (rc)
        return rc;
    on->anchor_pins = pins_of(&group);
    word->run = on->speaker->run;
    word->lag = lag_of(on);
    word->reason = why_not_the_same(on);
    if (word->reason)
        return 0;
    const struct pins *pins = on->anchor_pins;
    word->metric = as_arena_strdup(on->arena, pins->metrics[pins->rubric].name);
    word->reason = listen(on);
    return 0;
}

/* Whether a run saw the judge as the eval's run did, or later. */
static bool is_after(const struct asking *on, size_t index)
{
    return on->series.runs[index].ended_ms >= on->run.created_ms;
}

/* One that says nothing, for it was answered by the journal, say, is passed over for a while. What
 * is told in the end is why the first did not, unless one from before the run accuses the judge. */
static int ask_runs(struct asking *on)
{
    struct judge_word first = {.is_judged = false}, *word = on->word;
    const struct judge_word empty = *word;
    size_t count = on->series.count, begin = 0, tries = 0;
    while (begin < count && !is_after(on, begin))
        begin++;
    for (size_t n = 0; n < count && tries < TRIES_MAX; n++) {
        size_t index = n < count - begin ? begin + n : count - 1 - n;
        if (on->series.runs[index].run <= word->reference)
            continue;
        *word = empty;
        on->speaker = &on->series.runs[index];
        int rc = hear_out(on);
        bool is_bad = word->since_run || word->churn.is_more;
        if (rc || (!word->reason && (is_bad || !word->lag || !tries)))
            return rc;
        if (!tries++)
            first = *word;
    }
    *word = first;
    return 0;
}

static int ask_anchor(struct asking *on)
{
    int rc = series_load(on->store, on->drift->anchor, &on->series, on->err);
    if (rc)
        return rc;
    on->word->reason = why_not_in_time(on);
    rc = on->word->reason ? 0 : ask_runs(on);
    if (!rc && !on->word->reason)
        on->word->reason = why_not_since(on);
    return rc;
}

static bool is_recorded(const struct pins *pins)
{
    size_t i = 0;
    while (i < pins->member_count && pins_is_recorded(&pins->members[i]))
        i++;
    return i == pins->member_count;
}

static int ask(struct asking *on, const struct anchor_question *question)
{
    struct judge_word *word = on->word;
    int rc = read_run(on, question->run, &on->run);
    if (!rc && question->reference)
        rc = read_run(on, question->reference, &on->reference);
    if (rc)
        return rc;
    on->pins = pins_of(&on->run);
    if (!on->pins) {
        word->is_judged = true; /* as far as anybody knows */
        word->reason = why_unreadable(on, question->run);
        return 0;
    }
    int rubric = on->pins->rubric;
    word->is_judged =
        rubric != PINS_NO_RUBRIC && !strcmp(on->pins->metrics[rubric].name, question->metric);
    if (!word->is_judged)
        return 0;
    if (!on->drift->anchor) {
        word->reason = is_recorded(on->pins) ? "the answers here are recorded, so what differs is "
                                               "the judge's"
                                             : "no anchor is named, which `drift: {anchor: EVAL}` "
                                               "in the eval's file does";
        return 0;
    }
    word->anchor = as_arena_strdup(on->arena, on->drift->anchor);
    rc = find_reference(on);
    return rc || word->reason ? rc : ask_anchor(on);
}

int anchor_ask(struct store *store, const struct anchor_question *question, struct as_arena *arena,
               struct judge_word *ret_word, struct as_err *err)
{
    static const struct eval_drift none = {0};
    *ret_word =
        (struct judge_word){.mean = NAN, .churn = {.before = NAN}, .shift = {NAN, NAN, NAN}};
    struct asking on = {
        .store = store,
        .drift = question->eval ? &question->eval->drift : &none,
        .arena = arena,
        .word = ret_word,
        .err = err,
    };
    int rc = ask(&on, question);
    series_done(&on.series);
    pins_free(on.pins);
    pins_free(on.anchor_pins);
    return rc;
}

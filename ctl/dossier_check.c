/* First the seal (lib/seal.h). Then what hashes cannot tell, for whoever changes a part can make
 * new ones: that each outcome follows from its checks, that counts add up, and that the parts speak
 * of the same run. */
#include "ctl/dossier_check.h"

#include "lib/seal.h"

#include <inttypes.h>
#include <string.h>

#define FORMAT 1
#define BODY "dossier"

struct reading {
    const struct as_json *body, *run, *verdict, *statistics, *pins;
    struct as_json *problems;
};

/* Takes the sentence. */
static void complain(const struct reading *reading, struct as_buf *sentence)
{
    as_json_push_take(reading->problems, as_json_new_str(as_buf_str(sentence)));
    as_buf_done(sentence);
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* ---- outcomes ---- */

/* The worst of a list of words, each "fail", "undecided", "pass" or NULL: not asked. */
static const char *worse(const char *a, const char *b)
{
    static const char *const order[] = {"fail", "undecided", "pass"};
    for (size_t i = 0; i < AS_COUNT(order); i++)
        if ((a && !strcmp(a, order[i])) || (b && !strcmp(b, order[i])))
            return order[i];
    return NULL;
}

static const char *word_of_check(const struct as_json *check)
{
    const char *outcome = as_json_get_cstr_or(check, "outcome", "");
    if (!strcmp(outcome, "SKIP"))
        return NULL;
    if (!strcmp(outcome, "PASS"))
        return "pass";
    return strcmp(outcome, "FAIL") ? "undecided" : "fail";
}

/* A run that its budget stopped decides nothing. */
static const char *unless_stopped(const struct reading *reading, const char *outcome)
{
    return outcome && as_json_get(reading->verdict, "stopped") ? "undecided" : outcome;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static void check_outcome(const struct reading *reading, const char *who, const char *stated,
                          const char *wanted)
{
    struct as_buf sentence = {0};
    if (is_same(stated, wanted))
        return;
    as_buf_addf(&sentence, "the outcome of %s is '%s', but from its checks follows '%s'", who,
                text_or(stated, "none"), text_or(wanted, "none"));
    complain(reading, &sentence);
}

static void check_outcomes(const struct reading *reading)
{
    const struct as_json *verdicts = as_json_get(reading->verdict, "verdicts");
    const char *worst = NULL;
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        const struct as_json *verdict = as_json_at(verdicts, i);
        const struct as_json *checks = as_json_get(verdict, "checks");
        const char *wanted = NULL;
        for (size_t k = 0; k < as_json_len(checks); k++)
            wanted = worse(wanted, word_of_check(as_json_at(checks, k)));
        if (as_json_has(verdict, "checks_left_out")) /* none of them worse than what is there */
            wanted = worse(wanted, "pass");
        worst = worse(worst, wanted);
        check_outcome(reading, as_json_get_cstr_or(verdict, "candidate", "?"),
                      as_json_get_cstr(verdict, "outcome"), unless_stopped(reading, wanted));
    }
    worst = unless_stopped(reading, worst);
    check_outcome(reading, "the run", as_json_get_cstr(reading->run, "outcome"), worst);
    check_outcome(reading, "the verdict", as_json_get_cstr(reading->verdict, "outcome"), worst);
}

/* ---- counts ---- */

#define NO_COUNT (-1)

static void add_count(int64_t *sum, int64_t count)
{
    if (*sum < 0 || count < 0 || __builtin_add_overflow(*sum, count, sum))
        *sum = NO_COUNT;
}

static void check_sum(const struct reading *reading, const char *what, const char *of, int64_t sum,
                      int64_t stated)
{
    struct as_buf sentence = {0};
    if (sum != NO_COUNT && sum == stated)
        return;
    if (sum == NO_COUNT)
        as_buf_addf(&sentence, "%s of %s have a count below 0, or one that is too large", what, of);
    else
        as_buf_addf(&sentence, "%s of %s add up to %" PRId64 ", but %" PRId64 " are stated", what,
                    of, sum, stated);
    complain(reading, &sentence);
}

static void add_number(void *ctx, const char *key, struct as_json *value)
{
    (void)key;
    add_count(ctx, as_json_int(value, 0));
}

static void check_member(const struct reading *reading, const struct as_json *member)
{
    const struct as_json *metrics = as_json_get(member, "metrics");
    const char *name = as_json_get_cstr_or(member, "model", "?");
    int64_t statuses = 0;
    as_json_each(as_json_get(member, "statuses"), add_number, &statuses);
    check_sum(reading, "the statuses", name, statuses, as_json_get_int(member, "rows", 0));
    for (size_t i = 0; i < as_json_len(metrics); i++) {
        const struct as_json *metric = as_json_at(metrics, i), *hist = as_json_get(metric, "hist");
        int64_t cases = 0;
        for (size_t k = 0; k < as_json_len(hist); k++)
            add_count(&cases, as_json_int(as_json_at(hist, k), 0));
        if (hist)
            check_sum(reading, "the cases in the histogram", name, cases,
                      as_json_get_int(metric, "n", 0));
    }
}

static void check_counts(const struct reading *reading)
{
    const struct as_json *members = as_json_get(reading->statistics, "members");
    const struct as_json *comparisons = as_json_get(reading->statistics, "comparisons");
    for (size_t i = 0; i < as_json_len(members); i++)
        check_member(reading, as_json_at(members, i));
    for (size_t i = 0; i < as_json_len(comparisons); i++) {
        const struct as_json *one = as_json_at(comparisons, i);
        int64_t pairs = 0;
        add_count(&pairs, as_json_get_int(one, "wins", 0));
        add_count(&pairs, as_json_get_int(one, "losses", 0));
        add_count(&pairs, as_json_get_int(one, "ties", 0));
        check_sum(reading, "wins, losses and ties", as_json_get_cstr_or(one, "candidate", "?"),
                  pairs, as_json_get_int(one, "n_pairs", 0));
    }
}

/* ---- one run ---- */

static bool is_member(const struct reading *reading, const char *name)
{
    const struct as_json *members = as_json_get(reading->pins, "members");
    for (size_t i = 0; i < as_json_len(members); i++)
        if (is_same(as_json_get_cstr(as_json_at(members, i), "name"), name))
            return true;
    return false;
}

static void check_members(const struct reading *reading, const struct as_json *list,
                          const char *key, const char *where)
{
    for (size_t i = 0; i < as_json_len(list); i++) {
        const char *name = as_json_get_cstr(as_json_at(list, i), key);
        struct as_buf sentence = {0};
        if (is_member(reading, name))
            continue;
        as_buf_addf(&sentence, "%s speaks of '%s', which is no member by the pins", where,
                    text_or(name, "?"));
        complain(reading, &sentence);
    }
}

static void check_agrees(const struct reading *reading, const char *what, const char *a,
                         const char *b)
{
    struct as_buf sentence = {0};
    if (is_same(a, b))
        return;
    as_buf_addf(&sentence, "%s is '%s' in one part and '%s' in another", what, text_or(a, "none"),
                text_or(b, "none"));
    complain(reading, &sentence);
}

static void check_promotions(const struct reading *reading)
{
    const struct as_json *promotions = as_json_get(reading->body, "promotions");
    const char *eval = as_json_get_cstr(reading->run, "eval");
    for (size_t i = 0; i < as_json_len(promotions); i++) {
        const struct as_json *one = as_json_at(promotions, i);
        struct as_buf sentence = {0};
        check_agrees(reading, "the eval of a promotion", as_json_get_cstr(one, "eval"), eval);
        bool is_override = as_json_get_bool(one, "override", false);
        if (is_override == (as_json_get_cstr(one, "reason") != NULL))
            continue;
        as_buf_addf(&sentence, "promotion %" PRId64 " has %s", as_json_get_int(one, "id", 0),
                    is_override ? "an override without a reason" : "a reason without an override");
        complain(reading, &sentence);
    }
}

static void check_parts_agree(const struct reading *reading)
{
    const struct as_json *dataset = as_json_get(reading->body, "dataset");
    check_agrees(reading, "the eval", as_json_get_cstr(reading->run, "eval"),
                 as_json_get_cstr(reading->pins, "eval"));
    check_agrees(reading, "the dataset's hash", as_json_get_cstr(dataset, "hash"),
                 as_json_get_cstr(as_json_get(reading->pins, "dataset"), "hash"));
    check_members(reading, as_json_get(reading->verdict, "verdicts"), "candidate", "the verdict");
    check_members(reading, as_json_get(reading->statistics, "members"), "model", "the statistics");
    check_members(reading, as_json_get(reading->statistics, "comparisons"), "candidate",
                  "a comparison");
    check_promotions(reading);
}

/* ---- all of it ---- */

static void check_format(const struct reading *reading)
{
    int64_t format = as_json_get_int(as_json_get(reading->body, "made"), "format", 0);
    struct as_buf sentence = {0};
    if (format == FORMAT)
        return;
    as_buf_addf(&sentence, "its format is %" PRId64 "; this assayctl knows %d", format, FORMAT);
    complain(reading, &sentence);
}

static void share(struct as_json *to, const struct as_json *from, const char *key)
{
    as_json_set_take(to, key, as_json_share(as_json_get(from, key)));
}

struct as_json *dossier_check(struct as_str text, struct as_json **ret_sealed)
{
    struct as_json *report = as_json_object(), *problems = as_json_array();
    as_seal_check(text, BODY, problems, ret_sealed);
    const struct as_json *body = as_json_get(*ret_sealed, BODY);
    struct reading reading = {
        .body = body,
        .run = as_json_get(body, "run"),
        .verdict = as_json_get(body, "verdict"),
        .statistics = as_json_get(body, "statistics"),
        .pins = as_json_get(body, "pins"),
        .problems = problems,
    };
    if (body) {
        check_format(&reading);
        check_outcomes(&reading);
        check_counts(&reading);
        check_parts_agree(&reading);
    }
    as_json_set_bool(report, "holds", !as_json_len(problems));
    share(report, reading.run, "run");
    share(report, reading.run, "eval");
    share(report, reading.run, "outcome");
    share(report, as_json_get(body, "made"), "made_ms");
    share(report, as_json_get(body, "made"), "assay_version");
    share(report, *ret_sealed, "sha256");
    as_json_set_take(report, "problems", problems);
    return report;
}

/* Of other metrics only those that the gate has thresholds for are handed over: each costs a column
 * of pairs while the gate looks at it. */
#include "daemon/report/result_verdict.h"

#include "daemon/report/pairing.h"

#include <stdlib.h>
#include <string.h>

#define EVIDENCE_IN_ALL_BYTES (300u << 10) /* of a result, which is one line of the protocol */
#define JSON_QUOTES_BYTES 3                /* of an id in a list */

/* So many ids of each check that all candidates' together fit: fewer than the gate's only for long
 * ids, many candidates and many checks with evidence. */
static size_t evidence_shown(const struct table *table, const struct report_spec *spec,
                             const struct gate_verdict *verdict)
{
    size_t longest = 0, with_evidence = 0;
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++)
        with_evidence += gate_verdict_check(verdict, i)->n_evidence > 0;
    for (size_t i = 0; with_evidence && i < table->case_count + table->aside_count; i++)
        longest = table->ids[i].len > longest ? table->ids[i].len : longest;
    size_t lists = with_evidence * (spec->member_count - 1);
    size_t fits = lists ? EVIDENCE_IN_ALL_BYTES / (lists * (longest + JSON_QUOTES_BYTES)) : 0;
    return fits < 1 ? 1 : fits;
}

static struct as_json *check_json(const struct table *table, const struct gate_check *check,
                                  size_t most)
{
    struct as_json *json = as_json_object(), *evidence = as_json_array();
    as_json_set_str(json, "name", check->name);
    as_json_set_str(json, "outcome", gate_outcome_name(check->outcome));
    as_json_set_num(json, "observed", check->observed);
    as_json_set_num(json, "limit", check->limit);
    as_json_set_str(json, "sentence", check->text);
    as_json_set_num(json, "more_cases", check->more);
    for (size_t i = 0; i < check->n_evidence && i < most; i++)
        as_json_push_take(evidence, as_json_new_str(table->ids[check->evidence[i]]));
    as_json_set_take(json, "evidence", evidence);
    as_json_set_int(json, "evidence_total", (int64_t)check->evidence_total);
    return json;
}

const char *result_outcome_of(const struct gate_verdict *verdict)
{
    bool is_asked = false;
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++)
        is_asked = is_asked || gate_verdict_check(verdict, i)->outcome != GATE_SKIP;
    return is_asked ? gate_outcome_word(verdict->outcome) : NULL;
}

struct as_json *result_verdict_json(const struct table *table, const struct report_spec *spec,
                                    size_t candidate, const struct gate_verdict *verdict)
{
    struct as_json *json = as_json_object(), *checks = as_json_array();
    size_t most = evidence_shown(table, spec, verdict);
    as_json_set_str(json, "candidate", spec->member_names[candidate]);
    as_json_set_str(json, "outcome", result_outcome_of(verdict));
    as_json_set_str(json, "sentence", verdict->sentence);
    as_json_set_str(json, "advice", verdict->advice[0] ? verdict->advice : NULL);
    as_json_set_num(json, "more_cases", verdict->plan.more_if_observed);
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++)
        as_json_push_take(checks, check_json(table, gate_verdict_check(verdict, i), most));
    as_json_set_take(json, "checks", checks);
    return json;
}

static struct gate_member gate_member_of(const struct table_member *member)
{
    return (struct gate_member){member->latencies_ms.at, member->latencies_ms.count,
                                member->cost_usd};
}

static bool *incomplete_cases(const struct table *table, size_t candidate)
{
    bool *is_incomplete = as_xcalloc(table->case_count + 1, sizeof(*is_incomplete));
    for (size_t i = 0; i < table->case_count; i++)
        is_incomplete[i] =
            table_is_incomplete(table, 0, i) || table_is_incomplete(table, candidate, i);
    return is_incomplete;
}

static bool has_rules(const struct gate_rules *rules, const char *metric)
{
    for (size_t i = 0; i < rules->metric_count; i++)
        if (!strcmp(rules->metrics[i].metric, metric))
            return true;
    return false;
}

/* Returns how many; the caller frees their cases. */
static size_t metrics_of(const struct table *table, const struct report_spec *spec,
                         size_t candidate, struct gate_metric *ret_metrics)
{
    size_t count = 0;
    for (size_t m = 0; m < spec->metric_count; m++)
        if (has_rules(spec->gate, spec->metric_names[m]))
            ret_metrics[count++] = (struct gate_metric){
                spec->metric_names[m],
                pairing_cases(table, &(struct pairing_of){0, candidate, m, spec->gate->policy}),
            };
    return count;
}

int result_judge(const struct table *table, const struct report_spec *spec, size_t candidate,
                 struct gate_verdict *ret_verdict)
{
    struct pairing_of of = {0, candidate, spec->primary, spec->gate->policy};
    AS_CLEANUP_FREE bool *is_incomplete = incomplete_cases(table, candidate);
    AS_CLEANUP_FREE struct stats_case *cases = pairing_cases(table, &of);
    AS_CLEANUP_FREE struct gate_metric *metrics =
        as_xcalloc(spec->metric_count + 1, sizeof(*metrics));
    struct gate_input input = {
        .cases = cases,
        .is_critical = table->is_critical,
        .is_incomplete = is_incomplete,
        .n = table->case_count,
        .n_aside = table->aside_count,
        .tail = table->tail,
        .baseline = gate_member_of(&table->members[0]),
        .candidate = gate_member_of(&table->members[candidate]),
        .stratum_names = table->stratum_names,
        .n_strata = table->stratum_count,
        .tags = table->tags,
        .n_tags = table->tag_count,
        .metrics = metrics,
        .n_metrics = metrics_of(table, spec, candidate, metrics),
    };
    int rc = gate_evaluate(spec->gate, &input, ret_verdict);
    for (size_t i = 0; i < input.n_metrics; i++)
        free(metrics[i].cases);
    return rc;
}

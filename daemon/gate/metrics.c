/* A metric's checks are those of the primary one: its scores go through the gate with the rules of
 * its own, and what that says is taken over under the metric's name. */
#include "daemon/gate/metrics.h"

#include "lib/buf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define METRIC_SHOWN_BYTES 64

static const enum gate_check_id taken[] = {
    GATE_CHECK_MISSING, GATE_CHECK_FAILURE_RATE,   GATE_CHECK_SUFFICIENCY,
    GATE_CHECK_FLOOR,   GATE_CHECK_NONINFERIORITY,
};

static struct gate_rules rules_of(const struct gate_rules *all, const struct gate_metric_rules *own)
{
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.policy = all->policy;
    rules.pass_threshold = all->pass_threshold;
    rules.margin = own->margin;
    rules.floor = own->floor;
    rules.max_missing_rate = own->max_missing_rate;
    rules.max_failure_rate = own->max_failure_rate;
    return rules;
}

static const struct gate_metric *find_metric(const struct gate_input *input, const char *name)
{
    for (size_t i = 0; i < input->n_metrics; i++)
        if (!strcmp(input->metrics[i].name, name))
            return &input->metrics[i];
    return NULL;
}

static void take_over(const char *metric, const struct gate_verdict *verdict, enum gate_check_id id,
                      struct gate_check *ret_check)
{
    const struct gate_check *check = &verdict->checks[id];
    int shown = (int)as_utf8_fit(metric, strlen(metric), METRIC_SHOWN_BYTES);
    *ret_check = *check;
    as_utf8_format(ret_check->name, sizeof(ret_check->name), "%.*s.%s", shown, metric, check->name);
    if (check->text[0])
        as_utf8_format(ret_check->text, sizeof(ret_check->text), "%.*s: %s", shown, metric,
                       check->text);
    bool is_last = id == GATE_CHECK_NONINFERIORITY;
    if (is_last && verdict->advice[0])
        as_utf8_format(ret_check->advice, sizeof(ret_check->advice), "%.*s: %s", shown, metric,
                       verdict->advice);
}

static int check_metric(const struct gate_context *c, const struct gate_metric_rules *own,
                        struct gate_check *ret_checks)
{
    const struct gate_metric *metric = find_metric(c->input, own->metric);
    if (!metric)
        return AS_EINVAL;
    struct gate_input input = {
        .cases = metric->cases,
        .n = c->input->n,
        .stratum_names = c->input->stratum_names,
        .n_strata = c->input->n_strata,
        .tail = c->input->tail,
    };
    struct gate_rules rules = rules_of(c->rules, own);
    struct gate_verdict verdict;
    int rc = gate_evaluate(&rules, &input, &verdict);
    if (rc)
        return rc;
    for (size_t i = 0; i < AS_COUNT(taken); i++)
        take_over(own->metric, &verdict, taken[i], &ret_checks[i]);
    gate_verdict_done(&verdict);
    return 0;
}

int gate_check_metrics(const struct gate_context *context)
{
    const struct gate_rules *rules = context->rules;
    struct gate_verdict *verdict = context->verdict;
    size_t count = rules->metric_count * AS_COUNT(taken);
    if (!count)
        return 0;
    verdict->metric_checks = as_xcalloc(count, sizeof(*verdict->metric_checks));
    verdict->n_metric_checks = count;
    for (size_t i = 0; i < rules->metric_count; i++) {
        int rc =
            check_metric(context, &rules->metrics[i], &verdict->metric_checks[i * AS_COUNT(taken)]);
        if (rc)
            return rc;
    }
    return 0;
}

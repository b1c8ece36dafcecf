/* One check for all three ways in (YAML, options, pins), so that what is pinned can be asked for
 * and the other way round. */
#include "daemon/model/rank_rules.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_MAX 1000.0
#define RANGE_MAX 1e9

static const char *const axis_names[RANK_AXES] = {
    [RANK_QUALITY] = "quality",
    [RANK_COST] = "cost",
    [RANK_LATENCY] = "latency",
};

const char *rank_axis_name(enum rank_axis axis)
{
    return axis_names[axis];
}

void rank_rules_init(struct rank_rules *rules)
{
    *rules = (struct rank_rules){0};
    for (int axis = 0; axis < RANK_AXES; axis++)
        rules->ranges[axis] = (struct rank_range){NAN, NAN};
}

bool rank_rules_are_set(const struct rank_rules *rules)
{
    for (int axis = 0; axis < RANK_AXES; axis++)
        if (rules->weights[axis] > 0)
            return true;
    return false;
}

/* ---- the check ---- */

static bool has_range(const struct rank_range *range)
{
    return !isnan(range->worst);
}

static int check_direction(enum rank_axis axis, const struct rank_range *range, struct as_err *err)
{
    bool is_quality = axis == RANK_QUALITY;
    double low = is_quality ? range->worst : range->best;
    double high = is_quality ? range->best : range->worst;
    if (low >= 0 && low < high && high <= (is_quality ? 1 : RANGE_MAX))
        return 0;
    if (is_quality)
        return as_err_set(err, AS_EINVAL,
                          "worst first, best second, from 0 to 1: like 0.5 and 1.0, not %g and %g",
                          range->worst, range->best);
    return as_err_set(err, AS_EINVAL,
                      "worst first, best second, and less is better: like %s, not %g and %g",
                      axis == RANK_COST ? "0.01 and 0" : "5000 and 500", range->worst, range->best);
}

static int check_axis(enum rank_axis axis, const struct rank_rules *rules, bool *ret_is_range,
                      struct as_err *err)
{
    double weight = rules->weights[axis];
    const struct rank_range *range = &rules->ranges[axis];
    *ret_is_range = false;
    if (!(weight >= 0 && weight <= WEIGHT_MAX))
        return as_err_set(err, AS_EINVAL, "a weight is a number from 0 to %g", WEIGHT_MAX);
    if (weight > 0 && !has_range(range))
        return as_err_set(err, AS_EINVAL,
                          "a weight needs a fixed range of '%s', from the worst value to the best",
                          axis_names[axis]);
    *ret_is_range = true;
    if (has_range(range) && !(weight > 0))
        return as_err_set(err, AS_EINVAL, "a range without a weight of '%s' does nothing",
                          axis_names[axis]);
    return has_range(range) ? check_direction(axis, range, err) : 0;
}

int rank_rules_check(const struct rank_rules *rules, struct rank_problem *ret_problem,
                     struct as_err *err)
{
    for (int axis = 0; axis < RANK_AXES; axis++) {
        struct rank_problem problem = {.axis = (enum rank_axis)axis};
        int rc = check_axis(problem.axis, rules, &problem.is_range, err);
        if (!rc)
            continue;
        *ret_problem = problem;
        return rc;
    }
    if (rank_rules_are_set(rules))
        return 0;
    *ret_problem = (struct rank_problem){.axis = RANK_AXES};
    return as_err_set(err, AS_EINVAL, "nothing is weighed: give weights and ranges");
}

/* ---- texts ---- */

/* Of "cost=0.01:0" the axis, and what stands behind the sign. */
static int find_axis(const char *text, enum rank_axis *ret_axis, const char **ret_rest,
                     struct as_err *err)
{
    const char *sign = strchr(text, '=');
    for (int axis = 0; sign && axis < RANK_AXES; axis++) {
        size_t len = strlen(axis_names[axis]);
        if ((size_t)(sign - text) != len || memcmp(text, axis_names[axis], len) != 0)
            continue;
        *ret_axis = (enum rank_axis)axis;
        *ret_rest = sign + 1;
        return 0;
    }
    return as_err_set(err, AS_EINVAL,
                      "'%.60s' begins with none of quality=, cost= and latency=", text);
}

static bool read_number(const char *text, char end, double *ret_number, const char **ret_rest)
{
    char *rest = NULL;
    errno = 0;
    double number = strtod(text, &rest);
    if (errno || rest == text || *rest != end || !isfinite(number))
        return false;
    *ret_number = number;
    *ret_rest = rest + (end != '\0');
    return true;
}

int rank_rules_add_weight(struct rank_rules *rules, const char *text, struct as_err *err)
{
    enum rank_axis axis;
    const char *rest;
    int rc = find_axis(text, &axis, &rest, err);
    if (!rc && !read_number(rest, '\0', &rules->weights[axis], &rest))
        rc =
            as_err_set(err, AS_EINVAL, "'%.60s' is no weight: like %s=0.7", text, axis_names[axis]);
    return rc;
}

int rank_rules_add_range(struct rank_rules *rules, const char *text, struct as_err *err)
{
    enum rank_axis axis;
    const char *rest;
    struct rank_range range;
    int rc = find_axis(text, &axis, &rest, err);
    if (rc)
        return rc;
    if (!read_number(rest, ':', &range.worst, &rest) ||
        !read_number(rest, '\0', &range.best, &rest))
        return as_err_set(err, AS_EINVAL, "'%.60s' is no range: %s=WORST:BEST", text,
                          axis_names[axis]);
    rules->ranges[axis] = range;
    return 0;
}

/* ---- JSON ---- */

struct as_json *rank_rules_to_json(const struct rank_rules *rules)
{
    if (!rank_rules_are_set(rules))
        return NULL;
    struct as_json *json = as_json_object(), *weights = as_json_object(),
                   *ranges = as_json_object();
    for (int axis = 0; axis < RANK_AXES; axis++) {
        if (!(rules->weights[axis] > 0))
            continue;
        struct as_json *range = as_json_array();
        as_json_push_take(range, as_json_new_num(rules->ranges[axis].worst));
        as_json_push_take(range, as_json_new_num(rules->ranges[axis].best));
        as_json_set_num(weights, axis_names[axis], rules->weights[axis]);
        as_json_set_take(ranges, axis_names[axis], range);
    }
    as_json_set_take(json, "weights", weights);
    as_json_set_take(json, "ranges", ranges);
    return json;
}

int rank_rules_from_json(const struct as_json *json, struct rank_rules *ret_rules)
{
    const struct as_json *weights = as_json_get(json, "weights"),
                         *ranges = as_json_get(json, "ranges");
    struct rank_rules rules;
    struct rank_problem problem;
    rank_rules_init(&rules);
    for (int axis = 0; axis < RANK_AXES; axis++) {
        const struct as_json *range = as_json_get(ranges, axis_names[axis]);
        rules.weights[axis] = as_json_get_num(weights, axis_names[axis], 0);
        rules.ranges[axis] = (struct rank_range){as_json_num(as_json_at(range, 0), NAN),
                                                 as_json_num(as_json_at(range, 1), NAN)};
    }
    if (json && rank_rules_check(&rules, &problem, NULL))
        return AS_EINVAL;
    *ret_rules = rules;
    return 0;
}

/* rank: {weights: {quality: 0.7, ...}, ranges: {quality: [WORST, BEST], ...}}. A range that could
 * not be read is told once, by its own decoder: the check between keys is then left out. */
#include "daemon/config/eval_rank.h"

#include <math.h>

#define WEIGHT(name, axis) \
    FIELD(name, NUMBER, offsetof(struct rank_rules, weights[axis]), .min = 0, .max = 1000)
#define RANGE(name, axis) \
    FIELD(name, CUSTOM, offsetof(struct rank_rules, ranges[axis]), .decode = decode_range)

static bool read_bound(const struct yaml_node *node, double *ret_bound)
{
    struct yaml_value value;
    const char *why;
    if (!node || node->kind != YAML_TEXT || yaml_node_value(node, &value, &why))
        return false;
    *ret_bound = value.number;
    return value.type == YAML_IS_INT || value.type == YAML_IS_FLOAT;
}

static void decode_range(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         void *dest)
{
    struct rank_range *range = dest;
    const struct yaml_node *worst =
        node->kind == YAML_LIST && node->count == 2 ? node->first : NULL;
    if (!worst || !read_bound(worst, &range->worst) || !read_bound(worst->next, &range->best))
        problems_add(ctx->problems, node->place, where,
                     "expected two numbers, the worst value first: [WORST, BEST]");
}

static const struct field weight_fields[] = {
    WEIGHT("quality", RANK_QUALITY),
    WEIGHT("cost", RANK_COST),
    WEIGHT("latency", RANK_LATENCY),
    FIELDS_END,
};

static const struct field range_fields[] = {
    RANGE("quality", RANK_QUALITY),
    RANGE("cost", RANK_COST),
    RANGE("latency", RANK_LATENCY),
    FIELDS_END,
};

const struct field eval_rank_fields[] = {
    FIELD("weights", SECTION, 0, .is_required = true, .section = weight_fields),
    FIELD("ranges", SECTION, 0, .is_required = true, .section = range_fields),
    FIELDS_END,
};

void eval_rank_check(struct field_ctx *ctx, const struct yaml_node *root,
                     const struct rank_rules *rules)
{
    const struct yaml_node *rank = yaml_map_get(root, "rank");
    struct rank_problem problem;
    struct as_err err = {0};
    if (!rank || ctx->problems->count || !rank_rules_check(rules, &problem, &err))
        return;
    const char *part = problem.is_range ? "ranges" : "weights", *where = "rank";
    const struct yaml_node *node = rank;
    if (problem.axis < RANK_AXES) {
        const char *axis = rank_axis_name(problem.axis);
        node = yaml_map_get(yaml_map_get(rank, part), axis);
        where = field_where(ctx, field_where(ctx, "rank", part), axis);
    }
    problems_add(ctx->problems, node->place, where, "%s", err.msg);
}

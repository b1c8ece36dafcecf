/* Reads the case heads and each member's rows once, and puts every number where it belongs. Cases
 * are ordered by the bytes of their ids (those aside come after the others), clusters and strata
 * numbered in that order too: so no number depends on the order of a dataset's file. */
#include "daemon/report/table.h"

#include "daemon/model/case_order.h"
#include "daemon/report/table_tags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct head {
    struct as_str id, cluster, stratum;
    bool is_critical, is_aside;
    int64_t seq;
};

struct head_list {
    struct table *table;
    const struct report_spec *spec;
    struct case_order order;
    struct head *heads;
    size_t seen, count;
};

/* Is the case among the first of the order, those that a look compares? */
static bool is_compared(const struct head_list *list, int64_t seq)
{
    const struct report_looks *looks = &list->spec->looks;
    return !looks->planned || !looks->compared ||
           case_order_place(&list->order, seq) < looks->compared;
}

static void take_head(void *ctx, const struct case_record *record)
{
    struct head_list *list = ctx;
    struct as_arena *arena = &list->table->arena;
    int64_t limit = list->spec->case_count;
    if (list->seen >= (size_t)limit || record->seq < 0 || record->seq >= limit)
        return; /* load_heads notices that one is missing */
    list->seen++;
    bool is_aside = !is_compared(list, record->seq);
    if (is_aside && !(record->is_critical && list->spec->gate->critical != GATE_CRITICAL_OFF))
        return;
    list->table->case_count += !is_aside;
    list->table->aside_count += is_aside;
    list->heads[list->count++] = (struct head){
        .is_aside = is_aside,
        .id = as_arena_dup(arena, record->id),
        .cluster = as_arena_dup(arena, record->cluster),
        .stratum = as_arena_dup(arena, record->stratum),
        .is_critical = record->is_critical,
        .seq = record->seq,
    };
}

static int compare_heads(const void *a, const void *b)
{
    const struct head *x = a, *y = b;
    return x->is_aside != y->is_aside ? x->is_aside - y->is_aside : as_str_compare(x->id, y->id);
}

static int compare_names(const void *a, const void *b)
{
    return as_str_compare(*(const struct as_str *)a, *(const struct as_str *)b);
}

/* Numbers the distinct names of a field in byte order; absent names get -1. Returns how many there
 * are. */
static size_t number_names(struct table *table, const struct head *heads, size_t offset,
                           int32_t *ret_numbers, const char ***ret_names)
{
    size_t n = table->case_count + table->aside_count, distinct = 0;
    struct as_str *names = as_xcalloc(n, sizeof(*names));
    size_t named = 0;
    for (size_t i = 0; i < n; i++) {
        struct as_str name = *(const struct as_str *)((const char *)&heads[i] + offset);
        if (name.ptr)
            names[named++] = name;
    }
    qsort(names, named, sizeof(*names), compare_names);
    for (size_t i = 0; i < named; i++)
        if (!i || as_str_compare(names[i], names[distinct - 1]))
            names[distinct++] = names[i];
    for (size_t i = 0; i < n; i++) {
        const struct as_str *name = (const struct as_str *)((const char *)&heads[i] + offset);
        const struct as_str *found =
            name->ptr ? bsearch(name, names, distinct, sizeof(*names), compare_names) : NULL;
        ret_numbers[i] = found ? (int32_t)(found - names) : -1;
    }
    if (ret_names) {
        *ret_names = as_arena_alloc(&table->arena, (distinct + 1) * sizeof(**ret_names));
        for (size_t i = 0; i < distinct; i++)
            (*ret_names)[i] = names[i].ptr;
    }
    free(names);
    return distinct;
}

static int load_heads(struct store *store, const struct report_spec *spec, struct table *table)
{
    size_t all = (size_t)spec->case_count;
    struct head_list list = {.table = table, .spec = spec};
    list.heads = as_xcalloc(all, sizeof(*list.heads));
    if (spec->looks.planned)
        case_order_init(&list.order, spec->case_count, spec->looks.order_seed);
    int rc = store_case_heads_each(store, spec->dataset_id, spec->case_count, take_head, &list);
    if (!rc && list.seen != all)
        rc = AS_ECORRUPT;
    if (!rc) {
        for (size_t seq = 0; seq < all; seq++)
            table->position[seq] = TABLE_NOWHERE;
        qsort(list.heads, list.count, sizeof(*list.heads), compare_heads);
        for (size_t place = 0; place < list.count; place++) {
            table->position[list.heads[place].seq] = place;
            table->ids[place] = list.heads[place].id;
            table->is_critical[place] = list.heads[place].is_critical;
        }
        number_names(table, list.heads, offsetof(struct head, cluster), table->clusters, NULL);
        table->stratum_count = number_names(table, list.heads, offsetof(struct head, stratum),
                                            table->strata, &table->stratum_names);
    }
    free(list.heads);
    return rc;
}

static int load_expected_rows(struct store *store, const struct report_spec *spec,
                              struct table *table)
{
    struct group_record group;
    int rc = store_group_get(store, spec->group_id, &table->arena, &group);
    if (!rc)
        table->expected_rows = (uint64_t)table->case_count * group.sample_count;
    return rc;
}

static void push(struct table_values *values, double value)
{
    if (values->count == values->cap) {
        values->cap = values->cap ? values->cap * 2 : 256;
        values->at = as_xrealloc(values->at, values->cap * sizeof(double));
    }
    values->at[values->count++] = value;
}

static void add_money(double *sum, double value)
{
    if (!isnan(value))
        *sum = isnan(*sum) ? value : *sum + value;
}

static void add_tokens(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + value;
}

struct fact_target {
    struct table *table;
    struct table_member *member;
    size_t member_index;
    const struct report_spec *spec;
};

/* NULL: the row keeps its own scores. */
static const struct report_swapped *swapped_of(const struct fact_target *target,
                                               const struct row_fact *fact)
{
    const struct report_swap *swap = target->spec->swap;
    if (!swap || fact->sample >= swap->sample_count)
        return NULL;
    size_t row = target->member_index * (size_t)target->spec->case_count + (size_t)fact->case_seq;
    const struct report_swapped *swapped = &swap->rows[row * swap->sample_count + fact->sample];
    return swapped->as == REPORT_NOT_SWAPPED ? NULL : swapped;
}

static bool is_missing(const struct row_value *value)
{
    return isnan(value->score) && !value->is_na;
}

static enum row_status status_of(const struct fact_target *target, const struct row_fact *fact)
{
    const struct report_swapped *swapped = swapped_of(target, fact);
    if (!swapped)
        return fact->status;
    if (swapped->as == REPORT_SWAPPED_ERROR)
        return ROW_SCORER_ERROR;
    for (size_t m = 0; m < fact->metric_count; m++)
        if (m != target->spec->swap->metric && is_missing(&fact->values[m]))
            return fact->status;
    return ROW_OK;
}

static void take_score(const struct fact_target *target, struct table_column *column, size_t place,
                       const struct row_value *value)
{
    bool is_counted = place < target->table->case_count;
    if (is_missing(value)) {
        column->errors += is_counted;
    } else if (value->is_na) {
        column->na += is_counted;
    } else {
        double threshold = target->spec->gate->pass_threshold;
        bool is_pass = value->pass < 0 ? value->score >= threshold : value->pass;
        column->sum[place] += value->score;
        column->scored[place]++;
        column->values += is_counted;
        column->passes += is_counted && is_pass;
    }
}

static void take_scores(const struct fact_target *target, const struct row_fact *fact, size_t place)
{
    static const struct row_value missing = {.score = NAN, .pass = -1};
    const struct report_swapped *swapped = swapped_of(target, fact);
    for (size_t m = 0; m < fact->metric_count; m++) {
        const struct row_value *value = &fact->values[m];
        if (swapped && m == target->spec->swap->metric)
            value = swapped->as == REPORT_SWAPPED ? &swapped->value : &missing;
        take_score(target, &target->member->columns[m], place, value);
    }
}

/* A case that failed before it cost anything is no cheap case: it has no cost. */
static void take_costs(struct table_member *member, const struct row_fact *fact, size_t place)
{
    bool is_metered = fact->output_tokens >= 0;
    if (is_metered)
        add_money(&member->cost_usd[place], fact->cost_usd);
    member->metered += is_metered;
    member->priced[place] += is_metered && !isnan(fact->cost_usd);
    add_money(&member->judge_cost_usd, fact->judge_cost_usd);
    member->unpriced += isnan(fact->cost_usd);
    member->judge_unpriced += isnan(fact->judge_cost_usd);
}

static void count_row(struct table_member *member, const struct row_fact *fact,
                      enum row_status status, size_t place)
{
    member->rows++;
    member->statuses[status]++;
    if (!isnan(fact->latency_ms))
        push(&member->latencies_ms, fact->latency_ms);
    take_costs(member, fact, place);
    add_tokens(&member->input_tokens, fact->input_tokens);
    add_tokens(&member->output_tokens, fact->output_tokens);
}

static void take_fact(void *ctx, const struct row_fact *fact)
{
    const struct fact_target *target = ctx;
    struct table_member *member = target->member;
    if (fact->case_seq < 0 || fact->case_seq >= target->spec->case_count ||
        target->table->position[fact->case_seq] == TABLE_NOWHERE)
        return;
    size_t place = target->table->position[fact->case_seq];
    enum row_status status = status_of(target, fact);
    member->models_fault[place] += row_status_is_models_fault(status);
    member->our_fault[place] += row_status_is_our_fault(status);
    member->whole[place] += status == ROW_OK;
    if (place < target->table->case_count)
        count_row(member, fact, status, place);
    if (row_status_has_scores(status))
        take_scores(target, fact, place);
}

static void init_member(struct table *table, struct table_member *member)
{
    size_t n = table->case_count + table->aside_count;
    struct as_arena *arena = &table->arena;
    member->models_fault = as_arena_alloc(arena, n * sizeof(*member->models_fault));
    member->our_fault = as_arena_alloc(arena, n * sizeof(*member->our_fault));
    member->whole = as_arena_alloc(arena, n * sizeof(*member->whole));
    member->cost_usd = as_arena_alloc(arena, n * sizeof(*member->cost_usd));
    member->priced = as_arena_alloc(arena, n * sizeof(*member->priced));
    for (size_t i = 0; i < n; i++)
        member->cost_usd[i] = NAN;
    member->input_tokens = member->output_tokens = -1;
    member->columns = as_arena_alloc(arena, table->metric_count * sizeof(*member->columns));
    for (size_t m = 0; m < table->metric_count; m++) {
        member->columns[m].sum = as_arena_alloc(arena, n * sizeof(double));
        member->columns[m].scored = as_arena_alloc(arena, n * sizeof(uint32_t));
    }
}

static int load_members(struct store *store, const struct report_spec *spec, struct table *table)
{
    int rc = 0;
    for (size_t i = 0; i < spec->member_count && !rc; i++) {
        init_member(table, &table->members[i]);
        struct fact_target target = {table, &table->members[i], i, spec};
        rc = store_facts_each(store, spec->group_id, (uint32_t)i, spec->metric_count, take_fact,
                              &target);
    }
    return rc;
}

int table_load(struct store *store, const struct report_spec *spec, struct table *ret_table,
               struct as_err *err)
{
    size_t n = (size_t)spec->case_count;
    struct table table = {
        .tail = spec->looks.planned ? spec->looks.tail : 0,
        .member_count = spec->member_count,
        .metric_count = spec->metric_count,
    };
    table.position = as_arena_alloc(&table.arena, n * sizeof(*table.position));
    table.ids = as_arena_alloc(&table.arena, n * sizeof(*table.ids));
    table.is_critical = as_arena_alloc(&table.arena, n * sizeof(*table.is_critical));
    table.clusters = as_arena_alloc(&table.arena, n * sizeof(*table.clusters));
    table.strata = as_arena_alloc(&table.arena, n * sizeof(*table.strata));
    table.members = as_arena_alloc(&table.arena, spec->member_count * sizeof(*table.members));
    int rc = load_heads(store, spec, &table);
    if (!rc)
        rc = load_expected_rows(store, spec, &table);
    if (!rc)
        rc = table_load_tags(store, spec, &table);
    if (!rc)
        rc = load_members(store, spec, &table);
    if (rc) {
        as_err_set(err, rc, "cannot read the results: %s",
                   rc == AS_ECORRUPT ? "cases are missing from the database" : store_error(store));
        table_done(&table);
        return rc;
    }
    *ret_table = table;
    return 0;
}

void table_done(struct table *table)
{
    for (size_t i = 0; i < table->member_count; i++)
        free(table->members[i].latencies_ms.at);
    as_arena_done(&table->arena);
    *table = (struct table){0};
}

struct stats_score table_score(const struct table *table, size_t member, size_t metric,
                               size_t place, enum gate_policy policy)
{
    const struct table_member *of = &table->members[member];
    uint32_t scored = of->columns[metric].scored[place], failed = of->models_fault[place];
    if (!scored)
        return (struct stats_score){0, failed ? STATS_FAILED : STATS_MISSING};
    uint32_t divisor = scored + (policy == GATE_POLICY_ZERO ? failed : 0);
    return (struct stats_score){of->columns[metric].sum[place] / divisor, STATS_SCORED};
}

bool table_is_incomplete(const struct table *table, size_t member, size_t place)
{
    const struct table_member *of = &table->members[member];
    return of->our_fault[place] && !of->whole[place] && !of->models_fault[place];
}

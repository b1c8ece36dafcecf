/* A mean cost and its interval, times requests a month. The difference to the baseline is paired,
 * case by case, which makes it surer than the difference of the two amounts; it is of the cases
 * that both have a price for. */
#include "daemon/report/project.h"

#include "daemon/report/expense.h"
#include "daemon/report/result_own.h"
#include "daemon/stats/cost.h"

#include <math.h>
#include <stdlib.h>

struct projection {
    const struct table *table;
    const struct report_spec *spec;
    double requests_per_month;
    double *baseline_usd; /* by case */
};

static struct as_json *scaled_interval(const struct expense *expense, double factor)
{
    return result_interval(expense->low * factor, expense->high * factor);
}

/* Tokens of one answer, over the rows that report them. */
static double tokens_per_answer(const struct table_member *member, int64_t tokens)
{
    return tokens < 0 || !member->metered ? NAN : (double)tokens / (double)member->metered;
}

static void set_difference(struct as_json *json, const struct projection *projection,
                           const double *usd)
{
    AS_CLEANUP_FREE double *differences =
        expense_differences(projection->table, projection->baseline_usd, usd);
    struct expense expense = expense_of(projection->table, differences);
    as_json_set_int(json, "difference_n", (int64_t)expense.n);
    as_json_set_num(json, "difference_month_usd", expense.mean * projection->requests_per_month);
    as_json_set_take(json, "difference_ci",
                     scaled_interval(&expense, projection->requests_per_month));
}

static void set_passes(struct as_json *json, const struct projection *projection, size_t index)
{
    const struct table_member *member = &projection->table->members[index];
    uint64_t passes = member->columns[projection->spec->primary].passes;
    struct stats_cost cost = stats_cost_of(member->cost_usd, projection->table->case_count, passes);
    as_json_set_int(json, "passes", (int64_t)passes);
    as_json_set_num(json, "cost_per_pass_usd", cost.per_success);
}

static struct as_json *member_json(const struct projection *projection, size_t index)
{
    const struct table_member *member = &projection->table->members[index];
    AS_CLEANUP_FREE double *usd = expense_by_case(projection->table, index);
    struct expense expense = expense_of(projection->table, usd);
    struct as_json *json = as_json_object();
    as_json_set_str(json, "model", projection->spec->member_names[index]);
    as_json_set_str(json, "role", index ? "candidate" : "baseline");
    as_json_set_int(json, "n", (int64_t)expense.n);
    as_json_set_num(json, "input_tokens", tokens_per_answer(member, member->input_tokens));
    as_json_set_num(json, "output_tokens", tokens_per_answer(member, member->output_tokens));
    as_json_set_num(json, "cost_usd", expense.mean);
    as_json_set_take(json, "cost_ci", scaled_interval(&expense, 1));
    as_json_set_num(json, "month_usd", expense.mean * projection->requests_per_month);
    as_json_set_take(json, "month_ci", scaled_interval(&expense, projection->requests_per_month));
    if (index)
        set_difference(json, projection, usd);
    set_passes(json, projection, index);
    return json;
}

/* What judging all members' answers cost, and what judging one of a single member does. */
static struct as_json *judge_json(const struct projection *projection)
{
    const struct table *table = projection->table;
    double total = 0;
    uint64_t rows = 0, unpriced = 0;
    for (size_t i = 0; i < table->member_count; i++) {
        total += table->members[i].judge_cost_usd;
        unpriced += table->members[i].judge_unpriced;
        rows += table->members[i].metered;
    }
    struct as_json *json = as_json_object();
    bool is_known = total > 0 || !unpriced;
    as_json_set_num(json, "run_usd", is_known ? total : NAN);
    as_json_set_num(json, "answer_usd", is_known && rows ? total / (double)rows : NAN);
    return json;
}

static void note_members(const struct projection *projection, struct as_json *notes)
{
    const struct table *table = projection->table;
    for (size_t i = 0; i < table->member_count; i++) {
        const struct table_member *member = &table->members[i];
        const char *name = projection->spec->member_names[i];
        size_t priced = 0;
        struct as_buf text = {0};
        for (size_t at = 0; at < table->case_count; at++)
            priced += member->priced[at] > 0;
        if (!member->metered)
            as_buf_addf(&text, "'%s' reports no usage: what it costs is not known", name);
        else if (!priced)
            as_buf_addf(&text, "'%s' is unpriced: its model had no price when the run began", name);
        else if (priced < table->case_count)
            as_buf_addf(&text,
                        "the cost of '%s' is of %zu of %zu cases: the others failed before they "
                        "cost anything, or their cost is not known",
                        name, priced, table->case_count);
        if (text.len)
            as_json_push_take(notes, as_json_new_str(as_buf_str(&text)));
        as_buf_done(&text);
    }
}

int report_project(struct store *store, const struct report_spec *spec,
                   const struct project_question *question, struct as_json *json,
                   struct as_err *err)
{
    struct table table;
    int rc = table_load(store, spec, &table, err);
    if (rc)
        return rc;
    struct projection projection = {
        .table = &table,
        .spec = spec,
        .requests_per_month = question->requests_per_day * PROJECT_MONTH_DAYS,
        .baseline_usd = expense_by_case(&table, 0),
    };
    struct as_json *members = as_json_array(), *notes = as_json_array();
    for (size_t i = 0; i < spec->member_count; i++)
        as_json_push_take(members, member_json(&projection, i));
    note_members(&projection, notes);
    as_json_set_num(json, "requests_per_day", question->requests_per_day);
    as_json_set_num(json, "days_per_month", PROJECT_MONTH_DAYS);
    as_json_set_take(json, "members", members);
    as_json_set_take(json, "judge", question->has_judge ? judge_json(&projection) : NULL);
    as_json_set_take(json, "notes", notes);
    free(projection.baseline_usd);
    table_done(&table);
    return 0;
}

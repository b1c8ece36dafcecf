/* What failed of a row: the call, or what owes the score of a metric. It is told when the row ends.
 */
#include "daemon/engine/row.h"

size_t row_failure_of_rubric(const struct row *row)
{
    return ROW_FAILURE_OF((size_t)row->group->pins->rubric);
}

void row_set_failure(struct row *row, size_t at, const char *error_class, struct as_str text)
{
    row->failures[at] = (struct row_failure){
        .error_class = as_arena_dup(&row->arena, as_str_from(error_class)),
        .text = as_arena_dup(&row->arena, text.ptr ? text : AS_STR("")),
    };
}

/* One sentence for all that failed, in the order of the metrics; the class is that of the first. */
void row_tell_failures(struct row *row)
{
    struct as_buf text = {0};
    for (size_t i = 0; i < ROW_FAILURES_MAX; i++) {
        const struct row_failure *failure = &row->failures[i];
        bool is_first = !row->record.error_class.ptr;
        if (!failure->error_class.ptr)
            continue;
        if (is_first)
            row->record.error_class = failure->error_class;
        else
            as_buf_adds(&text, "; ");
        if (failure->plugin)
            as_buf_addf(&text, "%s: ", failure->plugin);
        else if (!is_first)
            as_buf_adds(&text, "judge: ");
        as_buf_add(&text, failure->text.ptr, failure->text.len);
    }
    if (row->record.error_class.ptr)
        row->record.error = as_arena_dup(&row->arena, as_buf_str(&text));
    as_buf_done(&text);
}

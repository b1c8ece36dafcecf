/* Ticket classification: the keyword table is the truth, as far as the labels on offer allow. A
 * label that is not on offer cannot be the truth: then "other" is, or one that the ticket's hash
 * picks. Labels are compared without case. */
#include "sim/task.h"

#include "lib/json.h"
#include "sim/text.h"

#define LABELS_MAX 32

/* The first row whose stem begins a word of the ticket decides. */
static const struct {
    const char *stem;
    const char *label;
} keywords[] = {
    {"billing", "billing"}, {"refund", "billing"}, {"invoice", "billing"},  {"crash", "bug"},
    {"error", "bug"},       {"bug", "bug"},        {"password", "account"}, {"login", "account"},
};

struct labels {
    struct as_str items[LABELS_MAX];
    size_t count;
};

/* From behind "Ticket:" to the next blank line or "Labels:" line. */
static bool ticket_text(const struct task *task, struct as_str *ret_text)
{
    struct as_str first, line, rest = task->user;
    if (!text_line_value(task->user, AS_STR("Ticket"), &first))
        return false;
    while (rest.ptr <= first.ptr && text_next_line(&rest, &line))
        ;
    const char *end = first.ptr + first.len;
    while (text_next_line(&rest, &line) && !text_has_prefix(text_trim(line), "labels:")) {
        if (text_is_blank(line) && end > first.ptr)
            break;
        end = line.ptr + line.len;
    }
    *ret_text = (struct as_str){first.ptr, (size_t)(end - first.ptr)};
    return true;
}

static struct labels offered_labels(const struct task *task)
{
    struct labels labels = {.count = 0};
    struct as_str list, item;
    if (!text_line_value(task->user, AS_STR("Labels"), &list) &&
        !text_line_value(task->system, AS_STR("Labels"), &list))
        list = AS_STR("billing, bug, account, other");
    while (labels.count < LABELS_MAX && text_next_item(&list, &item)) {
        while (item.len > 1 && item.ptr[item.len - 1] == '.')
            item.len--;
        labels.items[labels.count++] = item;
    }
    if (!labels.count)
        labels.items[labels.count++] = AS_STR("other");
    return labels;
}

static bool find_label(const struct labels *labels, const char *name, size_t *ret_index)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (text_eq_nocase(labels->items[i], as_str_from(name))) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static size_t true_label(const struct labels *labels, struct as_str ticket)
{
    const char *name = "other";
    for (size_t i = 0; i < AS_COUNT(keywords); i++) {
        if (text_has_stem(ticket, keywords[i].stem)) {
            name = keywords[i].label;
            break;
        }
    }
    size_t index = 0;
    if (!find_label(labels, name, &index) && !find_label(labels, "other", &index))
        index = text_hash(ticket) % labels->count;
    return index;
}

static bool ticket_fits(const struct task *task)
{
    struct as_str ticket;
    return ticket_text(task, &ticket);
}

static void ticket_answer(const struct task *task, bool is_right, uint64_t noise,
                          struct as_buf *out)
{
    struct as_str ticket;
    struct labels labels = offered_labels(task);
    bool found = ticket_text(task, &ticket);
    AS_ASSERT(found);
    size_t index = true_label(&labels, ticket);
    struct as_str label = labels.items[index];
    if (!is_right && labels.count > 1)
        label = labels.items[(index + 1 + noise % (labels.count - 1)) % labels.count];
    else if (!is_right)
        label = AS_STR("unknown");
    if (!task->wants_json) {
        as_buf_add(out, label.ptr, label.len);
        return;
    }
    unsigned percent =
        is_right ? 80 + (unsigned)(noise >> 32) % 20 : 51 + (unsigned)(noise >> 32) % 40;
    as_buf_adds(out, "{\"label\": ");
    as_json_write_quoted(label, out);
    as_buf_addf(out, ", \"confidence\": 0.%02u}", percent);
}

static bool ticket_check(const struct task *task, struct as_str answer)
{
    struct as_str ticket;
    struct labels labels = offered_labels(task);
    if (!ticket_text(task, &ticket))
        return false;
    struct as_str truth = labels.items[true_label(&labels, ticket)];
    struct as_json *given AS_CLEANUP_JSON = NULL;
    if (!as_json_parse(answer.ptr, answer.len, &given, NULL) && as_json_has(given, "label")) {
        struct as_str label = as_json_get_str(given, "label");
        return label.ptr && text_eq_nocase(text_trim(label), truth);
    }
    return text_has_words(answer, truth);
}

const struct task_family task_family_ticket = {"ticket", ticket_fits, ticket_answer, ticket_check};

/* Inboxes for people: what lies there and why, then the files that were dealt with. */
#include "ctl/grid.h"
#include "ctl/print.h"

static void print_inbox(const struct output *out, const struct as_json *inbox)
{
    const struct as_json *files = as_json_get(inbox, "files");
    int64_t waiting = as_json_get_int(inbox, "waiting", 0);
    out_styled(out, STYLE_BOLD, "%s", str_or(inbox, "dataset", ""));
    out_print(out, "  %s  %lld waiting%s\n", str_or(inbox, "dir", ""), (long long)waiting,
              as_json_get_bool(inbox, "taking", false) ? ", taking in" : "");
    if (as_json_get_cstr(inbox, "trouble"))
        out_print(out, "  nothing is taken in: %s\n", str_or(inbox, "trouble", ""));
    for (size_t i = 0; i < as_json_len(files); i++)
        out_print(out, "  %s: %s\n", str_or(as_json_at(files, i), "file", ""),
                  str_or(as_json_at(files, i), "why", ""));
    if (waiting > (int64_t)as_json_len(files))
        out_print(out, "  and %lld more\n", (long long)(waiting - (int64_t)as_json_len(files)));
}

void print_inbox_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"ID", GRID_RIGHT, "id", fmt_count},
        {"TAKEN", 0, "taken_ms", fmt_time},
        {"DATASET", GRID_BOLD, "dataset", NULL},
        {"FILE", GRID_TRUNC, "file", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"NEW", GRID_RIGHT, "good", fmt_count},
        {"KNOWN", GRID_RIGHT, "known", fmt_count},
        {"DROPPED", GRID_RIGHT, "dropped", fmt_count},
        {"BAD", GRID_RIGHT, "bad", fmt_count},
        {"VERSION", GRID_RIGHT, "version", fmt_count},
        {0},
    };
    const struct as_json *inboxes = as_json_get(result, "inboxes");
    const struct as_json *files = as_json_get(result, "files");
    for (size_t i = 0; i < as_json_len(inboxes); i++)
        print_inbox(&ctl->out, as_json_at(inboxes, i));
    if (!as_json_len(inboxes))
        out_print(&ctl->out, "There is no inbox: see `inbox` in etc/assay.yaml.\n");
    if (!as_json_len(files))
        return;
    out_print(&ctl->out, "\n");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(files); i++)
        grid_add(grid, as_json_at(files, i), NULL);
    grid_print_free(grid);
}

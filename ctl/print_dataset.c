/* Imports and datasets, for people. */
#include "ctl/grid.h"
#include "ctl/print.h"

#define CASE_SHOWN_BYTES 400
#define BAD_LINES_SHOWN 10u

static void print_bad_lines(const struct output *out, const struct as_json *result)
{
    const struct as_json *lines = as_json_get(result, "bad_lines");
    int64_t bad = as_json_get_int(result, "bad", 0);
    size_t told = as_json_len(lines) < BAD_LINES_SHOWN ? as_json_len(lines) : BAD_LINES_SHOWN;
    for (size_t i = 0; i < told; i++) {
        const struct as_json *line = as_json_at(lines, i);
        out_print(out, "  %s:%s: %s\n", str_or(line, "file", "?"), fmt_count(line, "line").s,
                  str_or(line, "reason", "?"));
    }
    if ((size_t)bad > told)
        out_print(out, "  and %lld more: --json has the first 100\n",
                  (long long)bad - (long long)told);
}

/* The name alone would mean another version than the one that was imported. */
static void print_newest(const struct output *out, const struct as_json *result)
{
    const struct as_json *dataset = as_json_get(result, "dataset");
    const char *name = str_or(dataset, "name", "?");
    int64_t version = as_json_get_int(dataset, "version", 0);
    if (as_json_get_int(result, "newest", version) != version)
        out_styled(out, STYLE_WARN,
                   "%s alone means %s@%s, the newest: use %s@%lld in the eval to mean this one\n",
                   name, name, fmt_count(result, "newest").s, name, (long long)version);
}

void print_import(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *dataset = as_json_get(result, "dataset");
    long long bad = as_json_get_int(result, "bad", 0);
    if (!dataset)
        out_styled(out, STYLE_BAD, "nothing was imported%s",
                   bad ? "" : ": there is no line to read");
    else if (as_json_get_bool(result, "is_new", true))
        out_print(out, "imported %s as ", fmt_counted(dataset, "cases", "case").s);
    else
        out_print(out, "%s, already there, as ", fmt_counted(dataset, "cases", "case").s);
    if (dataset) {
        out_styled(out, STYLE_BOLD, "%s@%s", str_or(dataset, "name", "?"),
                   fmt_count(dataset, "version").s);
        out_print(out, " (%s)", fmt_hash(dataset, "hash").s);
    }
    if (bad)
        out_styled(out, STYLE_WARN, ", %s:", fmt_counted(result, "bad", "bad line").s);
    out_print(out, "\n");
    print_bad_lines(out, result);
    print_newest(out, result);
}

void print_from_run(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "%s of run %s\n", fmt_counted(result, "chosen", "case").s,
              fmt_count(result, "run").s);
    if (as_json_get_int(result, "unanswered", 0))
        out_print(&ctl->out, "%s without an answer left out\n",
                  fmt_counted(result, "unanswered", "case").s);
    print_import(ctl, result);
}

static const struct grid_column dataset_columns[] = {
    {"DATASET", 0, "name", NULL},
    {"VERSION", GRID_RIGHT, "version", fmt_count},
    {"CASES", GRID_RIGHT, "cases", fmt_count},
    {"CRITICAL", GRID_RIGHT, "critical", fmt_count},
    {"RECORDED", GRID_RIGHT, "recorded", fmt_count},
    {"FORMAT", 0, "format", NULL},
    {"IMPORTED", 0, "created_ms", fmt_time},
    {"HASH", GRID_WIDE, "hash", fmt_hash},
    {0},
};

void print_dataset_list(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *datasets = as_json_get(result, "datasets");
    grid_print_list(&ctl->out, dataset_columns, datasets);
    if (!as_json_len(datasets))
        out_print(&ctl->out, "no dataset yet: `assayctl dataset import NAME FILE` makes one\n");
}

/* The case as JSON, or the beginning of it, in whole characters. */
static void add_case(struct grid *grid, const struct as_json *item)
{
    struct as_buf text = {0};
    out_add_json(&text, item, false);
    size_t shown = as_utf8_fit(text.ptr, text.len, CASE_SHOWN_BYTES);
    grid_add(grid, item, NULL);
    grid_cell(grid, "CONTENT", "%.*s%s", (int)shown, text.ptr, shown < text.len ? "..." : "");
    as_buf_done(&text);
}

static void print_cases(const struct output *out, const struct as_json *cases)
{
    static const struct grid_column columns[] = {
        {"CASE", GRID_BOLD, "id", NULL},
        {"CONTENT", GRID_TRUNC, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(cases); i++)
        add_case(grid, as_json_at(cases, i));
    grid_print_free(grid);
}

void print_dataset(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    struct grid *grid = grid_new(out, dataset_columns);
    grid_add(grid, as_json_get(result, "dataset"), NULL);
    grid_print_free(grid);
    out_print(out, "\n");
    print_cases(out, as_json_get(result, "cases"));
    if (as_json_has(result, "next"))
        out_styled(out, STYLE_DIM, "more with --after %s\n", fmt_count(result, "next").s);
}

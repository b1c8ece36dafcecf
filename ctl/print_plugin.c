/* Plugins and what becomes of them, for people. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <string.h>

void print_troubles(const struct output *out, const struct as_json *plugins)
{
    for (size_t i = 0; i < as_json_len(plugins); i++) {
        const struct as_json *plugin = as_json_at(plugins, i);
        if (strcmp(str_or(plugin, "state", ""), "quarantined"))
            continue;
        out_styled(out, STYLE_BAD, "\nquarantined ");
        out_print(out, "%s: %s\n", str_or(plugin, "selector", "?"), str_or(plugin, "reason", "?"));
    }
}

/* Files whose new bytes are on trial at this moment. */
static void print_loading(const struct output *out, const struct as_json *paths)
{
    for (size_t i = 0; i < as_json_len(paths); i++)
        out_print(out, "\nloading %s\n", as_json_cstr(as_json_at(paths, i)));
}

void print_plugin_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"KIND", 0, "kind", NULL},
        {"PLUGIN", 0, "selector", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"EXAMPLES", GRID_RIGHT | GRID_WIDE, "examples", fmt_count},
        {"HASH", GRID_WIDE, "hash", fmt_hash},
        {"SINCE", GRID_WIDE, "since_ms", fmt_time},
        {"FILE", GRID_TRUNC, "path", NULL},
        {0},
    };
    grid_print_list(&ctl->out, columns, as_json_get(result, "plugins"));
    print_troubles(&ctl->out, as_json_get(result, "plugins"));
    print_loading(&ctl->out, as_json_get(result, "loading"));
    print_refused(&ctl->out, as_json_get(result, "refused"));
}

/* "name: type of a, b, default x. What it means." */
static void print_param(void *ctx, const char *name, struct as_json *declared)
{
    struct as_buf text = {0};
    const struct as_json *words = as_json_get(declared, "enum");
    as_buf_addf(&text, "    %s: %s", name, str_or(declared, "type", "any type"));
    for (size_t i = 0; i < as_json_len(words); i++)
        as_buf_addf(&text, "%s %s", i ? "," : " of", as_json_cstr(as_json_at(words, i)));
    if (as_json_has(declared, "default")) {
        as_buf_adds(&text, ", default ");
        out_add_json(&text, as_json_get(declared, "default"), false);
    }
    as_buf_addf(&text, ". %s", str_or(declared, "doc", ""));
    wrap_print(ctx, STYLE_PLAIN, as_buf_str(&text));
    as_buf_done(&text);
}

/* What hosting it has cost; nothing of a version that no worker has. */
static void print_cost(const struct output *out, const struct as_json *plugin)
{
    if (as_json_get_cstr(plugin, "reason"))
        out_field(out, "reason", "%s", str_or(plugin, "reason", ""));
    if (!as_json_get_int(plugin, "calls", 0))
        return;
    out_field(out, "calls", "%s, %s", fmt_count(plugin, "calls").s,
              fmt_counted(plugin, "errors", "error").s);
    out_field(out, "a call", "p50 %s us, p99 %s us, at most %s kB", fmt_count(plugin, "p50_us").s,
              fmt_count(plugin, "p99_us").s, fmt_count(plugin, "memory_kb").s);
    out_field(out, "workers", "%s, %s ended", fmt_count(plugin, "workers").s,
              fmt_count(plugin, "kills").s);
}

void print_plugin(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const char *state = str_or(result, "state", "");
    out_styled(out, STYLE_BOLD, "%s %s ", str_or(result, "kind", ""),
               str_or(result, "selector", ""));
    out_styled(out, style_of_word(state), "%s\n", state);
    wrap_print_after(out, STYLE_PLAIN, "  ", str_or(result, "doc", ""));
    out_field(out, "file", "%s", str_or(result, "path", "(kept for a run)"));
    out_field(out, "hash", "sha256:%s", str_or(result, "hash", "n/a"));
    out_field(out, "since", "%s", fmt_time(result, "since_ms").s);
    out_field(out, "examples", "%s", fmt_count(result, "examples").s);
    print_cost(out, result);
    if (as_json_len(as_json_get(result, "params")))
        out_styled(out, STYLE_DIM, "  parameters\n");
    as_json_each(as_json_get(result, "params"), print_param, (void *)(uintptr_t)out);
    out_print(out, "\n%s", str_or(result, "source", ""));
}

static void print_warnings(const struct output *out, const struct as_json *warnings)
{
    for (size_t i = 0; i < as_json_len(warnings); i++) {
        const struct as_json *warning = as_json_at(warnings, i);
        out_styled(out, STYLE_WARN, "warning ");
        if (as_json_get(warning, "line"))
            out_print(out, "line %s: ", fmt_count(warning, "line").s);
        out_print(out, "%s\n", str_or(warning, "warning", "?"));
    }
}

void print_plugin_check(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const char *name = as_json_get_cstr(result, "name");
    bool is_ok = as_json_get_bool(result, "ok", false);
    out_styled(out, is_ok ? STYLE_GOOD : STYLE_BAD, is_ok ? "good" : "refused");
    if (name)
        out_print(out, "  %s %s@%s, %s examples, %s failed", str_or(result, "kind", ""), name,
                  str_or(result, "version", "?"), fmt_count(result, "examples").s,
                  fmt_count(result, "examples_failed").s);
    out_print(out, "\n");
    if (as_json_get_cstr(result, "reason"))
        out_print(out, "%s\n", as_json_get_cstr(result, "reason"));
    print_warnings(out, as_json_get(result, "warnings"));
}

void print_plugin_versions(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"KIND", 0, "kind", NULL},
        {"VERSION", 0, "version", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"RUNS", GRID_RIGHT, "runs", fmt_count},
        {"LAST RUN", GRID_RIGHT, "last_run", fmt_count},
        {"SETS", GRID_RIGHT, "score_sets", fmt_count},
        {"HASH", 0, "hash", fmt_hash},
        {"SINCE", 0, "since_ms", fmt_time},
        {"FILE", GRID_TRUNC, "path", NULL},
        {0},
    };
    grid_print_list(&ctl->out, columns, as_json_get(result, "versions"));
    print_troubles(&ctl->out, as_json_get(result, "versions"));
}

void print_plugin_test(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"EXAMPLE", GRID_RIGHT, "example", fmt_count},
        {"RESULT", GRID_WORD, NULL, NULL},
        {"US", GRID_RIGHT, "us", fmt_count},
        {"WHY", GRID_TRUNC, "reason", NULL},
        {0},
    };
    const struct output *out = &ctl->out;
    const struct as_json *examples = as_json_get(result, "examples");
    out_styled(out, STYLE_BOLD, "%s %s\n", str_or(result, "kind", "?"),
               str_or(result, "selector", "?"));
    if (as_json_get_cstr(result, "reason"))
        out_styled(out, STYLE_BAD, "it does not load: %s\n", str_or(result, "reason", ""));
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(examples); i++) {
        const struct as_json *example = as_json_at(examples, i);
        grid_add(grid, example, NULL);
        grid_cell(grid, "RESULT", "%s", as_json_get_bool(example, "ok", false) ? "ok" : "failed");
    }
    grid_print_free(grid);
    out_print(out, "%zu examples, %s failed, p50 %s us, p99 %s us\n", as_json_len(examples),
              fmt_count(result, "failed").s, fmt_count(result, "p50_us").s,
              fmt_count(result, "p99_us").s);
}

/* A value on one line; what is not declared is "nothing". */
static void print_value(const struct output *out, enum style style, char sign,
                        const struct as_json *value)
{
    struct as_buf text = {0};
    if (value)
        out_add_json(&text, value, false);
    else
        as_buf_adds(&text, "nothing");
    out_styled(out, style, "    %c %s\n", sign, text.ptr);
    as_buf_done(&text);
}

static void print_source_diff(const struct output *out, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        enum style style = *text == '-'   ? STYLE_BAD
                           : *text == '+' ? STYLE_GOOD
                           : *text == '@' ? STYLE_DIM
                                          : STYLE_PLAIN;
        out_styled(out, style, "%.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void print_plugin_diff(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *sides[2] = {as_json_get(result, "before"), as_json_get(result, "after")},
                         *changes = as_json_get(result, "manifest");
    if (as_json_get_bool(result, "same", false)) {
        out_print(out, "the same bytes: %s\n", fmt_hash(sides[0], "hash").s);
        return;
    }
    if (as_json_len(changes))
        out_styled(out, STYLE_BOLD, "what they declare\n");
    for (size_t i = 0; i < as_json_len(changes); i++) {
        const struct as_json *change = as_json_at(changes, i);
        out_print(out, "  %s\n", str_or(change, "field", "?"));
        print_value(out, STYLE_BAD, '-', as_json_get(change, "before"));
        print_value(out, STYLE_GOOD, '+', as_json_get(change, "after"));
    }
    out_styled(out, STYLE_BOLD, "source\n");
    for (int i = 0; i < 2; i++)
        out_print(out, "%s %s  %s, %s\n", i ? "+++" : "---", str_or(sides[i], "selector", "?"),
                  fmt_hash(sides[i], "hash").s, str_or(sides[i], "state", "?"));
    print_source_diff(out, str_or(result, "source", ""));
}

void print_plugin_new(struct ctl *ctl, const struct as_json *result)
{
    const char *path = str_or(result, "path", "?");
    out_print(&ctl->out, "wrote %s: change it, then try it with `assayctl plugin check %s`\n", path,
              path);
}

/* Promotions for people: what is in force, who put it there, and overrides in words that nobody
 * passes over. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <string.h>

static void print_sentences(const struct output *out, enum style style, const struct as_json *list)
{
    for (size_t i = 0; i < as_json_len(list); i++)
        wrap_print_after(out, style, "  ", as_json_cstr(as_json_at(list, i)));
}

void print_overrides(const struct output *out, const struct as_json *answer)
{
    const struct as_json *list = as_json_get(answer, "overrides");
    for (size_t i = 0; i < as_json_len(list); i++)
        wrap_print_after(out, STYLE_BAD, "", as_json_cstr(as_json_at(list, i)));
}

static void print_in_force(const struct output *out, const struct as_json *pointer)
{
    if (!pointer) {
        out_print(out, "nothing is promoted\n");
        return;
    }
    out_styled(out, STYLE_BOLD, "%s", str_or(pointer, "model", "?"));
    out_print(out, " is in force, by run %s", fmt_count(pointer, "run").s);
    if (as_json_get_bool(pointer, "override", false))
        out_styled(out, STYLE_BAD, "  OVERRIDE: %s", str_or(pointer, "reason", ""));
    out_print(out, "\n");
}

static void print_not_promoted(const struct output *out, const struct as_json *result)
{
    out_styled(out, STYLE_BAD, "not promoted: run %s is no evidence for %s\n",
               fmt_count(result, "run").s, str_or(result, "model", "?"));
    print_sentences(out, STYLE_PLAIN, as_json_get(result, "against"));
    out_print(out, "To promote it all the same: --override --reason TEXT; every report since "
                   "tells it.\n");
}

void print_promoted(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    if (!as_json_get_bool(result, "promoted", false)) {
        print_not_promoted(out, result);
        return;
    }
    bool is_already = as_json_get_bool(result, "already", false);
    out_print(out, "%s is %s for %s, by run %s: %s\n", str_or(result, "model", "?"),
              is_already ? "in force already" : "promoted", str_or(result, "eval", "?"),
              fmt_count(result, "run").s, str_or(result, "file", "?"));
    if (as_json_get_bool(result, "override", false)) {
        out_styled(out, STYLE_BAD,
                   "OVERRIDE: this is against the evidence, and every report since "
                   "tells it\n");
        print_sentences(out, STYLE_BAD, as_json_get(result, "against"));
    }
}

void print_demoted(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *taken = as_json_get(result, "taken_back");
    out_print(&ctl->out, "%s (run %s) is taken back for %s; the baseline is %s again\n",
              str_or(taken, "model", "?"), fmt_count(taken, "run").s, str_or(result, "eval", "?"),
              str_or(taken, "baseline", "?"));
    print_in_force(&ctl->out, as_json_get(result, "in_force"));
}

void print_promotions(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"ID", GRID_RIGHT, "id", fmt_count},
        {"WHEN", 0, "at_ms", fmt_time},
        {"WHO", 0, "who", NULL},
        {"WHAT", 0, "action", NULL},
        {"MODEL", GRID_BOLD, "model", NULL},
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"GATE", GRID_WORD, "outcome", NULL},
        {"WHY", 0, NULL, NULL},
        {0},
    };
    const struct as_json *promotions = as_json_get(result, "promotions");
    print_in_force(&ctl->out, as_json_get(result, "in_force"));
    if (!as_json_len(promotions))
        return;
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(promotions); i++) {
        const struct as_json *one = as_json_at(promotions, i);
        bool is_override = as_json_get_bool(one, "override", false);
        grid_add(grid, one, NULL);
        grid_cell(grid, "WHY", "%s%s", is_override ? "OVERRIDE: " : "",
                  str_or(one, is_override ? "reason" : "why", ""));
    }
    grid_print_free(grid);
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}

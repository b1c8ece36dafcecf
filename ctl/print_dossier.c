/* Whether a dossier holds, for people, and what that proves. */
#include "ctl/print.h"
#include "ctl/wrap.h"

void print_dossier_written(struct ctl *ctl, const char *path, const struct as_json *sealed)
{
    const struct as_json *run = as_json_get(as_json_get(sealed, "dossier"), "run");
    out_print(&ctl->out, "%s: run %s of %s; keep its sha256 elsewhere:\n%s\n", path,
              fmt_count(run, "run").s, str_or(run, "eval", "?"), str_or(sealed, "sha256", "?"));
}

static void print_head(const struct output *out, const struct as_json *result)
{
    out_field(out, "run", "%s of %s, outcome %s", fmt_count(result, "run").s,
              str_or(result, "eval", "n/a"), str_or(result, "outcome", "none"));
    out_field(out, "made", "%s by assayd %s", fmt_time(result, "made_ms").s,
              str_or(result, "assay_version", "n/a"));
    out_field(out, "sha256", "%s", str_or(result, "sha256", "n/a"));
}

void print_dossier_verified(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *problems = as_json_get(result, "problems");
    bool holds = as_json_get_bool(result, "holds", false);
    out_styled(out, holds ? STYLE_GOOD : STYLE_BAD, "%s: %s\n", str_or(result, "file", "?"),
               holds ? "it holds" : "IT DOES NOT HOLD");
    for (size_t i = 0; i < as_json_len(problems); i++)
        wrap_print_after(out, STYLE_BAD, "  ", as_json_cstr(as_json_at(problems, i)));
    if (as_json_get(result, "run")) /* else it is no dossier at all */
        print_head(out, result);
    if (!holds)
        return;
    out_print(out, "No byte was changed since its hashes were made; the outcomes follow from the "
                   "checks, and counts add up.\n");
    out_print(out, "%s",
              as_json_get_bool(result, "daemon", false)
                  ? "The daemon's journal ends where it says, and the stored result is the same.\n"
                  : "Not compared with a journal: --daemon does that.\n");
    out_print(out, "It is no signature: who can write the file can make new hashes. Keep the "
                   "sha256 elsewhere.\n");
}

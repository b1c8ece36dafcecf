/* Events for people: one line each, the newest last. */
#include "ctl/print.h"

#include <string.h>

/* Kinds are coloured by what they mean for whoever waits for a good word. */
static enum style style_of(const struct as_json *event)
{
    static const char *const bad[] = {"gate_fail",       "run_failed",      "drift",
                                      "not_comparable",  "error_rate",      "schedule_missed",
                                      "schedule_failed", "plugin_refused",  "plugin_quarantined",
                                      "config_refused",  "model_id_changed"};
    const char *kind = str_or(event, "kind", "");
    if (!strcmp(kind, "gate_pass") || !strcmp(kind, "recovery") ||
        as_json_get_bool(event, "over", false))
        return STYLE_GOOD;
    if (!strcmp(kind, "gate_undecided") || !strcmp(kind, "budget_stop"))
        return STYLE_WARN;
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        if (!strcmp(kind, bad[i]))
            return STYLE_BAD;
    return STYLE_PLAIN;
}

void print_event(struct ctl *ctl, const struct as_json *event)
{
    const struct output *out = &ctl->out;
    const char *eval = as_json_get_cstr(event, "eval"), *subject = NULL;
    if (!eval) /* an eval's text names it where that says more */
        subject = as_json_get_cstr(event, "subject");
    out_styled(out, STYLE_DIM, "%s %s ", fmt_count(event, "id").s, fmt_time(event, "at_ms").s);
    out_styled(out, style_of(event), "%s%s", str_or(event, "kind", "?"),
               as_json_get_bool(event, "over", false) ? " (over)" : "");
    out_print(out, " %s%s%s%s%s\n", eval ? eval : "", eval ? ": " : "", subject ? subject : "",
              subject ? ": " : "", str_or(event, "text", ""));
}

void print_event_list(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *events = as_json_get(result, "events");
    for (size_t i = 0; i < as_json_len(events); i++)
        print_event(ctl, as_json_at(events, i));
    if (!as_json_len(events))
        out_print(&ctl->out, "No such event.\n");
    if (as_json_has(result, "next"))
        out_styled(&ctl->out, STYLE_DIM, "older ones with --before %s\n",
                   fmt_count(result, "next").s);
}

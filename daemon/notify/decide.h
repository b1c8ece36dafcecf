/* From events to deliveries: what people are told of an event, decided once and written together
 * with the mark that it was. Inside daemon/notify. */
#ifndef DAEMON_NOTIFY_DECIDE_H
#define DAEMON_NOTIFY_DECIDE_H

#include "daemon/config/config.h"
#include "daemon/store/alerts.h"

/* Whose rules are in force; references are held while a pool thread reads them. */
struct notify_sources {
    struct config *config;
    struct eval_set *evals; /* NULL: none yet */
    struct eval_set *good;  /* where files that are refused now were in force last; NULL: none is */
};

/* The rule of a delivery; eval "" means assay.yaml. NULL: it is there no more. Those of a file that
 * is refused, because somebody is about to change it, hold until it is good again. */
const struct notify_rule *notify_rule_of(const struct notify_sources *sources, const char *eval,
                                         const char *rule);
/* The eval's file is refused, and was so since assayd started: nobody knows its rules. */
bool notify_is_unknown(const struct notify_sources *sources, const char *eval);

/* On a pool thread, with the writing connection: decides a page of the events that are not decided
 * yet; *ret_has_more: there may be others, which follow from these, too. At the very first time all
 * that there are count as decided. An error is logged and returned: the rest waits for the next
 * time. */
int notify_decide(struct store *store, const struct notify_sources *sources, int64_t now_ms,
                  bool *ret_has_more) AS_MUST_USE;

/* A delivery of the event for each rule that wants its kind; of EVENT_TEST for each rule of its
 * eval, and of assay.yaml. Appends struct delivery; strings are borrowed from sources and event. */
void notify_match(const struct notify_sources *sources, const struct event *event, int64_t now_ms,
                  struct as_buf *deliveries);

#endif

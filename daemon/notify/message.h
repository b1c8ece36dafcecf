/* What a receiver is sent: an event as JSON, and the headers that a webhook's come with. Pure.
 * Inside daemon/notify; docs/alerts.md has it for the other side. */
#ifndef DAEMON_NOTIFY_MESSAGE_H
#define DAEMON_NOTIFY_MESSAGE_H

#include "daemon/store/alerts.h"
#include "lib/hash.h"

/* Appends the event's JSON with delivery and rule. It is the same at every try. */
void message_body(const struct delivery *delivery, struct as_buf *body);

#define MESSAGE_HEADERS 5
#define MESSAGE_HEADER_BYTES 160
/* "Name: value" lines; the signature's is the last, and is left out without a key. Returns how many
 * there are. */
size_t message_headers(const struct delivery *delivery, int64_t now_s, struct as_str key,
                       struct as_str body, char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES]);

#endif

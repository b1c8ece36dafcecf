/* The events of inboxes. None of them quotes a file or repeats what a redactor said: both may hold
 * what must not be stored; NAME.reason beside the file has that. The subject is the inbox, by its
 * dataset. */
#ifndef DAEMON_INBOX_TELL_H
#define DAEMON_INBOX_TELL_H

#include "daemon/engine/events.h"
#include "daemon/store/inbox.h"

/* Gives it the events of its files, in the arena: what is taken in, and what is refused. kept_back:
 * files that stay in the folder, beside these. */
void tell_noted(struct inbox_taking *taking, size_t kept_back, struct as_arena *arena);
/* A file stays where it is. */
void tell_kept_back(struct events *events, const struct inbox_file *file, const char *why);
/* Nothing is taken in; why NULL: that is over. */
void tell_failed(struct events *events, const char *dataset, const char *why);

#endif

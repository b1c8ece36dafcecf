/* One client connection: HTTP/1.1 in, one answer after the other out.
 *
 * A connection belongs to its server's list and frees itself when its last handle is closed.
 * Requests that come while an answer is under way (pipelining) wait, unparsed. */
#ifndef SIM_CONN_H
#define SIM_CONN_H

#include "sim/server.h"

void conn_parser_settings(http_parser_settings *settings);
void conn_accept(struct server *server);
/* Closes at once; takes the connection off the server's list. */
void conn_close(struct conn *conn);

#endif

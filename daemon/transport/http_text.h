/* HTTP as text: which URLs and headers a provider script may ask for, and the lines that a reply's
 * headers are kept as.
 *
 * Pure functions. What a script returns is untrusted: a URL that leaves the lane's origin would
 * carry the key to another host, a header with a line break or a Host of its own would forge a
 * request. transport.h has those for other modules. */
#ifndef DAEMON_TRANSPORT_HTTP_TEXT_H
#define DAEMON_TRANSPORT_HTTP_TEXT_H

#include "lib/buf.h"
#include "lib/job.h"

#define HTTP_URL_MAX_BYTES 8192u
#define HTTP_METHOD_MAX_BYTES 16u
#define HTTP_REPLY_HEADERS_MAX_BYTES (64u << 10)

/* Appends the origin of base_url as it is written there: "https://host:8443", no slash at the end.
 * AS_EINVAL, with a sentence that does not repeat the URL, unless it is http or https with a plain
 * host and no user name in it. */
int http_origin(const char *base_url, struct as_buf *out, struct as_err *err) AS_MUST_USE;

/* AS_EINVAL and why, when this must not be sent to the origin. reserved is the lane's auth header,
 * which a script may not set; "" when there is none. */
int http_url_check(struct as_str url, const char *origin, struct as_err *err) AS_MUST_USE;
int http_method_check(struct as_str method, struct as_err *err) AS_MUST_USE;
int http_header_check(const struct job_header *header, const char *reserved,
                      struct as_err *err) AS_MUST_USE;
/* header names: case does not count */
bool http_name_is(struct as_str name, const char *lower_case_name);
bool http_name_is_valid(struct as_str name);
bool http_value_is_valid(struct as_str value);

/* A header line from the wire, line end included, appended as "name: value\n"; a line that is no
 * header is left out. */
void http_reply_line_add(struct as_buf *lines, const char *line, size_t len);
/* the first; absent when there is none */
struct as_str http_reply_header(struct as_str lines, const char *lower_case_name);

#endif

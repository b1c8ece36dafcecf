/* Checks on what provider scripts ask for, and the canonical lines of reply headers.
 *
 * The origin check compares bytes instead of parsing the URL a second time: the URL must start with
 * the very bytes of the lane's origin, whose alphabet has no '@', '\' or '%', and then a '/' or
 * '?'. Two parsers cannot disagree about that. */
#include "daemon/transport/http_text.h"

#include "daemon/transport/transport.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Ours alone to set: they frame the message, choose the host, or belong to the connection. */
static const char *const reserved_names[] = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-authorization",
    "proxy-connection",
    "cookie",
    "accept-encoding",
};

int http_origin(const char *base_url, struct as_buf *out, struct as_err *err)
{
    size_t scheme_len = !strncmp(base_url, "https://", 8)  ? 8
                        : !strncmp(base_url, "http://", 7) ? 7
                                                           : 0;
    if (!scheme_len)
        return as_err_set(err, AS_EINVAL, "base_url must begin with http:// or https://");
    const char *host = base_url + scheme_len;
    size_t host_len = strcspn(host, "/?#");
    if (!host_len)
        return as_err_set(err, AS_EINVAL, "base_url names no host");
    for (size_t i = 0; i < host_len; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-_:[]", host[i]))
            return as_err_set(err, AS_EINVAL,
                              "base_url's host may hold letters, digits and . - _ : [ ] only");
    as_buf_add(out, base_url, scheme_len + host_len);
    return 0;
}

static int url_bytes_check(struct as_str text, struct as_err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7F || strchr("\\#\"<>^`{|}", c))
            return as_err_set(err, AS_EINVAL, "byte 0x%02x in the URL must be percent-encoded", c);
    }
    return 0;
}

int http_url_check(struct as_str url, const char *origin, struct as_err *err)
{
    size_t origin_len = strlen(origin);
    if (url.len > HTTP_URL_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "the URL is longer than %u bytes", HTTP_URL_MAX_BYTES);
    bool is_inside =
        url.len >= origin_len && !memcmp(url.ptr, origin, origin_len) &&
        (url.len == origin_len || url.ptr[origin_len] == '/' || url.ptr[origin_len] == '?');
    if (!is_inside)
        return as_err_set(err, AS_EINVAL,
                          "the request's URL is not at %s, where this model's base_url is", origin);
    return url_bytes_check(url, err);
}

static bool segment_is_dots(const char *segment, size_t len)
{
    return (len == 1 && segment[0] == '.') || (len == 2 && segment[0] == '.' && segment[1] == '.');
}

static bool path_has_dot_segment(struct as_str path)
{
    size_t end = 0;
    while (end < path.len && path.ptr[end] != '?')
        end++;
    for (size_t from = 0, i = 0; i <= end; i++) {
        if (i < end && path.ptr[i] != '/')
            continue;
        if (segment_is_dots(path.ptr + from, i - from))
            return true;
        from = i + 1;
    }
    return false;
}

int transport_url(const char *base_url, struct as_str path, struct as_buf *ret_url,
                  struct as_err *err)
{
    struct as_buf origin = {0};
    int rc = http_origin(base_url, &origin, err);
    as_buf_done(&origin);
    if (rc)
        return rc;
    if (!path.len || path.ptr[0] != '/')
        return as_err_set(err, AS_EINVAL, "a provider's path must begin with '/'");
    if (path_has_dot_segment(path))
        return as_err_set(err, AS_EINVAL, "a provider's path may not hold \".\" or \"..\"");
    if (strlen(base_url) + path.len > HTTP_URL_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "the URL is longer than %u bytes", HTTP_URL_MAX_BYTES);
    rc = url_bytes_check(path, err);
    if (rc)
        return rc;
    as_buf_reset(ret_url);
    as_buf_adds(ret_url, base_url);
    as_buf_add(ret_url, path.ptr, path.len);
    return 0;
}

int http_method_check(struct as_str method, struct as_err *err)
{
    bool is_fit = method.len > 0 && method.len <= HTTP_METHOD_MAX_BYTES;
    for (size_t i = 0; is_fit && i < method.len; i++)
        is_fit = method.ptr[i] >= 'A' && method.ptr[i] <= 'Z';
    return is_fit
               ? 0
               : as_err_set(err, AS_EINVAL, "the request's method is not one of capital letters");
}

bool http_name_is_valid(struct as_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!name.ptr[i] ||
            (!isalnum((unsigned char)name.ptr[i]) && !strchr("!#$%&'*+-.^_`|~", name.ptr[i])))
            return false;
    return name.len > 0;
}

bool http_value_is_valid(struct as_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

bool http_name_is(struct as_str name, const char *lower_case_name)
{
    return name.len == strlen(lower_case_name) && !strncasecmp(name.ptr, lower_case_name, name.len);
}

int http_header_check(const struct job_header *header, const char *reserved, struct as_err *err)
{
    if (!http_name_is_valid(header->name))
        return as_err_set(err, AS_EINVAL,
                          "a header's name is empty or holds a byte that none may have");
    int name_len = header->name.len > 64 ? 64 : (int)header->name.len;
    if (!http_value_is_valid(header->value))
        return as_err_set(err, AS_EINVAL, "header %.*s holds a control character", name_len,
                          header->name.ptr);
    bool is_ours = http_name_is(header->name, reserved);
    for (size_t i = 0; i < sizeof(reserved_names) / sizeof(reserved_names[0]); i++)
        is_ours = is_ours || http_name_is(header->name, reserved_names[i]);
    return is_ours ? as_err_set(err, AS_EINVAL, "header %.*s is not for a provider to set",
                                name_len, header->name.ptr)
                   : 0;
}

void http_reply_line_add(struct as_buf *lines, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    struct as_str name = {line, colon ? (size_t)(colon - line) : 0};
    if (!http_name_is_valid(name))
        return;
    const char *value = colon + 1, *end = line + len;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    for (size_t i = 0; i < name.len; i++)
        as_buf_addc(lines, (char)tolower((unsigned char)name.ptr[i]));
    as_buf_add(lines, ": ", 2);
    size_t from = lines->len;
    as_buf_add(lines, value, (size_t)(end - value));
    for (size_t i = from; i < lines->len; i++)
        if ((unsigned char)lines->ptr[i] < ' ')
            lines->ptr[i] = ' ';
    as_buf_addc(lines, '\n');
}

/* Takes the next "name: value\n" off *lines; false at the end or at something that no line looks
 * like. */
static bool reply_line_next(struct as_str *lines, struct job_header *ret_header)
{
    const char *end = lines->len ? memchr(lines->ptr, '\n', lines->len) : NULL;
    const char *colon = end ? memchr(lines->ptr, ':', (size_t)(end - lines->ptr)) : NULL;
    if (!colon || end - colon < 2)
        return false;
    ret_header->name = (struct as_str){lines->ptr, (size_t)(colon - lines->ptr)};
    ret_header->value = (struct as_str){colon + 2, (size_t)(end - colon - 2)};
    lines->len -= (size_t)(end + 1 - lines->ptr);
    lines->ptr = end + 1;
    return true;
}

struct as_str http_reply_header(struct as_str lines, const char *lower_case_name)
{
    struct job_header header;
    while (reply_line_next(&lines, &header))
        if (http_name_is(header.name, lower_case_name))
            return header.value;
    return (struct as_str){NULL, 0};
}

uint32_t transport_headers_split(struct as_str lines,
                                 struct job_header ret_headers[JOB_HEADERS_MAX])
{
    uint32_t count = 0;
    while (count < JOB_HEADERS_MAX && reply_line_next(&lines, &ret_headers[count]))
        count++;
    return count;
}

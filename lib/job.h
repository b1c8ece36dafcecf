/* The messages between assayd and assay-worker, and the bytes they travel as.
 *
 * One worker process hosts one plugin version. The daemon sends one LOAD frame, the worker answers
 * LOADED; then the daemon sends BATCH frames of rows and the worker answers every row with one
 * REPLY frame, in order, at once. A frame is a u32 length of what follows (little endian, like
 * every field), a u8 type, and the payload. Both sides decode into the structs below; strings
 * borrow from the frame that was decoded, which must outlive them. The daemon treats a reply as
 * hostile: an unknown type, a length over its limit, a status or a score out of range, or a byte
 * too many is AS_EPROTO, and the worker is killed. A script decides the content of its rows, never
 * their order. */
#ifndef LIB_JOB_H
#define LIB_JOB_H

#include "lib/buf.h"
#include "lib/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define JOB_SOURCE_MAX_BYTES (256u << 10) /* a plugin's file */
#define JOB_TEXT_MAX_BYTES (1u << 20)  /* an output shown to a scorer: more is output_too_large */
#define JOB_BODY_MAX_BYTES (16u << 20) /* an HTTP body on its way to or from a provider script */
#define JOB_FRAME_MAX_BYTES (20u << 20)
#define JOB_REASON_MAX_BYTES 480u           /* error and reason texts, after escaping */
#define JOB_LABEL_MAX_BYTES 128u            /* a scorer's label, after escaping */
#define JOB_REASONING_MAX_BYTES (16u << 10) /* a judge's reasoning */
#define JOB_DETAILS_MAX_BYTES (16u << 10)   /* details as JSON */
#define JOB_NAME_MAX_BYTES 64u              /* plugin and field names: [A-Za-z0-9._-] */
#define JOB_DOC_MAX_BYTES 480u
#define JOB_MODEL_ID_MAX_BYTES 256u
#define JOB_PATH_MAX_BYTES (2u << 10) /* a provider's path and query */
#define JOB_HEADER_VALUE_MAX_BYTES (8u << 10)
#define JOB_ERROR_CLASSES                                                                \
    "rate_limit overloaded server auth quota context_length content_filter bad_request " \
    "not_found bad_reply"
#define JOB_FINISH_REASONS "stop length tool_calls content_filter refusal"
#define JOB_HEADERS_MAX 32u
#define JOB_BATCH_MAX_ROWS 32u
#define JOB_BATCH_MAX_BYTES (1u << 20) /* a batch holds at least one row, however large */

/* The page of memory that a worker shares with the daemon: how many rows it has begun in its life.
 * Replies of rows that took little time are sent together, so they do not tell which row a worker
 * died of. What stands there is as hostile as a frame. */
#define JOB_PAGE_FD 4
struct job_page {
    atomic_ullong rows_begun;
};

/* Exit statuses of assay-worker that the daemon tells apart. */
#define JOB_EXIT_NO_JAIL 71       /* the lock-down failed: nothing was read */
#define JOB_EXIT_JAIL_LEFT_OUT 72 /* --probe in a build without a jail (sanitizers) */

enum job_frame { JOB_FRAME_LOAD = 1, JOB_FRAME_LOADED, JOB_FRAME_BATCH, JOB_FRAME_REPLY };

/* How a job ended. A worker answers with the first five or JOB_TIMEOUT (its soft stop), and with
 * JOB_LOAD_ERROR to LOAD; the daemon concludes the rest, and JOB_TIMEOUT for a worker that it had
 * to kill. */
enum job_status {
    JOB_OK,
    JOB_SCRIPT_ERROR,     /* a Lua error; reason has file:line */
    JOB_BAD_RESULT,       /* the script returned something that its contract does not allow */
    JOB_MEMORY,           /* the arena was full */
    JOB_OUTPUT_TOO_LARGE, /* an input over its limit: the script was not asked */
    JOB_TIMEOUT,          /* soft stop or SIGKILL at the deadline */
    JOB_CRASH,            /* the worker died, or lied on its socket */
    JOB_DENIED,           /* killed by seccomp */
    JOB_LOAD_ERROR,       /* does not compile, or its manifest is wrong */
    JOB_QUARANTINED,      /* the version killed too many workers; not tried */
    JOB_STATUS_COUNT
};
const char *job_status_name(enum job_status status); /* "ok", "script_error", ... */

enum plugin_kind {
    PLUGIN_SCORER,
    PLUGIN_RUBRIC,
    PLUGIN_PROVIDER,
    PLUGIN_REDACTOR,
    PLUGIN_KIND_COUNT
};
const char *plugin_kind_name(enum plugin_kind kind);
int plugin_kind_from(const char *name, enum plugin_kind *ret_kind) AS_MUST_USE;

/* What a plugin says of itself, read once after load. NULL .ptr or NaN = not declared. */
struct job_manifest {
    enum plugin_kind kind;
    struct as_str name;
    struct as_str version;       /* "1.2.0" */
    struct as_str doc;           /* the file's first comment, one line */
    struct as_str params_json;   /* the declared params table as JSON, {} when none */
    struct as_str requires_json; /* array of scorer names, [] when none */
    struct as_str criteria_json; /* rubric: array of its criteria, [] when none; else absent */
    struct as_str auth_header;   /* provider: where the daemon puts the key */
    struct as_str auth_prefix;
    double scale_min, scale_max; /* rubric: what grade's score is measured in */
    double pass; /* rubric or scorer: score (0..1, after scaling) from which on it is a pass */
    uint32_t example_count;
};

struct job_loaded {
    enum job_status status;       /* JOB_OK, JOB_LOAD_ERROR, JOB_MEMORY, JOB_TIMEOUT */
    struct as_str reason;         /* "required_fields.lua:12: unexpected symbol near '}'" */
    struct job_manifest manifest; /* when JOB_OK */
};

/* What a model answered, as scripts see it. */
struct job_output {
    struct as_str text;            /* bytes as received; "" when there was none */
    struct as_str tool_calls_json; /* array, or absent */
    struct as_str finish_reason;   /* stop | length | tool_calls | content_filter | refusal | "" */
    struct as_str model_id;        /* what the API said it was; may be absent */
    int64_t input_tokens, output_tokens, cached_tokens, reasoning_tokens; /* -1 = not reported */
    double latency_ms, cost_usd; /* NaN = not known. Not set by PARSE: the daemon knows them */
};

struct job_header {
    struct as_str name; /* lower case in a reply from the wire */
    struct as_str value;
};

struct job_http {
    int status;
    struct job_header headers[JOB_HEADERS_MAX];
    uint32_t header_count;
    struct as_str body;
};

enum job_kind {
    /* example_index: ok, or reason says how it differs; not after a row of another kind */
    JOB_EXAMPLE,
    JOB_REQUEST, /* model_json messages_json opts_json: method path headers body */
    JOB_PARSE,   /* model_json http: output, or error_class and reason */
    JOB_SCORE, /* case_json output params_json: score pass label reason details, or is_na, reason */
    JOB_ASK,   /* case_json output params_json: messages_json schema_json, or is_na and reason */
    JOB_GRADE, /* output (the judge's) case_json params_json: score in 0..1, pass, details and
                  reason = reasoning; or is_na and why the reply did not parse */
    JOB_REDACT, /* case_json params_json: case_json, or is_na and why the case is left out */
    JOB_KIND_COUNT
};
const char *job_kind_name(enum job_kind kind);

/* One row of a batch. Fields that the kind above does not name are ignored. */
struct job_row {
    enum job_kind kind;
    uint64_t seed; /* of math.random and assay.rng for this row */
    uint32_t example_index;
    struct as_str model_json, messages_json, opts_json, case_json, params_json;
    struct job_output output;
    struct job_http http;
};

struct job_reply {
    uint32_t index; /* position in the batch */
    enum job_kind kind;
    enum job_status status; /* fields below only when JOB_OK */
    struct as_str reason;   /* also says why when the status is not JOB_OK */
    bool is_na;
    double score; /* finite, in 0..1 */
    int8_t pass;  /* 1, 0, or -1: the script did not say */
    struct as_str label, details_json;
    struct as_str messages_json, schema_json, case_json;
    struct as_str method, path, body;
    struct job_header headers[JOB_HEADERS_MAX];
    uint32_t header_count;
    struct job_output output;
    struct as_str error_class; /* PARSE: set when the reply was an error; reason has the message */
    uint32_t memory_kb;        /* the arena's high-water mark of this row */
    uint32_t row_us;           /* how long the row took, as the worker says */
};

/* Encoders append one whole frame, length included. */
void job_put_load(struct as_buf *out, struct as_str chunk_name, struct as_str source);
void job_put_loaded(struct as_buf *out, const struct job_loaded *loaded);
size_t job_batch_begin(struct as_buf *out); /* returns a mark for the end */
void job_batch_add(struct as_buf *out, const struct job_row *row);
void job_batch_end(struct as_buf *out, size_t mark, uint32_t row_count);
void job_put_reply(struct as_buf *out, const struct job_reply *reply);

/* Looks for a whole frame at the start of data. 1: *ret_type and *ret_payload are set and *ret_used
 * bytes belong to it; 0: more bytes are needed; AS_EPROTO: this can never become a frame of at most
 * max_bytes. */
int job_frame_next(const char *data, size_t len, size_t max_bytes, enum job_frame *ret_type,
                   struct as_str *ret_payload, size_t *ret_used) AS_MUST_USE;

/* Decoders: 0, or AS_EPROTO for anything that the encoder could not have written. */
int job_get_load(struct as_str payload, struct as_str *ret_chunk_name,
                 struct as_str *ret_source) AS_MUST_USE;
int job_get_loaded(struct as_str payload, struct job_loaded *ret_loaded) AS_MUST_USE;
int job_get_batch(struct as_str payload, struct as_reader *ret_rows,
                  uint32_t *ret_count) AS_MUST_USE;
int job_get_row(struct as_reader *rows, struct job_row *ret_row) AS_MUST_USE;
int job_get_reply(struct as_str payload, struct job_reply *ret_reply) AS_MUST_USE;

/* The rules that both sides check a script's words against. */
bool job_name_is_valid(struct as_str name);     /* [A-Za-z0-9._-]{1,64} */
bool job_method_is_valid(struct as_str method); /* [A-Z]{1,16} */
bool job_path_is_valid(struct as_str path);     /* starts with one '/', printable ASCII, no blank */
/* A token, and a value without control characters. */
bool job_header_is_valid(struct job_header header);
/* A whole word of a list like JOB_ERROR_CLASSES. */
bool job_word_is_listed(struct as_str word, const char *words);

#endif

/* One request from transport_send until its callback has fired and the journal owes it nothing
 * more.
 *
 * A waiting request is this struct and its copied text in one allocation; everything large (curl's
 * handle, the reply) exists only while it is in flight or being kept. All changes of state go
 * through request_set_state, which holds them to a table. */
#ifndef DAEMON_TRANSPORT_REQUEST_H
#define DAEMON_TRANSPORT_REQUEST_H

#include "daemon/transport/lane.h"
#include "daemon/transport/sender.h"
#include "daemon/transport/transport.h"

enum request_state {
    REQUEST_QUEUED,      /* in its provider account's queue */
    REQUEST_HELD,        /* its group is paused: in the list of the held */
    REQUEST_FINDING,     /* the journal looks for it */
    REQUEST_WAITING,     /* in its account's queue, until the budget has room */
    REQUEST_INTENDING,   /* the journal makes the next attempt's intent durable */
    REQUEST_READY,       /* that is done: it waits for a slot, in its lane's list */
    REQUEST_IN_FLIGHT,   /* holds a slot; an attempt is with the sender */
    REQUEST_CLASSIFYING, /* no slot; the error that came back is being read */
    REQUEST_BACKING_OFF, /* no slot; a timer runs */
    REQUEST_KEEPING,     /* no slot; the last attempt is being appended to the journal */
    REQUEST_WITHDRAWING, /* cancelled before it left: its intent is taken back */
    REQUEST_CANCELLED,   /* done is due with AS_ECANCELED */
    REQUEST_DONE,        /* done has fired; lives on only while the journal owes callbacks */
    REQUEST_STATE_COUNT
};

struct request {
    /* NULL once that is freed: the journal's late callbacks find this */
    struct transport *transport;
    struct lane *lane;
    enum transport_priority priority;
    struct fair_flow *flow;    /* while it is in the queue */
    struct dispatch *dispatch; /* whose pass it holds or held */
    struct limiter_pass pass, lane_pass;
    bool is_let_go;                 /* its group's throttle counts it */
    transport_classify_fn classify; /* NULL: none */
    /* in the queue of its flow or of its group's account, among its lane's ready, in the list of
     * the held, or (next only) in that of the cancelled */
    struct request *next, *prev;
    enum request_state state;
    bool skip_find, is_fresh, is_stale_forgiven;
    bool is_reserved;            /* an attempt's claim is in the account's books */
    bool is_intended;            /* the next attempt's intent is on disk */
    uint32_t attempts, failures; /* made; made and counted against the lane's max_attempts */
    uint32_t journal_debts;      /* callbacks that the journal owes us */
    int journal_rc;              /* the first failed append of an earlier attempt */
    uint64_t id;
    transport_done_fn done;
    void *ctx;
    struct journal_key key;
    struct transport_account *account; /* NULL: no budget */
    struct budget_claim claim;
    uint64_t asked_ms; /* when it was given to transport; loop clock, as backoff_until_ms */
    struct loop_timer *backoff;
    uint64_t backoff_until_ms;
    int last_status; /* of the attempt that it backs off after */
    struct sender_slot *slot;
    struct attempt *attempt; /* in flight, or being classified */
    struct lane_auth *auth;  /* of the attempt in flight */
    struct sender_request wire;
    struct as_str method, url, body;
    char *refusal; /* why it must not be sent; NULL when it may */
    char text[];   /* method, URL, body, header lines, each with a NUL */
};

struct request *request_new(struct transport *transport, struct lane *lane,
                            const struct transport_request *from, transport_done_fn done,
                            void *ctx);
void request_free(struct request *request);
void request_set_state(struct request *request, enum request_state state);
/* The exchange's side of the request: number, method, URL, body. */
void request_fill_exchange(const struct request *request, struct exchange *exchange);

/* Lists of them. after NULL: as the first. */
void request_insert(struct request_list *list, struct request *request, struct request *after);
void request_push_back(struct request_list *list, struct request *request);
void request_push_front(struct request_list *list, struct request *request);
void request_unlink(struct request_list *list, struct request *request);

/* Ids with a generation: an id of a request that is over finds nothing. {0} is a valid empty
 * table. */
struct request_entry {
    struct request *request;
    uint32_t generation, next_free;
};
struct request_table {
    struct request_entry *entries;
    uint32_t count, cap, free_head; /* free_head: index + 1, 0 = none */
};
void request_table_add(struct request_table *table, struct request *request); /* sets request->id */
void request_table_remove(struct request_table *table, uint64_t id);
struct request *request_table_find(const struct request_table *table, uint64_t id);
void request_table_done(struct request_table *table);

#endif

/*
 * CCurl.h - libcurl, loaded on first use and driven step by step.
 *
 * A publisher never fetches anything, so it never pays for libcurl. The multi interface is used, for curl_easy_perform
 * goes on after a signal; here nothing blocks, and the caller waits as it likes.
 */
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

/* At most so many sockets of one transfer are told to wait for. */
#define CCURL_MOST_SOCKETS 8

#define CCURL_HIDDEN __attribute__((visibility("hidden")))

/* One transfer at a time, over connections that are kept for the next. */
typedef struct ccurl_transfer ccurl_transfer;

typedef struct ccurl_request {
    const char *_Nonnull url;
    const char *_Nonnull user_agent;
    const char *_Nonnull accept_header; /* "Accept: …" */
    long connect_milliseconds;          /* time-out of the connection */
    long total_milliseconds;            /* time-out of the whole transfer */
    size_t largest_body;                /* in bytes, after decompression */
} ccurl_request;

typedef struct ccurl_wait {
    long milliseconds; /* wait no longer than this */
    int count;
    int sockets[CCURL_MOST_SOCKETS];
    short events[CCURL_MOST_SOCKETS]; /* poll(2)'s POLLIN and POLLOUT */
} ccurl_wait;

/* What became of a transfer. */
typedef enum ccurl_outcome {
    CCURL_DONE = 0,      /* there is an answer, of whatever status */
    CCURL_UNRESOLVED,    /* the host has no address */
    CCURL_UNCONNECTED,   /* nobody answers there */
    CCURL_TIMED_OUT,
    CCURL_INSECURE,      /* TLS failed */
    CCURL_TOO_LARGE,     /* the body is over the limit */
    CCURL_TOO_MANY_REDIRECTS,
    CCURL_NO_HTTP,       /* another protocol, there or after a redirect */
    CCURL_CUT_OFF,       /* the connection ended within the answer */
    CCURL_FAILED
} ccurl_outcome;

/* Loads libcurl if need be. NULL: `problem` says why, ended by a NUL. */
CCURL_HIDDEN ccurl_transfer *_Nullable ccurl_create(char *_Nonnull problem, size_t problem_size);

/* Ends a transfer and closes its connections. Not to be called in a forked child for its parent's. */
CCURL_HIDDEN void ccurl_free(ccurl_transfer *_Nonnull transfer);

/* Begins a request; one that is under way is dropped. Returns 0, or -1 when libcurl refuses it. */
CCURL_HIDDEN int ccurl_start(ccurl_transfer *_Nonnull transfer, const ccurl_request *_Nonnull request);

/* Does what can be done without waiting. Returns 1 when the transfer is over, 0 when *wait says what to wait for. */
CCURL_HIDDEN int ccurl_step(ccurl_transfer *_Nonnull transfer, ccurl_wait *_Nonnull wait);

/* After the end: */
CCURL_HIDDEN ccurl_outcome ccurl_result(const ccurl_transfer *_Nonnull transfer);
CCURL_HIDDEN const char *_Nonnull ccurl_problem(const ccurl_transfer *_Nonnull transfer);
CCURL_HIDDEN long ccurl_status(const ccurl_transfer *_Nonnull transfer);
CCURL_HIDDEN const char *_Nonnull ccurl_content_type(const ccurl_transfer *_Nonnull transfer);
/* The Date header in seconds since 1970; -1 without one. */
CCURL_HIDDEN int64_t ccurl_date(const ccurl_transfer *_Nonnull transfer);
CCURL_HIDDEN const uint8_t *_Nullable ccurl_body(const ccurl_transfer *_Nonnull transfer);
CCURL_HIDDEN size_t ccurl_body_size(const ccurl_transfer *_Nonnull transfer);
/* Gives the memory of the body back, which may be megabytes, until the next transfer. */
CCURL_HIDDEN void ccurl_drop_body(ccurl_transfer *_Nonnull transfer);

#endif

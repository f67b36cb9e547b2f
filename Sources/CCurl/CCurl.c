#define _GNU_SOURCE
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include "CCurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* The first version with all that is used here. */
#define OLDEST_VERSION 0x073d00 /* 7.61.0 */
#define MOST_REDIRECTS 5L

static struct {
    int is_loaded;
    CURLcode (*global_init)(long);
    curl_version_info_data *(*version_info)(CURLversion);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    const char *(*easy_strerror)(CURLcode);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_socket_action)(CURLM *, curl_socket_t, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    time_t (*getdate)(const char *, const time_t *);
} curl;

struct ccurl_transfer {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    int is_running;
    ccurl_wait wait;

    ccurl_outcome outcome;
    long status;
    char content_type[128];
    int64_t date;
    uint8_t *body;
    size_t body_size;
    size_t body_capacity;
    size_t largest_body;
    int is_too_large;
    char problem[CURL_ERROR_SIZE];
};

static int load(char *problem, size_t problem_size)
{
    if (curl.is_loaded)
        return 0;
    /* Never closed again: libcurl and its TLS library keep state that can't be unloaded. */
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, problem_size, "can't load libcurl.so.4: %s", dlerror());
        return -1;
    }
    const struct {
        const char *name;
        void *function;
    } symbols[] = {
        {"curl_global_init", &curl.global_init},
        {"curl_version_info", &curl.version_info},
        {"curl_easy_init", &curl.easy_init},
        {"curl_easy_cleanup", &curl.easy_cleanup},
        {"curl_easy_reset", &curl.easy_reset},
        {"curl_easy_setopt", &curl.easy_setopt},
        {"curl_easy_getinfo", &curl.easy_getinfo},
        {"curl_easy_strerror", &curl.easy_strerror},
        {"curl_multi_init", &curl.multi_init},
        {"curl_multi_cleanup", &curl.multi_cleanup},
        {"curl_multi_setopt", &curl.multi_setopt},
        {"curl_multi_add_handle", &curl.multi_add_handle},
        {"curl_multi_remove_handle", &curl.multi_remove_handle},
        {"curl_multi_socket_action", &curl.multi_socket_action},
        {"curl_multi_info_read", &curl.multi_info_read},
        {"curl_slist_append", &curl.slist_append},
        {"curl_slist_free_all", &curl.slist_free_all},
        {"curl_getdate", &curl.getdate},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            snprintf(problem, problem_size, "libcurl has no %s", symbols[i].name);
            return -1;
        }
        memcpy(symbols[i].function, &symbol, sizeof symbol);
    }
    const curl_version_info_data *version = curl.version_info(CURLVERSION_NOW);
    if (version->version_num < OLDEST_VERSION) {
        snprintf(problem, problem_size, "libcurl is version %s, 7.61.0 or later is needed", version->version);
        return -1;
    }
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(problem, problem_size, "libcurl can't be initialised");
        return -1;
    }
    curl.is_loaded = 1;
    return 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    ccurl_transfer *transfer = context;
    size_t added = size * count;
    if (added > transfer->largest_body - transfer->body_size) {
        transfer->is_too_large = 1;
        return 0;
    }
    if (transfer->body_size + added > transfer->body_capacity) {
        size_t capacity = transfer->body_capacity ? transfer->body_capacity : 16384;
        while (capacity < transfer->body_size + added)
            capacity *= 2;
        uint8_t *body = realloc(transfer->body, capacity);
        if (!body)
            return 0;
        transfer->body = body;
        transfer->body_capacity = capacity;
    }
    memcpy(transfer->body + transfer->body_size, data, added);
    transfer->body_size += added;
    return added;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    ccurl_transfer *transfer = context;
    size_t length = size * count;
    /* Headers of each answer of a redirect come; those of the last one count. */
    if (length > 5 && strncasecmp(data, "HTTP/", 5) == 0)
        transfer->date = -1;
    if (length > 5 && length < 100 && strncasecmp(data, "date:", 5) == 0) {
        char text[100];
        memcpy(text, data + 5, length - 5);
        text[length - 5] = '\0';
        transfer->date = (int64_t)curl.getdate(text, NULL);
    }
    return length;
}

static int take_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context)
{
    ccurl_transfer *transfer = context;
    ccurl_wait *wait = &transfer->wait;
    (void)easy;
    (void)socket_context;
    int i = 0;
    while (i < wait->count && wait->sockets[i] != socket)
        i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < wait->count) {
            wait->count--;
            wait->sockets[i] = wait->sockets[wait->count];
            wait->events[i] = wait->events[wait->count];
        }
        return 0;
    }
    if (i == CCURL_MOST_SOCKETS)
        return 0;
    if (i == wait->count)
        wait->count++;
    wait->sockets[i] = socket;
    wait->events[i] = (short)(((what & CURL_POLL_IN) ? POLLIN : 0) | ((what & CURL_POLL_OUT) ? POLLOUT : 0));
    return 0;
}

static int take_timer(CURLM *multi, long milliseconds, void *context)
{
    ccurl_transfer *transfer = context;
    (void)multi;
    transfer->wait.milliseconds = milliseconds;
    return 0;
}

ccurl_transfer *ccurl_create(char *problem, size_t problem_size)
{
    if (load(problem, problem_size) != 0)
        return NULL;
    ccurl_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer) {
        transfer->multi = curl.multi_init();
        transfer->easy = curl.easy_init();
    }
    if (!transfer || !transfer->multi || !transfer->easy) {
        snprintf(problem, problem_size, "out of memory");
        if (transfer)
            ccurl_free(transfer);
        return NULL;
    }
    curl.multi_setopt(transfer->multi, CURLMOPT_SOCKETFUNCTION, take_socket);
    curl.multi_setopt(transfer->multi, CURLMOPT_SOCKETDATA, transfer);
    curl.multi_setopt(transfer->multi, CURLMOPT_TIMERFUNCTION, take_timer);
    curl.multi_setopt(transfer->multi, CURLMOPT_TIMERDATA, transfer);
    return transfer;
}

void ccurl_free(ccurl_transfer *transfer)
{
    if (transfer->is_running)
        curl.multi_remove_handle(transfer->multi, transfer->easy);
    if (transfer->easy)
        curl.easy_cleanup(transfer->easy);
    if (transfer->multi)
        curl.multi_cleanup(transfer->multi);
    curl.slist_free_all(transfer->headers);
    free(transfer->body);
    free(transfer);
}

int ccurl_start(ccurl_transfer *transfer, const ccurl_request *request)
{
    CURL *easy = transfer->easy;
    if (transfer->is_running)
        curl.multi_remove_handle(transfer->multi, easy);
    transfer->is_running = 0;
    transfer->outcome = CCURL_FAILED;
    transfer->status = 0;
    transfer->content_type[0] = '\0';
    transfer->problem[0] = '\0';
    transfer->date = -1;
    transfer->body_size = 0;
    transfer->largest_body = request->largest_body;
    transfer->is_too_large = 0;
    transfer->wait.milliseconds = 0;

    curl.easy_reset(easy);
    curl.slist_free_all(transfer->headers);
    transfer->headers = curl.slist_append(NULL, request->accept_header);
    const long protocols = CURLPROTO_HTTP | CURLPROTO_HTTPS;
    CURLcode code = curl.easy_setopt(easy, CURLOPT_URL, request->url);
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_PROTOCOLS, protocols);
    curl.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, protocols);
    curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl.easy_setopt(easy, CURLOPT_MAXREDIRS, MOST_REDIRECTS);
    curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->connect_milliseconds);
    curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->total_milliseconds);
    curl.easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl.easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L); /* before 7.66 whatever any server says was an answer */
    curl.easy_setopt(easy, CURLOPT_USERAGENT, request->user_agent);
    curl.easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl.easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    if (code != CURLE_OK || curl.multi_add_handle(transfer->multi, easy) != CURLM_OK)
        return -1;
    transfer->is_running = 1;
    return 0;
}

static ccurl_outcome outcome_of(CURLcode code, const ccurl_transfer *transfer)
{
    if (transfer->is_too_large)
        return CCURL_TOO_LARGE;
    switch (code) {
    case CURLE_OK: return CCURL_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return CCURL_UNRESOLVED;
    case CURLE_COULDNT_CONNECT: return CCURL_UNCONNECTED;
    case CURLE_OPERATION_TIMEDOUT: return CCURL_TIMED_OUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE: return CCURL_INSECURE;
    case CURLE_TOO_MANY_REDIRECTS: return CCURL_TOO_MANY_REDIRECTS;
    case CURLE_UNSUPPORTED_PROTOCOL: return CCURL_NO_HTTP;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return CCURL_CUT_OFF;
    default: return CCURL_FAILED;
    }
}

static void finish(ccurl_transfer *transfer, CURLcode code)
{
    const char *type = NULL;
    curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
    if (curl.easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        snprintf(transfer->content_type, sizeof transfer->content_type, "%s", type);
    if (transfer->problem[0] == '\0')
        snprintf(transfer->problem, sizeof transfer->problem, "%s", curl.easy_strerror(code));
    transfer->outcome = outcome_of(code, transfer);
    curl.multi_remove_handle(transfer->multi, transfer->easy);
    transfer->is_running = 0;
}

static void act(ccurl_transfer *transfer)
{
    struct pollfd polls[CCURL_MOST_SOCKETS];
    const int count = transfer->wait.count;
    int running = 0;
    for (int i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = transfer->wait.sockets[i], .events = transfer->wait.events[i]};
    if (count > 0 && poll(polls, (nfds_t)count, 0) > 0) {
        for (int i = 0; i < count; i++) {
            const short got = polls[i].revents;
            const int flags = ((got & (POLLIN | POLLHUP)) ? CURL_CSELECT_IN : 0) |
                              ((got & POLLOUT) ? CURL_CSELECT_OUT : 0) | ((got & POLLERR) ? CURL_CSELECT_ERR : 0);
            if (flags)
                curl.multi_socket_action(transfer->multi, polls[i].fd, flags, &running);
        }
    }
    /* libcurl looks at its own clock here, and does nothing before a time-out is over. */
    curl.multi_socket_action(transfer->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

int ccurl_step(ccurl_transfer *transfer, ccurl_wait *wait)
{
    if (!transfer->is_running)
        return 1;
    /* A TLS library may write to a closed connection without MSG_NOSIGNAL. */
    sigset_t pipe_only, previous, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &previous);

    act(transfer);

    if (!sigismember(&pending, SIGPIPE)) {
        const struct timespec no_time = {0, 0};
        while (sigtimedwait(&pipe_only, NULL, &no_time) == SIGPIPE)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &previous, NULL);

    int left = 0;
    CURLMsg *message;
    while ((message = curl.multi_info_read(transfer->multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            finish(transfer, message->data.result);
            return 1;
        }
    *wait = transfer->wait;
    return 0;
}

ccurl_outcome ccurl_result(const ccurl_transfer *transfer) { return transfer->outcome; }
const char *ccurl_problem(const ccurl_transfer *transfer) { return transfer->problem; }
long ccurl_status(const ccurl_transfer *transfer) { return transfer->status; }
const char *ccurl_content_type(const ccurl_transfer *transfer) { return transfer->content_type; }
int64_t ccurl_date(const ccurl_transfer *transfer) { return transfer->date; }
const uint8_t *ccurl_body(const ccurl_transfer *transfer) { return transfer->body; }
size_t ccurl_body_size(const ccurl_transfer *transfer) { return transfer->body_size; }

void ccurl_drop_body(ccurl_transfer *transfer)
{
    free(transfer->body);
    transfer->body = NULL;
    transfer->body_size = 0;
    transfer->body_capacity = 0;
}

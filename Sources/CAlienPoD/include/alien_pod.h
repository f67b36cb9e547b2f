/*
 * alien_pod.h - the C interface of libAlienPoD.so: PoD masters advertised through MonALISA, and found there.
 *
 * The library is a guest in a long-lived, forking process such as AliEn's Perl services:
 *
 *  - It starts no thread, installs no signal handler, never calls back, never exits, never prints. One exception to
 *    the first: libcurl, loaded on a watcher's first fetch, may resolve a host name in a thread of its own.
 *  - No call blocks. What takes time is made of steps: a step does what can be done now and says what to wait for;
 *    the waiting is the caller's, with its own signal handling. One exception: a publisher's destination given by
 *    name is resolved by getaddrinfo(3) in the first step and once in ten minutes after that.
 *  - A handle belongs to one thread at a time. A process may fork with handles: they work on in both processes, each
 *    with sockets and identities of its own.
 *
 * Conventions:
 *
 *  - Functions return a status, ALIEN_POD_OK (0) or one of the codes below; codes may be added, none is renumbered.
 *    Results come through pointers whose names end in _out, set only when the function says so.
 *  - Text, file names too, is UTF-8 and comes with its length in bytes; it needs no terminating NUL, and one inside is
 *    refused. Text that the library gives ends with a NUL and is borrowed: it belongs to the handle and
 *    is valid until the next call with that handle.
 *  - Every handle is made by a _create function and owned by the caller, who gives it back with _free. A function that
 *    is given NULL for a handle returns ALIEN_POD_USAGE; _free(NULL) does nothing.
 */
#ifndef ALIEN_POD_H
#define ALIEN_POD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__) /* gcc, with which most perls are built, has no nullability */
#define ALIEN_POD_NONNULL _Nonnull
#define ALIEN_POD_NULLABLE _Nullable
#else
#define ALIEN_POD_NONNULL
#define ALIEN_POD_NULLABLE
#endif

#if defined(__GNUC__)
#define ALIEN_POD_CHECK_RESULT __attribute__((warn_unused_result))
#else
#define ALIEN_POD_CHECK_RESULT
#endif

/* Raised when a function is changed or taken away; new functions leave it as it is. */
#define ALIEN_POD_ABI_VERSION 1

/* Status codes. Those from 64 on are the numbers of sysexits.h: fit to be a program's exit code. */
#define ALIEN_POD_OK 0           /* done */
#define ALIEN_POD_WAIT 1         /* nothing to be done now: wait as the step said, then step again */
#define ALIEN_POD_END 2          /* it is over: no more steps, no more entries */
#define ALIEN_POD_USAGE 64       /* an argument is wrong, or the handle is not ready for this call */
#define ALIEN_POD_DATA 65        /* what was read is not what it should be */
#define ALIEN_POD_NO_INPUT 66    /* a file is not there or can't be read */
#define ALIEN_POD_UNAVAILABLE 69 /* a service can't be reached or has failed */
#define ALIEN_POD_SOFTWARE 70    /* an error of this library */
#define ALIEN_POD_OS 71          /* the system refused a resource */
#define ALIEN_POD_CANNOT_CREATE 73 /* a file can't be written */
#define ALIEN_POD_TEMPORARY 75   /* try again later */
#define ALIEN_POD_NO_PERMISSION 77 /* refused */
#define ALIEN_POD_CONFIG 78      /* a setting is wrong */

/* Makes and sends advertisements of one master. */
typedef struct alien_pod_publisher alien_pod_publisher;

/* Looks for masters that want workers. */
typedef struct alien_pod_watcher alien_pod_watcher;

/* What AliEn's configuration and the environment say about PoD, checked. */
typedef struct alien_pod_settings alien_pod_settings;

/* The ABI version of the library that was loaded; compare it with ALIEN_POD_ABI_VERSION. */
uint32_t alien_pod_abi_version(void);

/* The library's version, such as "0.1.0". Static text. */
const char *ALIEN_POD_NONNULL alien_pod_version(void);

/*
 * What to wait for: until one of the descriptors is ready or the milliseconds are over, whichever comes first. Waiting
 * shorter does no harm. The caller sets `size` to sizeof(alien_pod_wait) before a call.
 */
#define ALIEN_POD_WAIT_DESCRIPTORS 8
#define ALIEN_POD_READABLE 1 /* poll(2)'s POLLIN */
#define ALIEN_POD_WRITABLE 4 /* poll(2)'s POLLOUT */
typedef struct alien_pod_wait {
    uint32_t size;             /* set by the caller */
    int32_t milliseconds;      /* 0 or more */
    uint32_t descriptor_count; /* how many of the following are set */
    int32_t descriptors[ALIEN_POD_WAIT_DESCRIPTORS];
    int16_t events[ALIEN_POD_WAIT_DESCRIPTORS]; /* ALIEN_POD_READABLE | ALIEN_POD_WRITABLE, for each */
} alien_pod_wait;

/* --- publisher ------------------------------------------------------------------------------------------------- */

/* Makes a publisher without settings. *publisher_out is set on ALIEN_POD_OK. */
int32_t alien_pod_publisher_create(
    alien_pod_publisher *ALIEN_POD_NULLABLE *ALIEN_POD_NONNULL publisher_out) ALIEN_POD_CHECK_RESULT;

/* Gives a publisher back. In a process other than the one that made it nothing is closed that the maker still uses. */
void alien_pod_publisher_free(alien_pod_publisher *ALIEN_POD_NULLABLE publisher);

/*
 * Sets one setting from text. A wrong name or value is refused with ALIEN_POD_USAGE and a message; the setting stays as
 * it was.
 *
 *   master_job_id  1 to 2^63 - 1, in decimal
 *   address        host:port where workers connect; IPv6 in brackets
 *   wanted         free slots, 0 to 1000000; 0 is a withdrawal. 1 if not set
 *   share          the part of the watchers that should claim, above 0 to 1; not sent if not set
 *   protocol       "alien-pod/1" (if not set) or "pod-agent/6"
 *   period         seconds between advertisements, 1 to 25; 20 if not set
 *   status_file    a master's status file: what to send comes from there, and the above four are not needed
 *   rate           messages a second to each destination, as ApMon's xApMon_maxMsgRate; 20 if neither this nor the
 *                  configuration file sets it; 0 for no limit
 *   destination    where to send: "host[:port][ password]", the name of an ApMon configuration file that holds a '/',
 *                  or the http(s) URL of one. Can be set several times; each adds one
 */
int32_t alien_pod_publisher_set(
    alien_pod_publisher *ALIEN_POD_NULLABLE publisher, const char *ALIEN_POD_NULLABLE name, size_t name_length,
    const char *ALIEN_POD_NULLABLE value, size_t value_length) ALIEN_POD_CHECK_RESULT;

/*
 * Brings the destinations into being: reads configuration files, fetches URLs, resolves names. ALIEN_POD_WAIT: wait as
 * *wait_out says, then call again. ALIEN_POD_OK: there is at least one destination. Calling it again costs nothing.
 */
int32_t alien_pod_publisher_prepare(
    alien_pod_publisher *ALIEN_POD_NULLABLE publisher,
    alien_pod_wait *ALIEN_POD_NULLABLE wait_out) ALIEN_POD_CHECK_RESULT;

/*
 * Sends one advertisement as set, to each destination; *datagrams_out is how many were sent, 0 or more. ALIEN_POD_OK if
 * at least one was, or if the rate limit held it back; else ALIEN_POD_UNAVAILABLE. Failures of single destinations are
 * told by alien_pod_publisher_next_report.
 */
int32_t alien_pod_publisher_publish(
    alien_pod_publisher *ALIEN_POD_NULLABLE publisher,
    int32_t *ALIEN_POD_NULLABLE datagrams_out) ALIEN_POD_CHECK_RESULT;

/*
 * One step of publishing on: sends what is due and says when to come again. With `status_file` it sends what the master
 * put there and ends with the master: ALIEN_POD_END once the file is gone, unlocked, or older than 30 s. Without, it
 * sends each period and does not end by itself.
 */
int32_t alien_pod_publisher_step(
    alien_pod_publisher *ALIEN_POD_NULLABLE publisher,
    alien_pod_wait *ALIEN_POD_NULLABLE wait_out) ALIEN_POD_CHECK_RESULT;

/* Datagrams sent by this handle in this process. 0 for NULL. */
uint64_t alien_pod_publisher_datagrams(const alien_pod_publisher *ALIEN_POD_NULLABLE publisher);

/*
 * Takes the oldest of the things worth telling in a log: what was sent, what failed. ALIEN_POD_END when there is none.
 * At most 100 are kept; beyond that the newest are left out and counted.
 */
int32_t alien_pod_publisher_next_report(
    alien_pod_publisher *ALIEN_POD_NULLABLE publisher, const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE text_out,
    size_t *ALIEN_POD_NULLABLE length_out) ALIEN_POD_CHECK_RESULT;

/* One sentence on the last call with this handle that failed; "" when none has. For NULL: static text. */
const char *ALIEN_POD_NONNULL alien_pod_publisher_error(const alien_pod_publisher *ALIEN_POD_NULLABLE publisher);

/* --- watcher --------------------------------------------------------------------------------------------------- */

/* Makes a watcher without settings. *watcher_out is set on ALIEN_POD_OK. */
int32_t alien_pod_watcher_create(
    alien_pod_watcher *ALIEN_POD_NULLABLE *ALIEN_POD_NONNULL watcher_out) ALIEN_POD_CHECK_RESULT;

/* Gives a watcher back. The files it wrote stay. */
void alien_pod_watcher_free(alien_pod_watcher *ALIEN_POD_NULLABLE watcher);

/*
 * Sets one setting from text, as alien_pod_publisher_set does.
 *
 *   repository      base URL of a MonALISA repository, such as "http://alimonitor.cern.ch". Can be set several times:
 *                   when one fails, the next is asked
 *   check_period    y, seconds between checks, 1 to 3600; 30 if not set
 *   run_time        x, seconds that checking goes on, 0 to 86400; 300 if not set; 0 = never check
 *   directory       where server_info.cfg and server_info.json are written; must be a directory of ours that no other
 *                   user can write to. Nothing is written if not set
 *   master_job_id   the one master to look for; any if not set or empty
 *   trusted_key     a public Ed25519 key in base64: advertisements count whose ticket it has signed. Can be set up to
 *                   16 times
 *   trusted_keys_file  a file with such keys, one a line, read at each _begin; those of trusted_key do not count then.
 *                   Not used if empty
 *   revoked         the SHA-256 thumbprint (RFC 7638) in base64 of a key that counts no more. Can be set several times
 *   allow_unsigned  "1": what is not signed as it has to be is believed as it is, though anyone can send that, and each
 *                   time a report warns of it; "0" (if not set): it is not
 *   user            the `user` in server_info.cfg; the login name of this process if not set
 */
int32_t alien_pod_watcher_set(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher, const char *ALIEN_POD_NULLABLE name, size_t name_length,
    const char *ALIEN_POD_NULLABLE value, size_t value_length) ALIEN_POD_CHECK_RESULT;

/* Begins one look at once (`once` not 0), or a new run of x seconds. */
int32_t alien_pod_watcher_begin(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher, int32_t once) ALIEN_POD_CHECK_RESULT;

/*
 * One step. ALIEN_POD_OK: a master was chosen and its files are written; read it with alien_pod_watcher_found_field. A
 * run can be stepped on after that, to find the next. ALIEN_POD_WAIT: wait as *wait_out says, then step again.
 * ALIEN_POD_END: the look found none, or the run time is over. Any other code: a look failed (a run goes on instead,
 * and tells it as a report), or the files can't be written.
 */
int32_t alien_pod_watcher_step(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher,
    alien_pod_wait *ALIEN_POD_NULLABLE wait_out) ALIEN_POD_CHECK_RESULT;

/*
 * The fields of the master last found, by index from 0 on; ALIEN_POD_END beyond the last. Among them: master_job_id,
 * host, port, address, protocol, wanted, farm, reported_at (milliseconds since 1970), age (seconds), where the
 * advertisement was verified owner, whose ticket it has, and, where files were written, server_info and
 * server_info_json, their names.
 */
int32_t alien_pod_watcher_found_field(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher, size_t index,
    const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE name_out,
    const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE value_out,
    size_t *ALIEN_POD_NULLABLE value_length_out) ALIEN_POD_CHECK_RESULT;

/*
 * Tells how the worker for the master last found ended: 69 (full or gone), 75 (try later) and 77 (refused) keep this
 * watcher from that master for a while; any other code counts as a session that was had.
 */
int32_t alien_pod_watcher_worker_ended(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher, int32_t exit_code) ALIEN_POD_CHECK_RESULT;

/* Takes the oldest of the things worth telling in a log, as alien_pod_publisher_next_report does. */
int32_t alien_pod_watcher_next_report(
    alien_pod_watcher *ALIEN_POD_NULLABLE watcher, const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE text_out,
    size_t *ALIEN_POD_NULLABLE length_out) ALIEN_POD_CHECK_RESULT;

/* One sentence on the last call with this handle that failed; "" when none has. For NULL: static text. */
const char *ALIEN_POD_NONNULL alien_pod_watcher_error(const alien_pod_watcher *ALIEN_POD_NULLABLE watcher);

/* --- settings --------------------------------------------------------------------------------------------------- */

/* Makes settings of which nothing is said yet: defaults hold. *settings_out is set on ALIEN_POD_OK. */
int32_t alien_pod_settings_create(
    alien_pod_settings *ALIEN_POD_NULLABLE *ALIEN_POD_NONNULL settings_out) ALIEN_POD_CHECK_RESULT;

/* Gives settings back. */
void alien_pod_settings_free(alien_pod_settings *ALIEN_POD_NULLABLE settings);

/*
 * Tells one key with its value, in any order; a key that is not ours is left alone.
 *
 *   CE_PODCHECKPERIOD, MONALISA_PODCHECKPERIOD, POD_CHECK_PERIOD   of AliEn's configuration: from the LDAP entry of
 *                                                                  the CE, of MonaLisa, of the VO
 *   CE_PODMONALISAURL_LIST                                         the same with _LIST: each value in a call of its own
 *   PROCESS_PORT_LIST                                              AliEn's ports for processes, likewise
 *   ALIEN_POD_CHECK_PERIOD                                         a variable of the environment
 *
 * The environment comes before the CE, that before MonaLisa, that before the VO. An empty value counts as not said.
 */
int32_t alien_pod_settings_add(
    alien_pod_settings *ALIEN_POD_NULLABLE settings, const char *ALIEN_POD_NULLABLE key, size_t key_length,
    const char *ALIEN_POD_NULLABLE value, size_t value_length) ALIEN_POD_CHECK_RESULT;

/*
 * The values of a setting by its name, such as "check_period", and by index from 0 on; ALIEN_POD_END beyond the last, at
 * once where nothing is set. ALIEN_POD_CONFIG when what was said can't be taken: the message names attribute, key and
 * range. ALIEN_POD_USAGE for a name that no setting has.
 */
int32_t alien_pod_settings_value(
    alien_pod_settings *ALIEN_POD_NULLABLE settings, const char *ALIEN_POD_NULLABLE name, size_t name_length,
    size_t index, const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE value_out,
    size_t *ALIEN_POD_NULLABLE value_length_out) ALIEN_POD_CHECK_RESULT;

/* ALIEN_POD_OK when a setting has a value; ALIEN_POD_CONFIG when it has none or what was said can't be taken. */
int32_t alien_pod_settings_require(
    alien_pod_settings *ALIEN_POD_NULLABLE settings, const char *ALIEN_POD_NULLABLE name,
    size_t name_length) ALIEN_POD_CHECK_RESULT;

/*
 * Takes the oldest of the things worth telling that change nothing, as alien_pod_publisher_next_report does: keys that
 * look like settings and are none, with the nearest that is one; bad values that another comes before.
 */
int32_t alien_pod_settings_next_report(
    alien_pod_settings *ALIEN_POD_NULLABLE settings, const char *ALIEN_POD_NULLABLE *ALIEN_POD_NULLABLE text_out,
    size_t *ALIEN_POD_NULLABLE length_out) ALIEN_POD_CHECK_RESULT;

/* One sentence on the last call with this handle that failed; "" when none has. For NULL: static text. */
const char *ALIEN_POD_NONNULL alien_pod_settings_error(const alien_pod_settings *ALIEN_POD_NULLABLE settings);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Glue between AliEn::PoD and libAlienPoD.so: arguments, handles and waiting; no logic.
 *
 * A handle hangs on its object by PERL_MAGIC_ext under a table of our own, so that no blessed number or copied hash
 * passes for one. Where Perl has signal handlers, signals are blocked during a call, for a handler that dies must not
 * jump over Swift's frames; they are let in while waiting, which happens here, in slices.
 */
#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"

#include <alien_pod.h>
#include <poll.h>
#include <signal.h>

/* Perls before 5.10 lack these. */
#ifndef Newxz
#define Newxz(pointer, count, type) Newz(0, pointer, count, type)
#endif
#ifndef PERL_UNUSED_ARG
#define PERL_UNUSED_ARG(argument) ((void)(argument))
#endif

#define SLICE_MILLISECONDS 200

#if ALIEN_POD_ABI_VERSION != 1
#error "this glue is written for ABI version 1 of libAlienPoD.so"
#endif

typedef struct {
    void *library; /* alien_pod_publisher, alien_pod_watcher or alien_pod_settings */
    alien_pod_wait wait;
} pod_handle;

/* Dies with an AliEn::PoD::Error. */
static void pod_throw(pTHX_ int code, const char *message)
{
    HV *error = newHV();
    SV *text = newSVpv(message, 0);
    SvUTF8_on(text);
    load_module(PERL_LOADMOD_NOIMPORT, newSVpv("AliEn::PoD::Error", 0), NULL);
    (void)hv_store(error, "code", 4, newSViv(code), 0);
    (void)hv_store(error, "message", 7, text, 0);
    sv_setsv(ERRSV, sv_2mortal(sv_bless(newRV_noinc((SV *)error), gv_stashpv("AliEn::PoD::Error", GV_ADD))));
    croak(NULL);
}

/* Whether Perl has a handler for any signal. Where it has none, two calls of the kernel are saved. */
static int pod_has_signal_handlers(pTHX)
{
    int number;
    for (number = 1; PL_psig_ptr && number < SIG_SIZE; number++)
        if (PL_psig_ptr[number])
            return 1;
    return 0;
}

static int pod_block_signals(pTHX_ sigset_t *previous)
{
    sigset_t all;
    if (!pod_has_signal_handlers(aTHX))
        return 0;
    sigfillset(&all);
    return pthread_sigmask(SIG_BLOCK, &all, previous) == 0;
}

#define POD_GUARDED(statement)                                                                                         \
    do {                                                                                                               \
        sigset_t previous_signals;                                                                                     \
        int is_blocked = pod_block_signals(aTHX_ &previous_signals);                                                   \
        statement;                                                                                                     \
        if (is_blocked)                                                                                                \
            pthread_sigmask(SIG_SETMASK, &previous_signals, NULL);                                                     \
    } while (0)

#define POD_CALL(result, call) POD_GUARDED((result) = (call))

static int pod_free_publisher(pTHX_ SV *sv, MAGIC *mg)
{
    pod_handle *handle = (pod_handle *)mg->mg_ptr;
    PERL_UNUSED_ARG(sv);
    if (handle) {
        POD_GUARDED(alien_pod_publisher_free((alien_pod_publisher *)handle->library));
        Safefree(handle);
        mg->mg_ptr = NULL;
    }
    return 0;
}

static int pod_free_watcher(pTHX_ SV *sv, MAGIC *mg)
{
    pod_handle *handle = (pod_handle *)mg->mg_ptr;
    PERL_UNUSED_ARG(sv);
    if (handle) {
        POD_GUARDED(alien_pod_watcher_free((alien_pod_watcher *)handle->library));
        Safefree(handle);
        mg->mg_ptr = NULL;
    }
    return 0;
}

static int pod_free_settings(pTHX_ SV *sv, MAGIC *mg)
{
    pod_handle *handle = (pod_handle *)mg->mg_ptr;
    PERL_UNUSED_ARG(sv);
    if (handle) {
        POD_GUARDED(alien_pod_settings_free((alien_pod_settings *)handle->library));
        Safefree(handle);
        mg->mg_ptr = NULL;
    }
    return 0;
}

#ifdef USE_ITHREADS
/* A handle belongs to the interpreter that made it. */
static int pod_dup(pTHX_ MAGIC *mg, CLONE_PARAMS *param)
{
    PERL_UNUSED_ARG(param);
    mg->mg_ptr = NULL;
    return 0;
}
#else
#define pod_dup NULL
#endif

static MGVTBL pod_publisher_table = {NULL, NULL, NULL, NULL, pod_free_publisher, NULL, pod_dup, NULL};
static MGVTBL pod_watcher_table = {NULL, NULL, NULL, NULL, pod_free_watcher, NULL, pod_dup, NULL};
static MGVTBL pod_settings_table = {NULL, NULL, NULL, NULL, pod_free_settings, NULL, pod_dup, NULL};

static MAGIC *pod_magic(pTHX_ SV *self, const MGVTBL *table)
{
    MAGIC *mg = NULL;
    if (SvROK(self) && SvTYPE(SvRV(self)) >= SVt_PVMG)
        for (mg = SvMAGIC(SvRV(self)); mg; mg = mg->mg_moremagic)
            if (mg->mg_type == PERL_MAGIC_ext && mg->mg_virtual == table)
                break;
    return mg;
}

static pod_handle *pod_handle_of(pTHX_ SV *self, const MGVTBL *table, const char *class)
{
    MAGIC *mg = pod_magic(aTHX_ self, table);
    if (!mg || !mg->mg_ptr) {
        SV *message = sv_2mortal(newSVpvf(
            "not a living %s: forged, copied, freed, or made in another thread", class));
        pod_throw(aTHX_ ALIEN_POD_USAGE, SvPV_nolen(message));
    }
    return (pod_handle *)mg->mg_ptr;
}

#define PUBLISHER(self) pod_handle_of(aTHX_ self, &pod_publisher_table, "AliEn::PoD::Publisher")
#define WATCHER(self) pod_handle_of(aTHX_ self, &pod_watcher_table, "AliEn::PoD::Watcher")
#define SETTINGS(self) pod_handle_of(aTHX_ self, &pod_settings_table, "AliEn::PoD::Settings")

static void pod_attach(pTHX_ SV *self, MGVTBL *table, void *library)
{
    pod_handle *handle;
    MAGIC *mg;
    Newxz(handle, 1, pod_handle);
    handle->library = library;
    handle->wait.size = sizeof handle->wait;
    mg = sv_magicext(SvRV(self), NULL, PERL_MAGIC_ext, table, NULL, 0);
    mg->mg_ptr = (char *)handle;
#ifdef USE_ITHREADS
    mg->mg_flags |= MGf_DUP;
#endif
}

/* The bytes of a text argument: UTF-8, whatever Perl keeps it in. A path stays as its bytes are. */
static const char *pod_text(pTHX_ SV *value, int is_path, STRLEN *length)
{
    SvGETMAGIC(value);
    if (!SvOK(value)) {
        *length = 0;
        return "";
    }
    if (is_path)
        return SvPV(value, *length);
    return SvPVutf8(sv_mortalcopy(value), *length);
}

static SV *pod_new_text(pTHX_ const char *text, size_t length)
{
    SV *sv = newSVpvn(text, length);
    SvUTF8_on(sv);
    return sv;
}

/* Waits for what the last step said, but no longer than a slice, and lets Perl run its signal handlers. */
static void pod_wait(pTHX_ const alien_pod_wait *wait)
{
    struct pollfd polls[ALIEN_POD_WAIT_DESCRIPTORS];
    nfds_t count = 0;
    int milliseconds = wait->milliseconds < SLICE_MILLISECONDS ? wait->milliseconds : SLICE_MILLISECONDS;
    for (; count < wait->descriptor_count && count < ALIEN_POD_WAIT_DESCRIPTORS; count++) {
        polls[count].fd = wait->descriptors[count];
        polls[count].events = wait->events[count];
        polls[count].revents = 0;
    }
    poll(polls, count, milliseconds > 0 ? milliseconds : 0);
    PERL_ASYNC_CHECK();
}

MODULE = AliEn::PoD  PACKAGE = AliEn::PoD

PROTOTYPES: DISABLE

UV
_abi_version()
  CODE:
    RETVAL = alien_pod_abi_version();
  OUTPUT:
    RETVAL

const char *
library_version()
  CODE:
    RETVAL = alien_pod_version();
  OUTPUT:
    RETVAL

INCLUDE: xs/Publisher.xs

INCLUDE: xs/Watcher.xs

INCLUDE: xs/Settings.xs

/*
 * CLDAP.h - libldap, loaded on first use.
 *
 * Only commands that read settings need it, and its name differs from one distribution to the next, which a program
 * that is linked with it would not survive. ldap.h gives the types; what is called is the same in OpenLDAP 2.4 to 2.6.
 */
#ifndef CLDAP_H
#define CLDAP_H

#include <ldap.h>
#include <stddef.h>
#include <sys/time.h>

/* The functions of libldap, under their names without ldap_. */
typedef struct cldap_library {
    int (*_Nonnull initialize)(LDAP *_Nullable *_Nonnull ld, const char *_Nonnull url);
    int (*_Nonnull unbind_ext_s)(
        LDAP *_Nonnull ld, LDAPControl *_Nullable *_Nullable server, LDAPControl *_Nullable *_Nullable client);
    int (*_Nonnull set_option)(LDAP *_Nullable ld, int option, const void *_Nullable value);
    int (*_Nonnull get_option)(LDAP *_Nullable ld, int option, void *_Nonnull value);
    int (*_Nonnull start_tls_s)(
        LDAP *_Nonnull ld, LDAPControl *_Nullable *_Nullable server, LDAPControl *_Nullable *_Nullable client);
    int (*_Nonnull sasl_bind_s)(
        LDAP *_Nonnull ld, const char *_Nullable dn, const char *_Nullable mechanism, struct berval *_Nonnull password,
        LDAPControl *_Nullable *_Nullable server, LDAPControl *_Nullable *_Nullable client,
        struct berval *_Nullable *_Nullable credentials);
    int (*_Nonnull search_ext_s)(
        LDAP *_Nonnull ld, const char *_Nonnull base, int scope, const char *_Nonnull filter,
        char *_Nullable *_Nullable attributes, int only_names, LDAPControl *_Nullable *_Nullable server,
        LDAPControl *_Nullable *_Nullable client, struct timeval *_Nullable timeout, int size_limit,
        LDAPMessage *_Nullable *_Nonnull result);
    LDAPMessage *_Nullable (*_Nonnull first_entry)(LDAP *_Nonnull ld, LDAPMessage *_Nonnull result);
    LDAPMessage *_Nullable (*_Nonnull next_entry)(LDAP *_Nonnull ld, LDAPMessage *_Nonnull entry);
    char *_Nullable (*_Nonnull get_dn)(LDAP *_Nonnull ld, LDAPMessage *_Nonnull entry);
    char *_Nullable (*_Nonnull first_attribute)(
        LDAP *_Nonnull ld, LDAPMessage *_Nonnull entry, BerElement *_Nullable *_Nonnull position);
    char *_Nullable (*_Nonnull next_attribute)(
        LDAP *_Nonnull ld, LDAPMessage *_Nonnull entry, BerElement *_Nullable position);
    struct berval *_Nullable *_Nullable (*_Nonnull get_values_len)(
        LDAP *_Nonnull ld, LDAPMessage *_Nonnull entry, const char *_Nonnull attribute);
    void (*_Nonnull value_free_len)(struct berval *_Nullable *_Nullable values);
    void (*_Nonnull memfree)(void *_Nullable memory);
    int (*_Nonnull msgfree)(LDAPMessage *_Nullable message);
    void (*_Nonnull ber_free)(BerElement *_Nullable position, int free_buffer);
    int (*_Nonnull create_page_control)(
        LDAP *_Nonnull ld, ber_int_t size, struct berval *_Nullable cookie, int is_critical,
        LDAPControl *_Nullable *_Nonnull control);
    int (*_Nonnull parse_result)(
        LDAP *_Nonnull ld, LDAPMessage *_Nonnull result, int *_Nullable code, char *_Nullable *_Nullable matched,
        char *_Nullable *_Nullable message, char *_Nullable *_Nullable *_Nullable referrals,
        LDAPControl *_Nullable *_Nullable *_Nullable controls, int free_result);
    LDAPControl *_Nullable (*_Nonnull control_find)(
        const char *_Nonnull oid, LDAPControl *_Nullable *_Nullable controls,
        LDAPControl *_Nullable *_Nullable *_Nullable next);
    int (*_Nonnull parse_pageresponse_control)(
        LDAP *_Nonnull ld, LDAPControl *_Nonnull control, ber_int_t *_Nullable count, struct berval *_Nonnull cookie);
    void (*_Nonnull control_free)(LDAPControl *_Nullable control);
    void (*_Nonnull controls_free)(LDAPControl *_Nullable *_Nullable controls);
    char *_Nonnull (*_Nonnull err2string)(int code);
    int (*_Nonnull sockbuf_ctrl)(Sockbuf *_Nonnull sockbuf, int option, void *_Nullable value);
} cldap_library;

/* What LDAP_OPT_CONNECT_CB takes: keeps the descriptor of a connection in *socket, -1 when it is closed. Both must live as
 * long as the LDAP handle. */
struct ldap_conncb cldap_note_socket(ber_socket_t *_Nonnull socket);

static inline struct timeval cldap_seconds(long seconds)
{
    struct timeval time = {seconds, 0};
    return time;
}

/* The library, loaded if need be. NULL: *problem_out says why, in static text. Not for several threads at once. */
const cldap_library *_Nullable cldap_load(const char *_Nullable *_Nonnull problem_out);

#endif

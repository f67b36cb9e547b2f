#include "CLDAP.h"

#include <dlfcn.h>

/* Debian 12; EL9 and Debian 13; EL8 and Debian 11, whose plain libldap is not for several threads. */
static const char *const names[] = {"libldap-2.5.so.0", "libldap.so.2", "libldap_r-2.4.so.2"};

static const struct {
    const char *symbol;
    size_t place;
} functions[] = {
    {"ldap_initialize", offsetof(cldap_library, initialize)},
    {"ldap_unbind_ext_s", offsetof(cldap_library, unbind_ext_s)},
    {"ldap_set_option", offsetof(cldap_library, set_option)},
    {"ldap_get_option", offsetof(cldap_library, get_option)},
    {"ldap_start_tls_s", offsetof(cldap_library, start_tls_s)},
    {"ldap_sasl_bind_s", offsetof(cldap_library, sasl_bind_s)},
    {"ldap_search_ext_s", offsetof(cldap_library, search_ext_s)},
    {"ldap_first_entry", offsetof(cldap_library, first_entry)},
    {"ldap_next_entry", offsetof(cldap_library, next_entry)},
    {"ldap_get_dn", offsetof(cldap_library, get_dn)},
    {"ldap_first_attribute", offsetof(cldap_library, first_attribute)},
    {"ldap_next_attribute", offsetof(cldap_library, next_attribute)},
    {"ldap_get_values_len", offsetof(cldap_library, get_values_len)},
    {"ldap_value_free_len", offsetof(cldap_library, value_free_len)},
    {"ldap_memfree", offsetof(cldap_library, memfree)},
    {"ldap_msgfree", offsetof(cldap_library, msgfree)},
    {"ber_free", offsetof(cldap_library, ber_free)},
    {"ldap_create_page_control", offsetof(cldap_library, create_page_control)},
    {"ldap_parse_result", offsetof(cldap_library, parse_result)},
    {"ldap_control_find", offsetof(cldap_library, control_find)},
    {"ldap_parse_pageresponse_control", offsetof(cldap_library, parse_pageresponse_control)},
    {"ldap_control_free", offsetof(cldap_library, control_free)},
    {"ldap_controls_free", offsetof(cldap_library, controls_free)},
    {"ldap_err2string", offsetof(cldap_library, err2string)},
    {"ber_sockbuf_ctrl", offsetof(cldap_library, sockbuf_ctrl)},
};

static cldap_library library;
static int is_loaded;

static int note_socket(LDAP *ld, Sockbuf *sockbuf, LDAPURLDesc *url, struct sockaddr *address, struct ldap_conncb *self)
{
    (void)ld, (void)url, (void)address;
    library.sockbuf_ctrl(sockbuf, LBER_SB_OPT_GET_FD, self->lc_arg);
    return 0;
}

static void forget_socket(LDAP *ld, Sockbuf *sockbuf, struct ldap_conncb *self)
{
    (void)ld, (void)sockbuf;
    *(ber_socket_t *)self->lc_arg = -1;
}

struct ldap_conncb cldap_note_socket(ber_socket_t *socket)
{
    struct ldap_conncb callbacks = {note_socket, forget_socket, socket};
    return callbacks;
}

const cldap_library *cldap_load(const char **problem_out)
{
    void *handle = NULL;
    if (is_loaded)
        return &library;
    for (size_t i = 0; !handle && i < sizeof names / sizeof *names; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *problem_out = "libldap is not installed (Debian: libldap-2.5-0, EL: openldap)";
        return NULL;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        /* A search of the handle goes through what it depends on, where the ber_ functions are. */
        void *function = dlsym(handle, functions[i].symbol);
        if (!function) {
            *problem_out = "libldap is too old: OpenLDAP 2.4 or later is needed";
            return NULL;
        }
        *(void **)((char *)&library + functions[i].place) = function;
    }
    is_loaded = 1;
    return &library;
}

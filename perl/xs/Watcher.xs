MODULE = AliEn::PoD  PACKAGE = AliEn::PoD::Watcher

void
_attach(self)
    SV *self
  PREINIT:
    alien_pod_watcher *watcher = NULL;
    int status;
  CODE:
    if (!SvROK(self) || pod_magic(aTHX_ self, &pod_watcher_table))
        pod_throw(aTHX_ ALIEN_POD_USAGE, "expected a new object");
    POD_CALL(status, alien_pod_watcher_create(&watcher));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, "can't make a watcher");
    pod_attach(aTHX_ self, &pod_watcher_table, watcher);

void
_set(self, name, value, is_path)
    SV *self
    SV *name
    SV *value
    int is_path
  PREINIT:
    pod_handle *handle;
    STRLEN name_length, value_length;
    const char *name_text, *value_text;
    int status;
  CODE:
    handle = WATCHER(self);
    name_text = pod_text(aTHX_ name, 0, &name_length);
    value_text = pod_text(aTHX_ value, is_path, &value_length);
    POD_CALL(status, alien_pod_watcher_set(handle->library, name_text, name_length, value_text, value_length));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_watcher_error(handle->library));

void
_begin(self, once)
    SV *self
    int once
  PREINIT:
    pod_handle *handle;
    int status;
  CODE:
    handle = WATCHER(self);
    POD_CALL(status, alien_pod_watcher_begin(handle->library, once));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_watcher_error(handle->library));

int
_step(self)
    SV *self
  PREINIT:
    pod_handle *handle;
  CODE:
    handle = WATCHER(self);
    POD_CALL(RETVAL, alien_pod_watcher_step(handle->library, &handle->wait));
    if (RETVAL > ALIEN_POD_END)
        pod_throw(aTHX_ RETVAL, alien_pod_watcher_error(handle->library));
  OUTPUT:
    RETVAL

void
_wait(self)
    SV *self
  CODE:
    pod_wait(aTHX_ &WATCHER(self)->wait);

SV *
_found(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    HV *found;
    const char *name, *value;
    size_t index, length;
    int status;
  CODE:
    handle = WATCHER(self);
    found = newHV();
    RETVAL = newRV_noinc((SV *)found);
    for (index = 0;; index++) {
        POD_CALL(status, alien_pod_watcher_found_field(handle->library, index, &name, &value, &length));
        if (status != ALIEN_POD_OK)
            break;
        (void)hv_store(found, name, strlen(name), pod_new_text(aTHX_ value, length), 0);
    }
  OUTPUT:
    RETVAL

void
_worker_ended(self, exit_code)
    SV *self
    int exit_code
  PREINIT:
    pod_handle *handle;
    int status;
  CODE:
    handle = WATCHER(self);
    POD_CALL(status, alien_pod_watcher_worker_ended(handle->library, exit_code));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_watcher_error(handle->library));

SV *
_next_report(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    const char *text = NULL;
    size_t length = 0;
    int status;
  CODE:
    handle = WATCHER(self);
    POD_CALL(status, alien_pod_watcher_next_report(handle->library, &text, &length));
    RETVAL = status == ALIEN_POD_OK ? pod_new_text(aTHX_ text, length) : &PL_sv_undef;
  OUTPUT:
    RETVAL

MODULE = AliEn::PoD  PACKAGE = AliEn::PoD::Publisher

void
_attach(self)
    SV *self
  PREINIT:
    alien_pod_publisher *publisher = NULL;
    int status;
  CODE:
    if (!SvROK(self) || pod_magic(aTHX_ self, &pod_publisher_table))
        pod_throw(aTHX_ ALIEN_POD_USAGE, "expected a new object");
    POD_CALL(status, alien_pod_publisher_create(&publisher));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, "can't make a publisher");
    pod_attach(aTHX_ self, &pod_publisher_table, publisher);

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
    handle = PUBLISHER(self);
    name_text = pod_text(aTHX_ name, 0, &name_length);
    value_text = pod_text(aTHX_ value, is_path, &value_length);
    POD_CALL(status, alien_pod_publisher_set(handle->library, name_text, name_length, value_text, value_length));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_publisher_error(handle->library));

int
_prepare(self)
    SV *self
  PREINIT:
    pod_handle *handle;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(RETVAL, alien_pod_publisher_prepare(handle->library, &handle->wait));
    if (RETVAL > ALIEN_POD_END)
        pod_throw(aTHX_ RETVAL, alien_pod_publisher_error(handle->library));
  OUTPUT:
    RETVAL

int
_publish(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    int32_t datagrams = 0;
    int status;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(status, alien_pod_publisher_publish(handle->library, &datagrams));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_publisher_error(handle->library));
    RETVAL = datagrams;
  OUTPUT:
    RETVAL

int
_step(self)
    SV *self
  PREINIT:
    pod_handle *handle;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(RETVAL, alien_pod_publisher_step(handle->library, &handle->wait));
    if (RETVAL > ALIEN_POD_END)
        pod_throw(aTHX_ RETVAL, alien_pod_publisher_error(handle->library));
  OUTPUT:
    RETVAL

void
_wait(self)
    SV *self
  CODE:
    pod_wait(aTHX_ &PUBLISHER(self)->wait);

SV *
_next_report(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    const char *text = NULL;
    size_t length = 0;
    int status;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(status, alien_pod_publisher_next_report(handle->library, &text, &length));
    RETVAL = status == ALIEN_POD_OK ? pod_new_text(aTHX_ text, length) : &PL_sv_undef;
  OUTPUT:
    RETVAL

SV *
_message(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    const char *text;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(text, alien_pod_publisher_error(handle->library));
    RETVAL = pod_new_text(aTHX_ text, strlen(text));
  OUTPUT:
    RETVAL

UV
datagrams(self)
    SV *self
  PREINIT:
    pod_handle *handle;
  CODE:
    handle = PUBLISHER(self);
    POD_CALL(RETVAL, (UV)alien_pod_publisher_datagrams(handle->library));
  OUTPUT:
    RETVAL

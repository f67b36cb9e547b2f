MODULE = AliEn::PoD  PACKAGE = AliEn::PoD::Settings

void
_attach(self)
    SV *self
  PREINIT:
    alien_pod_settings *settings = NULL;
    int status;
  CODE:
    if (!SvROK(self) || pod_magic(aTHX_ self, &pod_settings_table))
        pod_throw(aTHX_ ALIEN_POD_USAGE, "expected a new object");
    POD_CALL(status, alien_pod_settings_create(&settings));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, "can't make settings");
    pod_attach(aTHX_ self, &pod_settings_table, settings);

void
_add(self, key, value)
    SV *self
    SV *key
    SV *value
  PREINIT:
    pod_handle *handle;
    STRLEN key_length, value_length;
    const char *key_text, *value_text;
    int status;
  CODE:
    handle = SETTINGS(self);
    key_text = pod_text(aTHX_ key, 0, &key_length);
    value_text = pod_text(aTHX_ value, 0, &value_length);
    POD_CALL(status, alien_pod_settings_add(handle->library, key_text, key_length, value_text, value_length));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_settings_error(handle->library));

void
_require(self, name)
    SV *self
    SV *name
  PREINIT:
    pod_handle *handle;
    STRLEN length;
    const char *text;
    int status;
  CODE:
    handle = SETTINGS(self);
    text = pod_text(aTHX_ name, 0, &length);
    POD_CALL(status, alien_pod_settings_require(handle->library, text, length));
    if (status != ALIEN_POD_OK)
        pod_throw(aTHX_ status, alien_pod_settings_error(handle->library));

SV *
_value(self, name, index)
    SV *self
    SV *name
    UV index
  PREINIT:
    pod_handle *handle;
    STRLEN name_length;
    const char *name_text, *value = NULL;
    size_t length = 0;
    int status;
  CODE:
    handle = SETTINGS(self);
    name_text = pod_text(aTHX_ name, 0, &name_length);
    POD_CALL(status, alien_pod_settings_value(handle->library, name_text, name_length, index, &value, &length));
    if (status > ALIEN_POD_END)
        pod_throw(aTHX_ status, alien_pod_settings_error(handle->library));
    RETVAL = status == ALIEN_POD_OK ? pod_new_text(aTHX_ value, length) : &PL_sv_undef;
  OUTPUT:
    RETVAL

SV *
_next_report(self)
    SV *self
  PREINIT:
    pod_handle *handle;
    const char *text = NULL;
    size_t length = 0;
    int status;
  CODE:
    handle = SETTINGS(self);
    POD_CALL(status, alien_pod_settings_next_report(handle->library, &text, &length));
    RETVAL = status == ALIEN_POD_OK ? pod_new_text(aTHX_ text, length) : &PL_sv_undef;
  OUTPUT:
    RETVAL

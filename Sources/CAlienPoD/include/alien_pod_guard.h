/*
 * alien_pod_guard.h - for the library's own use: one mutex around every call.
 *
 * A threaded host may fork at any time. Never to be held while waiting.
 */
#ifndef ALIEN_POD_GUARD_H
#define ALIEN_POD_GUARD_H

__attribute__((visibility("hidden"))) void alien_pod_guard_enter(void);
__attribute__((visibility("hidden"))) void alien_pod_guard_leave(void);

#endif

#include "alien_pod_guard.h"

#include <pthread.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock(void) { pthread_mutex_lock(&guard); }
static void unlock(void) { pthread_mutex_unlock(&guard); }

/* A thread that forks while another is inside the library would leave the child a locked mutex and a half-made value of
   the Swift runtime: the fork waits for the other to come out. */
static void register_handlers(void) { pthread_atfork(lock, unlock, unlock); }

void alien_pod_guard_enter(void)
{
    pthread_once(&once, register_handlers);
    lock();
}

void alien_pod_guard_leave(void) { unlock(); }

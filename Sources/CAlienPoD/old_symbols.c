/*
 * Functions that got a new symbol version in a later glibc, taken at their old one, so that the library loads on the
 * older systems of worker nodes. Each hidden definition takes the place of the newer symbol within this library and
 * hands the call on. Only where the oldest version is known: elsewhere the library needs the glibc it was built with.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/* It has definitions of its own, and calls them before anything else may run. */
#define IS_WATCHED 1
#endif
#endif

#if defined(__linux__) && defined(__x86_64__) && !defined(IS_WATCHED)

#include <stddef.h>

#define HIDDEN __attribute__((visibility("hidden")))
#define OLD(function) __asm__(".symver old_" #function "," #function "@GLIBC_2.2.5")

#define FORWARD_1(result, function, first)                                                                             \
    OLD(function);                                                                                                     \
    extern result old_##function(first);                                                                               \
    HIDDEN result function(first a) { return old_##function(a); }
#define FORWARD_2(result, function, first, second)                                                                     \
    OLD(function);                                                                                                     \
    extern result old_##function(first, second);                                                                       \
    HIDDEN result function(first a, second b) { return old_##function(a, b); }

FORWARD_1(double, exp, double)
FORWARD_1(double, exp2, double)
FORWARD_1(double, log, double)
FORWARD_1(double, log2, double)
FORWARD_1(float, exp2f, float)
FORWARD_1(float, expf, float)
FORWARD_1(float, log2f, float)
FORWARD_1(float, logf, float)
FORWARD_2(float, powf, float, float)
FORWARD_2(float, hypotf, float, float)

FORWARD_2(void *, dlopen, const char *, int)
FORWARD_2(void *, dlsym, void *, const char *)
FORWARD_2(int, dladdr, const void *, void *)
OLD(dlerror);
extern char *old_dlerror(void);
HIDDEN char *dlerror(void) { return old_dlerror(); }

OLD(pthread_once);
extern int old_pthread_once(int *, void (*)(void));
HIDDEN int pthread_once(int *once, void (*routine)(void)) { return old_pthread_once(once, routine); }

OLD(pthread_sigmask);
extern int old_pthread_sigmask(int, const void *, void *);
HIDDEN int pthread_sigmask(int how, const void *set, void *old) { return old_pthread_sigmask(how, set, old); }

OLD(pthread_attr_getstack);
extern int old_pthread_attr_getstack(const void *, void **, size_t *);
HIDDEN int pthread_attr_getstack(const void *attributes, void **stack, size_t *size)
{
    return old_pthread_attr_getstack(attributes, stack, size);
}

OLD(pthread_getattr_np);
extern int old_pthread_getattr_np(unsigned long, void *);
HIDDEN int pthread_getattr_np(unsigned long thread, void *attributes)
{
    return old_pthread_getattr_np(thread, attributes);
}

/* The mode and value are only there with O_CREAT. */
OLD(sem_open);
extern void *old_sem_open(const char *, int, unsigned, unsigned);
HIDDEN void *sem_open(const char *name, int flags, unsigned mode, unsigned value)
{
    return old_sem_open(name, flags, mode, value);
}

/* Before glibc 2.33 these were inline functions over versioned ones; 1 is the layout of x86_64. */
OLD(__xstat);
OLD(__fxstat);
extern int old___xstat(int, const char *, void *);
extern int old___fxstat(int, int, void *);
HIDDEN int stat(const char *path, void *status) { return old___xstat(1, path, status); }
HIDDEN int fstat(int descriptor, void *status) { return old___fxstat(1, descriptor, status); }

/* What libsodium asks of glibc 2.25 or later: the first it does without where the kernel has none. */
extern long syscall(long, ...);
HIDDEN long getrandom(void *bytes, size_t size, unsigned flags) { return syscall(318, bytes, size, flags); }

HIDDEN void __explicit_bzero_chk(void *bytes, size_t size, size_t room)
{
    (void)room;
    __builtin_memset(bytes, 0, size);
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

/* std::__throw_bad_array_new_length came with GCC 11; what it does with an impossible size is end the process too. */
extern void abort(void) __attribute__((noreturn));
HIDDEN void _ZSt28__throw_bad_array_new_lengthv(void) { abort(); }

#endif

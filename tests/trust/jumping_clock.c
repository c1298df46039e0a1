/* A wall clock that steps, for tests: a library to preload. In every second it goes back by an hour
 * and forward again, as one that is set by NTP or by hand. The monotonic clocks are the real ones. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static int next(clockid_t clock, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, t);
}

static long step(void)
{
    struct timespec t;
    next(CLOCK_MONOTONIC, &t);
    return t.tv_nsec < 500000000 ? -3600 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = next(clock, t);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        t->tv_sec += step();
    return result;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    next(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec + step(), t->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *given)
{
    struct timespec now;
    next(CLOCK_REALTIME, &now);
    now.tv_sec += step();
    if (given)
        *given = now.tv_sec;
    return now.tv_sec;
}

/*
 * A PKCS#11 module that misbehaves to order. It stands before a real one, which it loads from its own folder, and wraps
 * every function of its list: each call is counted, and may be delayed, held, or answered with an error instead.
 * Orders come through the functions at the end, from within the same process. The list is known by position
 * (PKCS#11 v2.40, pkcs11f.h), so no headers of anybody are needed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUNCTIONS 68
typedef unsigned long word;
typedef word (*call)(word, word, word, word, word, word, word, word);

struct list { unsigned char version[2]; void *functions[FUNCTIONS]; };

static struct list mine, *real;
static char module[4096], settings[4096];
static atomic_ulong answer[FUNCTIONS];
static atomic_long calls[FUNCTIONS], times[FUNCTIONS], delay[FUNCTIONS];
static atomic_int held[FUNCTIONS], let[FUNCTIONS];
static atomic_int within;
static atomic_ulong flags;

static void pause_for(long milliseconds)
{
    struct timespec span = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    nanosleep(&span, NULL);
}

/* One of those that wait may go. */
static int takes_leave(int n)
{
    int left = let[n];
    while (left > 0) if (atomic_compare_exchange_weak(&let[n], &left, left - 1)) return 1;
    return 0;
}

static word pass(int n, word a, word b, word c, word d, word e, word f, word g, word h)
{
    atomic_fetch_add(&calls[n], 1);
    if (n == 0) setenv("SOFTHSM2_CONF", settings, 1);
    atomic_fetch_add(&within, 1);
    if (delay[n]) pause_for(delay[n]);
    while (held[n] && !takes_leave(n)) pause_for(2);
    atomic_fetch_sub(&within, 1);
    if (answer[n] && atomic_fetch_sub(&times[n], 1) > 0) return answer[n];
    word result = ((call)real->functions[n])(a, b, c, d, e, f, g, h);
    /* CK_TOKEN_INFO: label, manufacturer, model and serial number, 96 octets, then the flags. */
    if (n == 6 && !result) *(word *)(b + 96) |= flags;
    return result;
}

#define WRAP(n) static word w##n(word a, word b, word c, word d, word e, word f, word g, word h) { return pass(n, a, b, c, d, e, f, g, h); }
#define TEN(t) WRAP(t##0) WRAP(t##1) WRAP(t##2) WRAP(t##3) WRAP(t##4) WRAP(t##5) WRAP(t##6) WRAP(t##7) WRAP(t##8) WRAP(t##9)
WRAP(0) WRAP(1) WRAP(2) WRAP(3) WRAP(4) WRAP(5) WRAP(6) WRAP(7) WRAP(8) WRAP(9)
TEN(1) TEN(2) TEN(3) TEN(4) TEN(5)
WRAP(60) WRAP(61) WRAP(62) WRAP(63) WRAP(64) WRAP(65) WRAP(66) WRAP(67)

#define NAME(n) (void *)w##n
#define NAMES(t) NAME(t##0), NAME(t##1), NAME(t##2), NAME(t##3), NAME(t##4), NAME(t##5), NAME(t##6), NAME(t##7), NAME(t##8), NAME(t##9)
static void *wrappers[FUNCTIONS] = {
    NAME(0), NAME(1), NAME(2), NAME(3), NAME(4), NAME(5), NAME(6), NAME(7), NAME(8), NAME(9),
    NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5),
    NAME(60), NAME(61), NAME(62), NAME(63), NAME(64), NAME(65), NAME(66), NAME(67) };

word C_GetFunctionList(struct list **out)
{
    if (!real) {
        void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
        word (*get)(struct list **) = library ? (word (*)(struct list **))dlsym(library, "C_GetFunctionList") : NULL;
        if (!get || get(&real)) return 5;
        mine = *real;
        memcpy(mine.functions, wrappers, sizeof wrappers);
        mine.functions[3] = (void *)C_GetFunctionList;
    }
    *out = &mine;
    return 0;
}

void set_module(const char *path, const char *configuration)
{
    strncpy(module, path, sizeof module - 1);
    strncpy(settings, configuration, sizeof settings - 1);
}

void set_answer(int n, word value, long count) { answer[n] = 0; times[n] = count; answer[n] = value; }
void set_delay(int n, long milliseconds) { delay[n] = milliseconds; }
void set_held(int n, int on) { let[n] = 0; held[n] = on; }
void let_go(int n, int count) { atomic_fetch_add(&let[n], count); }
void set_token_flags(word value) { flags = value; }
long count_calls(int n) { return calls[n]; }
int count_within(void) { return within; }

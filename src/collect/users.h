/*
 * The names of users. Whoever is asked for one, a directory server or what else nsswitch.conf(5)
 * names, may not answer, and is code of others in our own memory, which has been seen to end the
 * process when memory is short: so a scout asks. What is known is good for half a minute.
 */
#ifndef COLLECT_USERS_H
#define COLLECT_USERS_H

#include <stdint.h>

#include "collect/scout.h"

struct users;

/* NULL when there is no memory. */
struct users *users_new(void);
void users_free(struct users *users);

/*
 * Learns the names of these users, each of them once in the list, that are not known. 0 or -ENOMEM;
 * who does not answer is no error.
 */
int users_ask(struct users *users, struct scouts *scouts, const uint32_t *uids, uint32_t count);

/* The number of one who has no name; NULL when nobody has answered. Good until users_ask(). */
const char *users_name(const struct users *users, uint32_t uid);

#endif

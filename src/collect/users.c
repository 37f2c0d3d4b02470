#include "collect/users.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LIMIT_MS = 300, GOOD_FOR_MS = 30000 };

struct user {
	uint32_t uid;
	char name[LOGIN_NAME_MAX]; /* empty without an answer */
};

struct users {
	struct user *list;
	uint32_t count;
	int64_t since_ms;        /* when the first of them was asked for */
};

struct users *users_new(void)
{
	return calloc(1, sizeof(struct users));
}

void users_free(struct users *users)
{
	if (users)
		free(users->list);
	free(users);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ask(void *context, uint32_t i)
{
	struct user *user = (struct user *)context + i;
	const struct passwd *found = getpwuid(user->uid);

	if (found)
		snprintf(user->name, sizeof(user->name), "%s", found->pw_name);
	else
		snprintf(user->name, sizeof(user->name), "%u", user->uid);
}

/* No pipe has that device. */
static struct goal goal_of(const void *context, uint32_t i)
{
	return (struct goal){ UINT64_MAX, ((const struct user *)context)[i].uid };
}

/* Adds those who have answered. */
static int keep(struct users *users, const struct user *asked, uint32_t count)
{
	size_t room = (size_t)users->count + count + 1;
	struct user *larger = reallocarray(users->list, room, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	users->list = larger;
	for (uint32_t i = 0; i < count; i++)
		if (*asked[i].name)
			larger[users->count++] = asked[i];
	return 0;
}

static void forget_the_old(struct users *users)
{
	if (users->count && now_ms() - users->since_ms > GOOD_FOR_MS)
		users->count = 0;
	if (!users->count)
		users->since_ms = now_ms();
}

int users_ask(struct users *users, struct scouts *scouts, const uint32_t *uids, uint32_t count)
{
	const size_t size = count * sizeof(struct user);
	struct user *asked = scout_memory(size);
	struct errand errand = {
		.step = ask, .goal = goal_of, .context = asked, .limit_ms = LIMIT_MS,
	};
	int r = asked ? 0 : -ENOMEM;

	forget_the_old(users);
	for (uint32_t i = 0; i < count && asked; i++)
		if (!users_name(users, uids[i]))
			asked[errand.count++].uid = uids[i];
	if (errand.count) {
		scout_do(scouts, &errand);
		r = keep(users, asked, errand.count);
	}
	scout_forget(asked, size);
	return r;
}

const char *users_name(const struct users *users, uint32_t uid)
{
	for (uint32_t i = 0; i < users->count; i++)
		if (users->list[i].uid == uid)
			return users->list[i].name;
	return NULL;
}

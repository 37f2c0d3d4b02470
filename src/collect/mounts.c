/* Local mounts of all mount namespaces that were met, proc_pid_mountinfo(5). */
#include "collect/mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

struct mounts {
	uint64_t *namespaces;       /* that were read, our own first */
	size_t namespace_count;
	int64_t *local;          /* ids, ascending; those of no mount twice */
	size_t count;
};

/* File systems whose files the kernel itself answers for. */
static const char *const local_types[] = {
	"autofs", "bdev", "binfmt_misc", "bpf", "btrfs", "cgroup", "cgroup2", "configfs", "debugfs",
	"devpts", "devtmpfs", "ecryptfs", "efivarfs", "erofs", "ext2", "ext3", "ext4", "f2fs",
	"fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs",
	"rootfs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs", "vfat", "xfs",
	"zfs",
};

static bool is_local_type(const struct mount_line *line)
{
	for (size_t i = 0; i < sizeof(local_types) / sizeof(*local_types); i++)
		if (strlen(local_types[i]) == line->type_length &&
		    memcmp(local_types[i], line->type, line->type_length) == 0)
			return true;
	return false;
}

static int compare_ids(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* "mnt:[4026531841]", namespaces(7); 0 when it can't be told. To follow the link costs more. */
static uint64_t namespace_of(int fd_dir)
{
	char link[64];
	ssize_t length = readlinkat(fd_dir, "../ns/mnt", link, sizeof(link) - 1);

	link[length > 0 ? length : 0] = '\0';
	return strncmp(link, "mnt:[", 5) == 0 ? strtoull(link + 5, NULL, 10) : 0;
}

static bool was_read(const struct mounts *m, uint64_t namespace)
{
	for (size_t i = 0; i < m->namespace_count; i++)
		if (m->namespaces[i] == namespace)
			return true;
	return false;
}

static bool note_namespace(struct mounts *m, uint64_t namespace)
{
	uint64_t *larger = reallocarray(m->namespaces, m->namespace_count + 1, sizeof(*larger));

	if (!larger)
		return false;
	m->namespaces = larger;
	m->namespaces[m->namespace_count++] = namespace;
	return true;
}

/* A line is longer than 16 bytes. */
static void add_all(struct mounts *m, const char *text, size_t length)
{
	int64_t *larger = reallocarray(m->local, m->count + length / 16 + 1, sizeof(*larger));
	struct mount_line line;
	size_t offset = 0;

	if (!larger)
		return;
	m->local = larger;
	while (parse_mountinfo(text, length, &offset, &line) == 1)
		if (is_local_type(&line))
			m->local[m->count++] = line.id;
	qsort(m->local, m->count, sizeof(*m->local), compare_ids);
}

/* What can't be read is read once, and leaves its mounts unknown. */
static void read_namespace(struct mounts *m, int fd_dir, uint64_t namespace)
{
	char *text = NULL;
	ssize_t length;

	if (!note_namespace(m, namespace))
		return;
	length = proc_read_all(fd_dir, "../mountinfo", &text);
	if (length > 0)
		add_all(m, text, (size_t)length);
	if (length >= 0)
		free(text);
}

struct mounts *mounts_new(void)
{
	__attribute__((cleanup(proc_close))) int fd_dir =
		open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mounts *m = calloc(1, sizeof(*m));

	if (m)
		read_namespace(m, fd_dir, namespace_of(fd_dir));
	return m;
}

void mounts_free(struct mounts *m)
{
	if (!m)
		return;
	free(m->namespaces);
	free(m->local);
	free(m);
}

bool mounts_are_ours(const struct mounts *m, int fd_dir)
{
	uint64_t namespace = namespace_of(fd_dir);

	return namespace && m->namespace_count && m->namespaces[0] == namespace;
}

static bool is_known(const struct mounts *m, int64_t id)
{
	return m->count && bsearch(&id, m->local, m->count, sizeof(*m->local), compare_ids);
}

bool mounts_is_local(struct mounts *m, int fd_dir, int64_t id)
{
	uint64_t namespace;

	if (is_known(m, id))
		return true;
	namespace = namespace_of(fd_dir);
	if (!namespace || was_read(m, namespace))
		return false;
	read_namespace(m, fd_dir, namespace);
	return is_known(m, id);
}

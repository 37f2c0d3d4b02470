/*
 * The exit status is an answer, and nobody else gives one in our name. Libraries end programs, too:
 * libnuma, which libproc2 loads, calls exit(1) when it finds no memory, and 1 would say "deadlock".
 * main's room.
 */
#ifndef ENDING_H
#define ENDING_H

/*
 * From now on, whoever else calls exit(3) ends the process with that status, and with that line on
 * standard error once `before`, unless it is NULL, has run. A child ends without any of that:
 * behind its descriptors may be what it looks at. What stdio holds is not written.
 */
void ending_guard(const char *line, int status, void (*before)(void));

/* The only way out, but for children. */
_Noreturn void ending_exit(int status);

#endif

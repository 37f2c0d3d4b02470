/*
 * The child of the story that pipetop was made for: so many lines on standard error.
 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int lines = argc > 1 ? atoi(argv[1]) : 1;

	while (lines-- > 0)
		fprintf(stderr, "Hello stderr\n");
	return 0;
}

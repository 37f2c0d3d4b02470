/*
 * The form of gdb's bt: number, address, function, then the source line or else the file. As
 * there, a frame has no address when the one before it was put inline into it: it is the same.
 */
#include "words/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"

static const char *const ends[] = {
	[TRACE_TIMED_OUT] = "not read: no answer in time",
	[TRACE_COMPLETE] = NULL,
	[TRACE_INCOMPLETE] = "incomplete from here: where its caller is cannot be told for sure",
	[TRACE_CUT] = "cut here: there is more than is shown",
	[TRACE_RUNNING] = "running: no stack to show",
	[TRACE_MOVED] = "ran on while it was read: no stack to show",
	[TRACE_GONE] = "has ended",
	[TRACE_DENIED] = "not read: not permitted",
	[TRACE_UNSUPPORTED] = "not read: no way to do that for this program",
};

const char *trace_end_text(enum trace_end end)
{
	return ends[end];
}

static void print_escaped(FILE *out, const char *text)
{
	char *escaped = escape_dup(text);

	fputs(escaped ? escaped : "?", out);
	free(escaped);
}

static void print_frame(FILE *out, const struct trace *trace, uint32_t number,
                        int32_t address_bytes)
{
	const struct frame *frame = &trace->frames[number];
	bool inside = number > 0 && trace->frames[number - 1].inlined;

	fprintf(out, "#%-2u ", number);
	if (!inside)
		fprintf(out, "0x%0*llx in ", address_bytes * 2, (unsigned long long)frame->pc);
	print_escaped(out, frame->function ? frame->function : "??");
	fputs(" ()", out);
	if (frame->source) {
		fputs(" at ", out);
		print_escaped(out, frame->source);
		if (frame->line > 0)
			fprintf(out, ":%d", frame->line);
	} else if (frame->library) {
		fputs(" from ", out);
		print_escaped(out, frame->library);
	}
}

char *trace_frame(const struct trace *trace, uint32_t number, int32_t address_bytes)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_frame(out, trace, number, address_bytes);
	fclose(out);
	return text;
}

/* "[<0>] anon_pipe_write+0x2f1/0x5b0" a line: the address is hidden anyway. */
static void print_kernel(FILE *out, const char *lines)
{
	fputs("in the kernel:\n", out);
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		const char *name = memchr(lines, ' ', length);
		char line[256];

		name = name ? name + 1 : lines;
		escape_bytes(line, sizeof(line), name, length - (size_t)(name - lines));
		fprintf(out, "    %s\n", line);
		lines += length + (lines[length] == '\n');
	}
}

static void print_thread(FILE *out, const struct trace *trace, int32_t address_bytes)
{
	const char *end = trace_end_text(trace->end);

	fprintf(out, "Thread %d (", trace->tid);
	print_escaped(out, trace->comm);
	fputs("):\n", out);
	for (uint32_t i = 0; i < trace->frame_count; i++) {
		print_frame(out, trace, i, address_bytes);
		fputc('\n', out);
	}
	if (trace->measured >= 0)
		fprintf(out,
		        "(what follows #%d rests on the size of its frame, read from its code)\n",
		        trace->measured);
	if (end)
		fprintf(out, "(%s)\n", end);
	if (trace->kernel)
		print_kernel(out, trace->kernel);
}

char *trace_text(const struct traces *t)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (uint32_t i = 0; i < t->count; i++) {
		if (i > 0)
			fputc('\n', out);
		print_thread(out, &t->traces[i], t->address_bytes);
	}
	fclose(out);
	return text;
}

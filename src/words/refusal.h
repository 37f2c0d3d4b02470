/* Why something that was asked to be done was not, by -errno: one clause. */
#ifndef WORDS_REFUSAL_H
#define WORDS_REFUSAL_H

/* Static text; what is no case of its own reads as strerror(3) has it. */
const char *refusal_text(int error);

#endif

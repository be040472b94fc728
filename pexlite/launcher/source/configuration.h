/* What is sealed into the file, read behind the launcher's own bytes (archive/launcher_configuration.py).

       pexlite launcher 1 00001234
       build_id 0123456789abcdef
       set NAME=VALUE

   The number is that of all bytes. Each line has a key and a value; control characters, "%" and, in values that are
   lists, blanks are written as %20. */

#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include "text.h"

static const char CONFIGURATION[] = "pexlite launcher 1 ";
enum { MOST_CONFIGURATION = 65536 };

struct line { const char *key, *value; };

static struct line *lines;

static int digit(char letter)
{
    return letter >= '0' && letter <= '9' ? letter - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The text with its %20, in place. */
static const char *decoded(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%' && digit(from[1]) >= 0 && digit(from[2]) >= 0) {
            *to++ = (char)(digit(from[1]) << 4 | digit(from[2]));
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    return text;
}

/* Read the lines that begin at `offset` of the open file. */
static void read_configuration(long file, u64 offset)
{
    char *text = memory(MOST_CONFIGURATION + 1);
    long got = 0;
    u64 length = 0;
    while (length < MOST_CONFIGURATION && (got = call4(PREAD, file, text + length, MOST_CONFIGURATION - length, offset + length)) > 0)
        length += (u64)got;
    text[length] = 0;
    u64 size = begins(text, CONFIGURATION) ? value_of_digits(text + sizeof CONFIGURATION - 1) : 0;
    if (!size || size > length)
        fail_damaged("it is cut off, or has been changed");
    text[size] = 0;
    size_t count = 0;
    for (u64 at = 0; at < size; at++)
        count += text[at] == '\n';
    lines = memory((count + 1) * sizeof *lines);
    struct line *to = lines;
    for (char *line; (line = next_line(&text)); to++) {
        char *blank = line;
        while (*blank && *blank != ' ')
            blank++;
        to->key = line;
        to->value = *blank ? blank + 1 : blank;
        *blank = 0;
    }
    to->key = 0;
}

static const char *configured(const char *key)
{
    for (struct line *line = lines; line->key; line++)
        if (!strcmp(line->key, key))
            return decoded(part_of(line->value, strlen(line->value)));
    return "";
}

/* The next line with this key from `*line` on, which is moved behind it: its value; 0 where there is none. */
static const char *next_configured(struct line **line, const char *key)
{
    for (; (*line)->key; (*line)++)
        if (!strcmp((*line)->key, key)) {
            const char *found = ((*line)++)->value;
            return decoded(part_of(found, strlen(found)));
        }
    return 0;
}

/* One Python that the file carries. */
struct own_python {
    const char *sha256, *name, *libc, *program, *loader; /* `name`: of its directory; `libc`: "glibc 2.17", or "" */
    u64 offset, size, unpacked;
};

/* The next Python from `*line` on; false where there is none. */
static int next_own_python(struct line **line, struct own_python *own)
{
    while ((*line)->key && strcmp((*line)->key, "interpreter"))
        (*line)++;
    if (!(*line)->key)
        return 0;
    const char *text = ((*line)++)->value, *fields[7];
    for (int at = 0; at < 7; at++) {
        size_t length = 0;
        while (text[length] && text[length] != ' ')
            length++;
        fields[at] = decoded(part_of(text, length));
        text += length + (text[length] == ' ');
    }
    if (strlen(fields[0]) != 64)
        fail_damaged("it is cut off, or has been changed");
    own->sha256 = fields[0];
    own->name = part_of(fields[0], 32);
    own->offset = value_of_digits(fields[1]);
    own->size = value_of_digits(fields[2]);
    own->unpacked = value_of_digits(fields[3]);
    own->program = fields[4];
    own->libc = fields[5];
    own->loader = fields[6];
    return 1;
}

#endif

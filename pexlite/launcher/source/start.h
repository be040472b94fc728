/* A start: by the pointer that the first one left, else by a Python with the file. As the sh header (header.py). */

#ifndef START_H
#define START_H

#include "interpreter.h"

/* Arguments for a program: `words` with the rest of the file's own behind them. */
struct words { const char **first; size_t count; };

static void add(struct words *words, const char *word)
{
    if (word)
        words->first[words->count++] = word;
    words->first[words->count] = 0;
}

static struct words words_with(char **arguments)
{
    size_t count = 0;
    while (arguments[count])
        count++;
    for (struct line *line = lines; line->key; line++)
        count++;
    struct words words = {memory((count + 8) * sizeof(char *)), 0};
    return words;
}

static void add_all_configured(struct words *words, const char *key)
{
    struct line *line = lines;
    for (const char *word; (word = next_configured(&line, key));)
        add(words, word);
}

static long run(struct words *words, char **arguments)
{
    while (*arguments)
        add(words, *arguments++);
    return call3(EXECVE, words->first[0], words->first, environment);
}

/* -- Spark -- */

enum spark { NOT_SPARKS, PERHAPS_SPARKS, WORKER };

/* Whether this may be a start of Spark's, which the file's boot sees to, or that of a worker by Spark's Java. */
static enum spark asked_by_spark(const char *called, char **arguments)
{
    const char *first = arguments[0] ? arguments[0] : "", *second = arguments[0] && arguments[1] ? arguments[1] : "";
    const char *text = joined(value("PYSPARK_GATEWAY_PORT"), ":", first, " ", second);
    size_t count = 0;
    while (arguments[count])
        count++;
    if ((*text >= '0' && *text <= '9') || begins(text, ":-VV ") || begins(text, ":-c import sys; print(") ||
        (begins(text, ":-c ") && found_in(text + 4, "import pkg_resources")) || ends(text, "/find_spark_home.py "))
        return PERHAPS_SPARKS;
    if (!begins(text, ":-m "))
        return NOT_SPARKS;
    if (!*joined(value("PYTHON_WORKER_FACTORY_SECRET"), value("PYTHON_WORKER_FACTORY_SOCK_DIR"),
                 value("PYTHON_WORKER_FACTORY_SOCK_PATH")))
        return NOT_SPARKS;
    char *parent = content_of(joined("/proc/", number((u64)call1(GETPPID, 0)), "/comm"), 64);
    const char *name = parent ? next_line(&parent) : 0;
    int is_java = name && (!strcmp(name, "java") || ends(name, ":java"));
    return !ends(called, ".py") && is_java && (count == 2 || count == 3) ? WORKER : PERHAPS_SPARKS;
}

/* -- the warm way -- */

static int is_here(const char *path, int with_content)
{
    struct file_status found;
    return !status_of(path, &found) && (!with_content || found.size > 0);
}

static int is_regular(const char *path)
{
    struct file_status found;
    return !status_of(path, &found) && (found.mode & KIND) == REGULAR;
}

static int is_mine(const char *path)
{
    struct file_status found;
    return !status_of(path, &found) && found.owner == user();
}

static int is_asked(void)
{
    struct line *line = lines;
    for (const char *name; (name = next_configured(&line, "asked"));)
        if (*value(name))
            return 1;
    return 0;
}

static void seal(const char *app)
{
    struct line *line = lines;
    for (const char *pair; (pair = next_configured(&line, "set"));) {
        size_t length = 0;
        while (pair[length] && pair[length] != '=')
            length++;
        const char *name = part_of(pair, length);
        if (!variable(name))
            set(name, pair[length] ? pair + length + 1 : "");
    }
    const char *where = configured("bin_path"), *path = value("PATH");
    if (!strcmp(where, "prepend"))
        set("PATH", joined(app, "/bin:", path));
    else if (!strcmp(where, "append"))
        set("PATH", joined(path, ":", app, "/bin"));
}

/* Whether the file is newer than the pointer, which has the time of the newest of those that it names. */
static int is_newer(const char *path, const struct file_status *pointer)
{
    struct file_status found;
    return !status_of(path, &found) && (found.changed[0] > pointer->changed[0] ||
                                        (found.changed[0] == pointer->changed[0] && found.changed[1] > pointer->changed[1]));
}

/* Whether the prefix that the rest of a pointer names is damaged, or of the files named behind it one is missing or
   has been changed.

   A pointer without a prefix leads to an app on a Python of the host, which only --prefer-host takes. */
static int lacks_needed(char **text, const char *pointer)
{
    struct file_status pointed;
    const char *prefix = next_line(text), *needed = prefix ? next_line(text) : 0;
    if (!needed || !*prefix)
        return !*configured("prefer_host");
    if (is_here(joined(prefix, "/DAMAGED"), 0))
        return 1;
    if (status_of(pointer, &pointed))
        return 1;
    while (needed && *needed) {
        size_t length = 0;
        while (needed[length] && needed[length] != ' ')
            length++;
        const char *path = joined(prefix, "/", part_of(needed, length));
        if (length && (!is_here(path, 1) || is_newer(path, &pointed)))
            return 1;
        needed += length + (needed[length] == ' ');
    }
    return 0;
}

/* Become the app to which a pointer leads. Returns where it leads nowhere. */
static void follow(const char *pointer, const char *called, const char *pex, enum spark spark, char **arguments)
{
    char *text = is_mine(pointer) ? content_of(pointer, 3 * 4096) : 0;
    const char *python = text ? next_line(&text) : 0, *script = python ? next_line(&text) : 0;
    const char *loader = script ? next_line(&text) : 0, *bin = 0;
    for (const char *at = loader ? python : ""; (at = found_in(at, "/bin/")); at++)
        bin = at;
    if (!bin || !is_here(loader, 0))
        return;
    const char *app = part_of(python, (size_t)(bin - python));
    if (!is_mine(app) || !is_here(joined(app, "/READY"), 1) || call3(FACCESSAT, HERE, python, EXECUTABLE) ||
        !is_here(*script ? script : python, 1) || lacks_needed(&text, pointer))
        return;
    char **before = environment;
    size_t count = 0;
    while (before[count])
        count++;
    environment = memory((count + 1) * sizeof *environment);
    memcpy(environment, before, (count + 1) * sizeof *environment);
    set("PEX", pex);
    struct line *line = lines;
    for (const char *name; (name = next_configured(&line, "asked"));)
        unset(name);
    unset("PEX_CHOSEN_PYTHON");
    unset("PYTHONHOME");
    tell_origin(python);
    struct words words = words_with(arguments);
    if (*configured("by_python")) {
        add(&words, joined(app, "/bin/python"));
        add(&words, called);
    } else {
        seal(app);
        if (spark == WORKER) {
            add(&words, joined(app, "/bin/python"));
        } else {
            add(&words, python);
            add_all_configured(&words, "option");
            if (*script) {
                add(&words, script);
                add(&words, *configured("itself") ? called : 0);
            }
            add_all_configured(&words, "argument");
        }
    }
    run(&words, arguments);
    environment = before; /* as if it had not been there */
}

static void start_warm(const char *called, const char *pex, enum spark spark, char **arguments)
{
    if (spark == PERHAPS_SPARKS || is_asked())
        return;
    const char *apps = joined(cache_root(), "/", configured("layout"), "/apps");
    const char *build_id = joined(configured("build_id"), ".");
    for (const char **name = names_in(apps, build_id, ".sh"); *name; name++)
        follow(joined(apps, "/", *name), called, pex, spark, arguments);
}

/* -- the first start, and any other that needs the file -- */

/* Whether this program of the host starts. */
static int starts(const char *python)
{
    int status = -1;
    long child = call5(CLONE, 17, 0, 0, 0, 0);
    if (!child) {
        const char *words[] = {python, "-I", "-S", "-c", "", 0};
        long nothing = call4(OPENAT, HERE, "/dev/null", O_RDWR, 0);
        for (int at = 0; at < 3 && nothing >= 0; at++)
            call3(DUP3, nothing, at, 0);
        call3(EXECVE, python, words, environment);
        call1(EXIT_GROUP, 127);
    }
    while (child > 0 && call4(WAIT4, child, &status, 0, 0) == -EINTR)
        ;
    return child > 0 && !status;
}

/* The program of this name on PATH, as `command -v` finds it; 0 where there is none, or in a relative place. */
static const char *on_path(const char *name)
{
    for (const char *places = value("PATH"); *places;) {
        size_t length = 0;
        while (places[length] && places[length] != ':')
            length++;
        const char *python = joined(part_of(places, length), "/", name);
        if (length && is_regular(python) && !call3(FACCESSAT, HERE, python, EXECUTABLE))
            return *python == '/' ? python : 0;
        places += length + (places[length] == ':');
    }
    return 0;
}

/* Become a Python of the host with the file: the first that starts. Returns where none does. */
static void try_host(const char *called, char **arguments)
{
    const char *named = value("PEX_PYTHON"), *places = joined(":", value("PEX_PYTHON_PATH"), ":", value("PATH"), ":");
    while (*places) {
        size_t length = 0;
        while (places[length] != ':')
            length++;
        const char *place = part_of(places, length);
        places += length + 1;
        struct line *line = lines;
        for (const char *name = *named ? named : next_configured(&line, "python"); name;
             name = next_configured(&line, "python")) {
            const char *python = *place == '/'          ? (is_regular(place) ? place : joined(place, "/", name))
                                 : *place               ? 0
                                 : found_in(name, "/") ? name
                                                        : on_path(name);
            if (!python || !is_regular(python) || call3(FACCESSAT, HERE, python, EXECUTABLE) || !starts(python))
                continue;
            struct words words = words_with(arguments);
            add(&words, python);
            add(&words, called);
            run(&words, arguments);
        }
    }
}

/* Become the Python of the host that was asked for, or that is preferred. Returns where it is the file's turn. */
static void start_by_host(const char *called, char **arguments)
{
    int is_asked_for = *value("PEX_PYTHON") || *value("PEX_PYTHON_PATH");
    /* "own": a Python of the host has handed over (runtime/start.py). */
    if (!strcmp(value("PEX_CHOSEN_PYTHON"), "own") || !(is_asked_for || *configured("prefer_host")))
        return;
    try_host(called, arguments);
    if (is_asked_for)
        fail(joined(program_name, " needs ", configured("needed"), ", and there is none on PATH"),
             "install one of these, or name it with PEX_PYTHON=/path/to/python");
}

/* Become the file's own Python with the file. */
static void start_own(struct opened *file, char **arguments) __attribute__((noreturn));
static void start_own(struct opened *file, char **arguments)
{
    struct own_python own;
    struct line *line = lines;
    const char *why = 0;
    while (next_own_python(&line, &own)) {
        const char *unfitting = unfit(&own);
        why = why ? why : unfitting;
        if (unfitting)
            continue;
        struct words words = words_with(arguments);
        add(&words, program_of(&own, file));
        add(&words, file->called);
        unset("PYTHONHOME");
        tell_origin(words.first[0]);
        long failure = run(&words, arguments);
        fail(joined(words.first[0], " cannot be run: ", reason(failure)), "set PEX_ROOT to a directory from which programs may be run");
    }
    fail_unfit(why ? why : "it has none for this machine");
}

#endif
